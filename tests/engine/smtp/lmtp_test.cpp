#include "client_script.hpp"
#include "server_script.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;
using test::in_every_cutting;

namespace {

/// An upstream that speaks LMTP.
class lmtp_script : public test::server_script {
public:
  explicit lmtp_script(test::cutting how) : server_script(how, lmtp_options()) {
    expect_send("220 relay.example LMTP sealonce\r\n");
  }
  void hello() {
    give("LHLO client.example\r\n");
    expect_hello(test::full_offer());
    engine.output().clear();
  }
  /// MAIL and a RCPT for each of `replies`, answered with it.
  void begin(std::initializer_list<std::string_view> replies) {
    hello();
    give("MAIL FROM:<a@b>\r\n");
    expect_forward("MAIL FROM:<a@b>");
    answer("250 2.1.0 Ok\r\n");
    for (const auto reply : replies) {
      give("RCPT TO:<c@d>\r\n");
      expect_forward("RCPT TO:<c@d>");
      answer(reply);
    }
    engine.output().clear();
  }
  void data() {
    give("DATA\r\n");
    expect_forward("DATA");
    answer("354 go\r\n");
    expect_send("354 go\r\n");
  }
  void tell(std::string_view wire) { engine.recipient_done(test::reply_from(wire)); }

private:
  static smtp::server_engine::options lmtp_options() {
    auto o = options();
    o.lmtp = true;
    return o;
  }
};

/// An SMTP upstream before an LMTP next hop.
class one_by_one_script : public test::server_script {
public:
  explicit one_by_one_script(test::cutting how) : server_script(how, one_by_one()) {
    engine.output().clear();
  }

private:
  static smtp::server_engine::options one_by_one() {
    auto o = options();
    o.one_recipient = true;
    return o;
  }
};

/// A next hop that speaks LMTP.
class lmtp_client_script : public test::client_script {
public:
  explicit lmtp_client_script(test::cutting how,
                              std::size_t budget = std::numeric_limits<std::size_t>::max())
      : client_script(how, budget, true) {}
  void hello() {
    give("220 next.example LMTP\r\n");
    expect_send("LHLO relay.example\r\n");
    give("250-next.example\r\n250 PIPELINING\r\n");
    expect_ready();
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(lmtp)

BOOST_AUTO_TEST_CASE(each_accepted_recipient_has_its_own_reply) {
  in_every_cutting<lmtp_script>([](lmtp_script& s) {
    s.begin({"250 2.1.5 one\r\n", "550 5.1.1 two\r\n", "250 2.1.5 three\r\n"});
    s.data();
    s.tell("250 2.0.0 stored\r\n");
    s.expect_send("250 2.0.0 stored\r\n");
    BOOST_TEST(s.engine.in_data());
    s.tell("452 4.2.2 full\r\n");
    BOOST_CHECK_THROW(s.tell("250 2.0.0 who\r\n"), std::logic_error);
    s.answer_message("451 4.4.2 nobody is left for this\r\n");
    s.expect_send("452 4.2.2 full\r\n");
    BOOST_TEST(!s.engine.in_transaction());
    s.give("QUIT\r\n");
    s.expect_close();
    s.expect_send("221 2.0.0 Bye\r\n");
  });
}

BOOST_AUTO_TEST_CASE(one_reply_is_said_for_each_recipient_that_has_none) {
  in_every_cutting<lmtp_script>([](lmtp_script& s) {
    s.begin({"250 2.1.5 one\r\n", "250 2.1.5 two\r\n", "250 2.1.5 three\r\n"});
    s.data();
    s.tell("250 2.0.0 stored\r\n");
    s.answer_message("451-4.4.2 lost\r\n451 4.4.2 lost\r\n");
    s.expect_send("250 2.0.0 stored\r\n"
                  "451-4.4.2 lost\r\n451 4.4.2 lost\r\n"
                  "451-4.4.2 lost\r\n451 4.4.2 lost\r\n");
    // The next transaction counts anew.
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.expect_forward("RCPT TO:<c@d>");
    s.expect_forward("DATA");
    s.answer("250 1\r\n");
    s.answer("250 2\r\n");
    s.answer("354 3\r\n");
    s.answer_message("250 4\r\n");
    s.expect_send("250 1\r\n250 2\r\n354 3\r\n250 4\r\n");
  });
}

BOOST_AUTO_TEST_CASE(only_lhlo_greets) {
  in_every_cutting<lmtp_script>([](lmtp_script& s) {
    s.give("EHLO client.example\r\nHELO client.example\r\nMAIL FROM:<a@b>\r\nLHLO\r\nHELP\r\n");
    s.expect_send("500 5.5.2 This is LMTP: say LHLO\r\n500 5.5.2 This is LMTP: say LHLO\r\n"
                  "503 5.5.1 Say LHLO first\r\n501 5.5.4 Syntax: LHLO hostname\r\n"
                  "214 2.0.0 LHLO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT\r\n");
    s.give("lhlo client.example\r\n");
    smtp::extensions offer;
    offer.set = smtp::pipelining | smtp::dsn;
    s.expect_hello(offer);
    s.expect_send("250-relay.example\r\n250-PIPELINING\r\n250 DSN\r\n");
    BOOST_TEST(s.engine.esmtp());
  });
  test::server_script smtp(test::cutting::whole());
  smtp.engine.output().clear();
  smtp.give("LHLO client.example\r\n");
  smtp.expect_send("500 5.5.2 This is SMTP: say EHLO or HELO\r\n");
}

BOOST_AUTO_TEST_CASE(data_for_nobody_is_refused_with_503_whatever_the_next_hop_says) {
  in_every_cutting<lmtp_script>([](lmtp_script& s) {
    s.begin({"550 5.1.1 no\r\n"});
    s.give("DATA\r\n");
    s.expect_send("503 5.5.1 No valid recipients\r\n");
  });
  for (const auto answer : {"354 go\r\n"sv, "554 5.5.1 nobody\r\n"sv, "451 later\r\n"sv}) {
    in_every_cutting<lmtp_script>([answer](lmtp_script& s) {
      s.hello();
      s.give("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
      s.expect_forward("MAIL FROM:<a@b>");
      s.expect_forward("RCPT TO:<c@d>");
      s.expect_forward("DATA");
      s.answer("250 1\r\n");
      s.answer("550 2\r\n");
      s.answer(answer);
      s.expect_send("250 1\r\n550 2\r\n503 5.5.1 No valid recipients\r\n");
      BOOST_TEST(!s.engine.in_data());
    });
  }
}

BOOST_AUTO_TEST_CASE(before_an_lmtp_next_hop_smtp_has_one_recipient_in_a_transaction) {
  in_every_cutting<one_by_one_script>([](one_by_one_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<bad@d>\r\nRCPT TO:<good@d>\r\nRCPT TO:<third@d>\r\n"
           "DATA\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.expect_forward("RCPT TO:<bad@d>");
    s.expect_no_event(); // whether there is room for another depends on the answer
    s.answer("250 mail\r\n");
    s.answer("550 5.1.1 bad\r\n");
    s.expect_forward("RCPT TO:<good@d>");
    s.expect_no_event();
    s.answer("250 2.1.5 good\r\n");
    s.expect_forward("DATA");
    s.answer("354 go\r\n");
    s.answer_message("250 2.0.0 stored\r\n");
    s.expect_send("250 mail\r\n550 5.1.1 bad\r\n250 2.1.5 good\r\n"
                  "452 4.5.3 One recipient at a time: the next hop speaks LMTP\r\n"
                  "354 go\r\n250 2.0.0 stored\r\n");
    // In the next transaction it is the third one's turn.
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<third@d>\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.expect_forward("RCPT TO:<third@d>");
    s.answer("250 mail\r\n");
    s.answer("250 third\r\n");
    s.expect_send("250 mail\r\n250 third\r\n");
  });
}

BOOST_AUTO_TEST_CASE(recipients_of_a_lost_transaction_are_deferred_one_by_one) {
  in_every_cutting<one_by_one_script>([](one_by_one_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.expect_forward("RCPT TO:<c@d>");
    s.answer("250 mail\r\n");
    s.engine.transaction_lost();
    s.answer("451 4.4.2 lost\r\n");
    s.expect_send("250 mail\r\n451 4.4.2 lost\r\n"
                  "451 4.4.2 The next hop lost this transaction; try again\r\n");
  });
}

BOOST_AUTO_TEST_CASE(a_next_hop_answers_the_message_once_for_each_recipient) {
  test::in_every_cutting_and_cut_off<lmtp_client_script>([](lmtp_client_script& s) {
    s.hello();
    s.command("MAIL FROM:<a@b>");
    s.command("RCPT TO:<c@d>");
    s.command("RCPT TO:<e@f>");
    s.command("DATA");
    s.expect_send("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n");
    s.give("250 1\r\n250 2\r\n250 3\r\n354 4\r\n");
    for (const auto reply : {"250 1\r\n", "250 2\r\n", "250 3\r\n", "354 4\r\n"})
      s.expect_reply(reply);
    const auto usual = s.engine.timeout();
    s.engine.message_sent(2);
    BOOST_TEST((s.engine.timeout() > usual));
    s.give("250 2.0.0 stored\r\n");
    s.expect_reply("250 2.0.0 stored\r\n");
    BOOST_TEST(!s.engine.idle());
    BOOST_TEST((s.engine.timeout() > usual), "the second answer may take as long");
    s.give("452-4.2.2 full\r\n452 4.2.2 full\r\n");
    s.expect_reply("452-4.2.2 full\r\n452 4.2.2 full\r\n");
    BOOST_TEST(s.engine.idle());
    BOOST_TEST((s.engine.timeout() == usual));
  });
}

BOOST_AUTO_TEST_CASE(an_answer_for_a_recipient_who_is_not_there_ends_the_conversation) {
  in_every_cutting<lmtp_client_script>([](lmtp_client_script& s) {
    s.hello();
    s.engine.message_sent(1);
    s.give("250 stored\r\n250 once more\r\n");
    s.expect_reply("250 stored\r\n");
    s.expect_failure(smtp::client_failure::unasked_reply);
  });
}

BOOST_AUTO_TEST_CASE(a_next_hop_that_does_not_know_lhlo_is_none) {
  in_every_cutting<lmtp_client_script>([](lmtp_client_script& s) {
    s.give("220 smtp.example ESMTP\r\n");
    s.expect_send("LHLO relay.example\r\n");
    s.give("502 5.5.2 what\r\n");
    s.expect_failure(smtp::client_failure::refused_hello);
    s.expect_send("");
  });
}

BOOST_AUTO_TEST_SUITE_END()
