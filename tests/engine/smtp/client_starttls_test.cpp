// STARTTLS to the next hop: nothing of a transaction in plaintext where TLS is a must, EHLO again
// inside it, and nobody who speaks from outside is heard.

#include "client_script.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace sealonce;
using smtp::client_failure;
using smtp::starttls_use;
using test::client_script;
using test::in_every_cutting;

namespace {

constexpr auto unlimited = std::numeric_limits<std::size_t>::max();

template <starttls_use use, bool lmtp = false>
struct tls_script : client_script {
  explicit tls_script(test::cutting how) : client_script(how, unlimited, lmtp, use) {}

  /// Up to our first command after EHLO.
  void greet_offering(std::string_view keywords) {
    give("220 next.example ESMTP\r\n");
    expect_send(lmtp ? "LHLO relay.example\r\n" : "EHLO relay.example\r\n");
    give("250-next.example\r\n" + std::string(keywords) + "250 HELP\r\n");
  }
};
using must = tls_script<starttls_use::must>;
using may = tls_script<starttls_use::may>;
using never = tls_script<starttls_use::never>;
constexpr auto offer = "250-STARTTLS\r\n250-REQUIRETLS\r\n250-DSN\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(client_starttls)

BOOST_AUTO_TEST_CASE(ehlo_is_said_again_inside) {
  in_every_cutting<must>([](must& s) {
    s.greet_offering(offer);
    s.expect_send("STARTTLS\r\n");
    s.give("220 2.0.0 go on\r\n");
    s.expect_start_tls();
    s.start_tls();
    BOOST_TEST(s.engine.offers().set == 0u);
    s.expect_send("EHLO relay.example\r\n");
    s.give("250-next.example\r\n250-REQUIRETLS\r\n250 SMTPUTF8\r\n");
    s.expect_ready();
    BOOST_TEST(s.engine.offers().set == (smtp::require_tls | smtp::smtp_utf8));
    BOOST_TEST(s.engine.idle());
  });
}

BOOST_AUTO_TEST_CASE(lhlo_is_said_again_inside) {
  using lmtp = tls_script<starttls_use::must, true>;
  in_every_cutting<lmtp>([](lmtp& s) {
    s.greet_offering(offer);
    s.expect_send("STARTTLS\r\n");
    s.give("220 2.0.0 go on\r\n");
    s.expect_start_tls();
    s.start_tls();
    s.expect_send("LHLO relay.example\r\n");
    s.give("250 next.example\r\n");
    s.expect_ready();
  });
}

BOOST_AUTO_TEST_CASE(requiretls_is_no_promise_of_somebody_unknown) {
  in_every_cutting<must>([](must& s) {
    s.greet_offering(offer);
    s.expect_send("STARTTLS\r\n");
    s.give("220 go\r\n");
    s.expect_start_tls();
    s.start_tls(false);
    s.expect_send("EHLO relay.example\r\n");
    s.give("250-next.example\r\n250-REQUIRETLS\r\n250 DSN\r\n");
    s.expect_ready();
    BOOST_TEST(s.engine.offers().set == smtp::dsn);
  });
}

BOOST_AUTO_TEST_CASE(tls_from_the_first_octet) {
  in_every_cutting<never>([](never& s) {
    s.start_tls();
    s.greet_offering(offer);
    s.expect_ready();
    BOOST_TEST(s.engine.offers().has(smtp::require_tls));
  });
}

BOOST_AUTO_TEST_CASE(a_must_that_is_not_offered_or_refused) {
  in_every_cutting<must>([](must& s) {
    s.greet_offering("250-DSN\r\n");
    s.expect_failure(client_failure::no_starttls);
  });
  in_every_cutting<must>([](must& s) {
    s.greet_offering(offer);
    s.expect_send("STARTTLS\r\n");
    s.give("454 4.7.0 not now\r\n");
    s.expect_failure(client_failure::refused_starttls);
    BOOST_TEST(s.engine.refusal().code() == 454);
  });
  in_every_cutting<must>([](must& s) {
    s.give("220 old\r\n");
    s.expect_send("EHLO relay.example\r\n");
    s.give("502 what?\r\n");
    s.expect_send("HELO relay.example\r\n");
    s.give("250 old\r\n");
    s.expect_failure(client_failure::no_starttls);
  });
}

BOOST_AUTO_TEST_CASE(a_may_goes_on_in_plaintext) {
  in_every_cutting<may>([](may& s) {
    s.greet_offering("250-DSN\r\n");
    s.expect_ready();
  });
  in_every_cutting<may>([](may& s) {
    s.greet_offering(offer);
    s.expect_send("STARTTLS\r\n");
    s.give("454 4.7.0 not now\r\n");
    s.expect_ready();
    BOOST_TEST(s.engine.offers().set == smtp::dsn); // no REQUIRETLS
    BOOST_TEST(s.engine.idle());
  });
}

BOOST_AUTO_TEST_CASE(a_never_does_not_ask_for_it) {
  in_every_cutting<never>([](never& s) {
    s.greet_offering(offer);
    s.expect_ready();
  });
}

BOOST_AUTO_TEST_CASE(what_stands_behind_the_220_is_never_believed) {
  const std::string injected = "250-next.example\r\n250 DSN\r\n";
  for (std::size_t together = 1; together <= injected.size(); ++together)
    BOOST_TEST_CONTEXT(together << " octets come with the 220") {
      must s(test::cutting::whole());
      s.greet_offering(offer);
      s.expect_send("STARTTLS\r\n");
      s.give("220 go on\r\n" + injected.substr(0, together));
      s.expect_failure(client_failure::starttls_injected);
    }
}

BOOST_AUTO_TEST_CASE(what_comes_before_the_handshake_is_unasked) {
  must s(test::cutting::whole());
  s.greet_offering(offer);
  s.expect_send("STARTTLS\r\n");
  s.give("220 go on\r\n");
  s.expect_start_tls();
  s.give("250 forged\r\n");
  s.expect_failure(client_failure::unasked_reply);
}

BOOST_AUTO_TEST_SUITE_END()
