// AUTH with the next hop: the dialogues of RFC 4954 and the ways in which they go wrong.

#include "client_script.hpp"
#include <sealonce/crypto/base64.hpp>
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace sealonce;
using namespace std::string_view_literals;
using smtp::client_failure;
using test::client_script;

BOOST_AUTO_TEST_SUITE(client_auth)

namespace {

const std::string nonce = "rOprNGfwEbeRWgbNEkqO"; // RFC 7677 §3

std::string encoded(std::string_view text) {
  return crypto::base64({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

void log_in(client_script& s, std::vector<smtp::mechanism> mechanisms, bool plaintext = true,
            std::string_view user = "user", std::string_view password = "pencil") {
  auto who = std::make_shared<smtp::credentials>();
  who->username = user;
  who->password = std::make_shared<const crypto::secret_text>(password);
  who->mechanisms = std::move(mechanisms);
  who->plaintext = plaintext;
  s.engine.authenticate(std::move(who), nonce);
}

/// Greeting and EHLO; `keywords` as "250-AUTH PLAIN\r\n".
void hello(client_script& s, std::string_view keywords) {
  s.give("220 next.example ESMTP\r\n");
  s.expect_send("EHLO relay.example\r\n");
  s.give(std::string(keywords) + "250 HELP\r\n");
}

template <class dialogue_function>
void in_every_cutting(dialogue_function dialogue) {
  test::in_every_cutting<client_script>(dialogue);
}

const std::vector<smtp::mechanism> all{smtp::auth_scram_sha_256, smtp::auth_plain,
                                       smtp::auth_login};

} // namespace

BOOST_AUTO_TEST_CASE(plain_in_one_round_trip) {
  test::in_every_cutting_and_cut_off(
      [](client_script& s) {
        log_in(s, all);
        hello(s, "250-next.example\r\n250-AUTH LOGIN PLAIN GSSAPI\r\n");
        s.expect_send("AUTH PLAIN " + encoded("\0user\0pencil"sv) + "\r\n");
        s.give("235 2.7.0 Authentication successful\r\n");
        s.expect_ready();
        s.send("MAIL FROM:<a@b>");
        s.give("250 Ok\r\n");
        s.expect_reply("250 Ok\r\n");
      },
      3);
}

BOOST_AUTO_TEST_CASE(login_in_three) {
  for (const std::string_view asks :
       {"334 VXNlcm5hbWU6\r\n", "334 \r\n", "334\r\n", "334 what is your name?\r\n"})
    in_every_cutting([&asks](client_script& s) {
      log_in(s, {smtp::auth_login});
      hello(s, "250-next.example\r\n250-AUTH PLAIN LOGIN\r\n");
      s.expect_send("AUTH LOGIN\r\n");
      s.give(asks);
      s.expect_send(encoded("user") + "\r\n");
      s.give("334 UGFzc3dvcmQ6\r\n");
      s.expect_send(encoded("pencil") + "\r\n");
      s.give("235 Ok\r\n");
      s.expect_ready();
    });
}

BOOST_AUTO_TEST_CASE(scram_as_in_rfc_7677) {
  const std::string server_nonce = nonce + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  const std::string challenge = encoded("r=" + server_nonce + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  const std::string verifier = encoded("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  const std::string proof =
      encoded("c=biws,r=" + server_nonce + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  in_every_cutting([&](client_script& s) {
    log_in(s, all, false); // needs no TLS
    hello(s, "250-next.example\r\n250-AUTH PLAIN SCRAM-SHA-1 scram-sha-256\r\n");
    s.expect_send("AUTH SCRAM-SHA-256 " + encoded("n,,n=user,r=" + nonce) + "\r\n");
    s.give("334 " + challenge + "\r\n");
    s.expect_send(proof + "\r\n");
    s.give("334 " + verifier + "\r\n");
    s.expect_send("\r\n");
    s.give("235 2.7.0 Ok\r\n");
    s.expect_ready();
  });
  in_every_cutting([&](client_script& s) { // a challenge in several lines
    log_in(s, all);
    hello(s, "250-next.example\r\n250-AUTH SCRAM-SHA-256\r\n");
    s.expect_send("AUTH SCRAM-SHA-256 " + encoded("n,,n=user,r=" + nonce) + "\r\n");
    s.give("334-" + challenge.substr(0, 10) + "\r\n334 " + challenge.substr(10) + "\r\n");
    s.expect_send(proof + "\r\n");
    s.give("535 5.7.8 no\r\n");
    s.expect_failure(client_failure::refused_auth);
  });
  in_every_cutting([&](client_script& s) { // success without the server's proof
    log_in(s, all);
    hello(s, "250-next.example\r\n250-AUTH SCRAM-SHA-256\r\n");
    s.expect_send("AUTH SCRAM-SHA-256 " + encoded("n,,n=user,r=" + nonce) + "\r\n");
    s.give("334 " + challenge + "\r\n");
    s.expect_send(proof + "\r\n");
    s.give("235 2.7.0 Ok\r\n");
    s.expect_failure(client_failure::no_auth);
    BOOST_TEST(s.engine.why().find("may be somebody else") != std::string::npos);
  });
  in_every_cutting([&](client_script& s) { // a proof that is none
    log_in(s, all);
    hello(s, "250-next.example\r\n250-AUTH SCRAM-SHA-256\r\n");
    s.expect_send("AUTH SCRAM-SHA-256 " + encoded("n,,n=user,r=" + nonce) + "\r\n");
    s.give("334 " + challenge + "\r\n");
    s.expect_send(proof + "\r\n");
    s.give("334 " + encoded("v=AAAA") + "\r\n");
    s.expect_failure(client_failure::no_auth);
  });
  in_every_cutting([&](client_script& s) { // at once
    log_in(s, all);
    hello(s, "250-next.example\r\n250-AUTH SCRAM-SHA-256\r\n");
    s.expect_send("AUTH SCRAM-SHA-256 " + encoded("n,,n=user,r=" + nonce) + "\r\n");
    s.give("235 2.7.0 come in\r\n");
    s.expect_failure(client_failure::no_auth);
  });
}

BOOST_AUTO_TEST_CASE(the_password_is_not_shown_to_the_network) {
  in_every_cutting([](client_script& s) {
    log_in(s, all, false);
    hello(s, "250-next.example\r\n250-AUTH PLAIN LOGIN\r\n");
    s.expect_failure(client_failure::no_auth);
    BOOST_TEST(s.engine.why().find("next_hop_tls") != std::string::npos);
    BOOST_TEST(s.engine.why().find("pencil") == std::string::npos);
  });
}

BOOST_AUTO_TEST_CASE(a_next_hop_without_a_mechanism_for_us) {
  for (const std::string_view offer :
       {"", "250-AUTH\r\n", "250-AUTH GSSAPI NTLM\r\n", "250-AUTHPLAIN\r\n", "250-XAUTH PLAIN\r\n"})
    in_every_cutting([&offer](client_script& s) {
      log_in(s, all);
      hello(s, "250-next.example\r\n" + std::string(offer));
      s.expect_failure(client_failure::no_auth);
      BOOST_TEST(s.engine.why() == "offers no authentication that sealonce knows");
    });
  in_every_cutting([](client_script& s) {
    log_in(s, {smtp::auth_scram_sha_256});
    hello(s, "250-next.example\r\n250-AUTH PLAIN\r\n");
    s.expect_failure(client_failure::no_auth);
    BOOST_TEST(s.engine.why() == "offers no mechanism that next_hop_auth names");
  });
  in_every_cutting([](client_script& s) { // HELO has no extensions
    log_in(s, all);
    s.give("220 old\r\n");
    s.expect_send("EHLO relay.example\r\n");
    s.give("502 no\r\n");
    s.expect_send("HELO relay.example\r\n");
    s.give("250 old\r\n");
    s.expect_failure(client_failure::no_auth);
  });
}

BOOST_AUTO_TEST_CASE(the_old_form_of_the_keyword) {
  for (const std::string_view offer :
       {"250-AUTH=PLAIN LOGIN\r\n", "250-AUTH=LOGIN PLAIN\r\n", "250-auth= plain\r\n"})
    in_every_cutting([&offer](client_script& s) {
      log_in(s, all);
      hello(s, "250-next.example\r\n" + std::string(offer));
      s.expect_send("AUTH PLAIN " + encoded("\0user\0pencil"sv) + "\r\n");
      s.give("235 Ok\r\n");
      s.expect_ready();
    });
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_and_not_tried_again) {
  for (const std::string_view answer :
       {"535 5.7.8 Error: authentication failed\r\n", "454 4.7.0 Temporary failure\r\n",
        "530 5.7.0 Must issue a STARTTLS command first\r\n", "500 5.5.6 too long\r\n",
        "421 4.3.2 bye\r\n", "250 Ok\r\n", "432 4.7.12 transition needed\r\n"})
    in_every_cutting([&answer](client_script& s) {
      log_in(s, all);
      hello(s, "250-next.example\r\n250-AUTH PLAIN LOGIN\r\n");
      s.expect_send("AUTH PLAIN " + encoded("\0user\0pencil"sv) + "\r\n");
      s.give(answer);
      s.expect_failure(client_failure::refused_auth);
      BOOST_TEST(s.engine.refusal().wire() == answer);
    });
}

BOOST_AUTO_TEST_CASE(a_mechanism_that_will_not_do_is_followed_by_the_next) {
  for (const std::string_view answer : {"504 5.5.4 unrecognized\r\n", "534 5.7.9 too weak\r\n"})
    in_every_cutting([&answer](client_script& s) {
      log_in(s, {smtp::auth_plain, smtp::auth_login});
      hello(s, "250-next.example\r\n250-AUTH PLAIN LOGIN\r\n");
      s.expect_send("AUTH PLAIN " + encoded("\0user\0pencil"sv) + "\r\n");
      s.give(answer);
      s.expect_send("AUTH LOGIN\r\n");
      s.give(answer);
      s.expect_failure(client_failure::refused_auth);
      BOOST_TEST(s.engine.refusal().wire() == answer);
    });
}

BOOST_AUTO_TEST_CASE(a_next_hop_that_never_has_enough) {
  in_every_cutting([](client_script& s) {
    log_in(s, {smtp::auth_plain});
    hello(s, "250-next.example\r\n250-AUTH PLAIN\r\n");
    s.expect_send("AUTH PLAIN " + encoded("\0user\0pencil"sv) + "\r\n");
    s.give("334 \r\n");
    s.expect_failure(client_failure::no_auth);
    BOOST_TEST(s.engine.why() == "asks for more than PLAIN has");
  });
  in_every_cutting([](client_script& s) {
    log_in(s, {smtp::auth_scram_sha_256});
    hello(s, "250-next.example\r\n250-AUTH SCRAM-SHA-256\r\n");
    s.expect_send("AUTH SCRAM-SHA-256 " + encoded("n,,n=user,r=" + nonce) + "\r\n");
    s.give("334 not base64 at all!\r\n");
    s.expect_failure(client_failure::no_auth);
    BOOST_TEST(s.engine.why() == "its challenge is not base64");
  });
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_a_command_line_waits_for_the_challenge) {
  const std::string password(limits::auth_password, 'p');
  in_every_cutting([&password](client_script& s) {
    log_in(s, {smtp::auth_plain}, true, "user", password);
    hello(s, "250-next.example\r\n250-AUTH PLAIN\r\n");
    s.expect_send("AUTH PLAIN\r\n");
    s.give("334 \r\n");
    s.expect_send(encoded("\0user\0"sv).substr(0, 8) +
                  encoded(std::string("\0user\0"sv) + password).substr(8) + "\r\n");
    s.give("235 Ok\r\n");
    s.expect_ready();
  });
  in_every_cutting([&password](client_script& s) {
    log_in(s, {smtp::auth_scram_sha_256}, true, std::string(limits::auth_username, ','), password);
    hello(s, "250-next.example\r\n250-AUTH SCRAM-SHA-256\r\n");
    s.expect_send("AUTH SCRAM-SHA-256\r\n");
    s.give("334\r\n");
    std::string name;
    for (std::size_t i = 0; i < limits::auth_username; ++i)
      name += "=2C";
    s.expect_send(encoded("n,,n=" + name + ",r=" + nonce) + "\r\n");
    s.give("535 no\r\n");
    s.expect_failure(client_failure::refused_auth);
  });
}

BOOST_AUTO_TEST_CASE(long_challenges_and_endless_ones) {
  in_every_cutting([](client_script& s) {
    log_in(s, {smtp::auth_login});
    hello(s, "250-next.example\r\n250-AUTH LOGIN\r\n");
    s.expect_send("AUTH LOGIN\r\n");
    s.give("334 " + std::string(limits::auth_line - 4, 'A') + "\r\n");
    s.expect_send(encoded("user") + "\r\n");
    s.give("334 " + std::string(limits::auth_line, 'A'));
    s.expect_failure(client_failure::malformed_reply);
  });
  in_every_cutting([](client_script& s) { // afterwards a reply is as long as any
    log_in(s, {smtp::auth_plain});
    hello(s, "250-next.example\r\n250-AUTH PLAIN\r\n");
    s.expect_send("AUTH PLAIN " + encoded("\0user\0pencil"sv) + "\r\n");
    s.give("235 Ok\r\n");
    s.expect_ready();
    s.send("NOOP");
    s.give("250 " + std::string(limits::reply_line, 'x'));
    s.expect_failure(client_failure::malformed_reply);
  });
}

BOOST_AUTO_TEST_CASE(what_comes_before_it_was_asked_is_not_believed) {
  in_every_cutting([](client_script& s) {
    log_in(s, {smtp::auth_plain});
    s.give("220 next.example ESMTP\r\n");
    s.expect_send("EHLO relay.example\r\n");
    s.give("250-next.example\r\n250 AUTH PLAIN\r\n235 already\r\n");
    s.expect_failure(client_failure::unasked_reply);
    s.engine.output().clear();
  });
}

// What was offered in plaintext may be forged: only what is offered inside counts, and there the
// password may be shown.
BOOST_AUTO_TEST_CASE(the_login_is_inside_tls) {
  struct script : client_script {
    explicit script(test::cutting how)
        : client_script(how, std::numeric_limits<std::size_t>::max(), false,
                        smtp::starttls_use::must) {}
    void up_to_tls() {
      log_in(*this, all, false);
      hello(*this, "250-next.example\r\n250-STARTTLS\r\n250-AUTH PLAIN\r\n");
      expect_send("STARTTLS\r\n");
      give("220 go on\r\n");
      expect_start_tls();
      start_tls();
      expect_send("EHLO relay.example\r\n");
    }
  };
  test::in_every_cutting<script>([](script& s) {
    s.up_to_tls();
    s.give("250-next.example\r\n250 AUTH PLAIN LOGIN\r\n");
    s.expect_send("AUTH PLAIN " + encoded("\0user\0pencil"sv) + "\r\n");
    s.give("235 Ok\r\n");
    s.expect_ready();
  });
  test::in_every_cutting<script>([](script& s) {
    s.up_to_tls();
    s.give("250 next.example\r\n");
    s.expect_failure(client_failure::no_auth);
    BOOST_TEST(s.engine.why() == "offers no authentication that sealonce knows");
  });
}

BOOST_AUTO_TEST_CASE(without_tls_after_all_the_password_stays_here) {
  struct script : client_script {
    explicit script(test::cutting how)
        : client_script(how, std::numeric_limits<std::size_t>::max(), false,
                        smtp::starttls_use::may) {}
  };
  test::in_every_cutting<script>([](script& s) {
    log_in(s, all, false);
    hello(s, "250-next.example\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n");
    s.expect_send("STARTTLS\r\n");
    s.give("454 4.7.0 not now\r\n");
    s.expect_failure(client_failure::no_auth);
  });
}

BOOST_AUTO_TEST_SUITE_END()
