#include "server_script.hpp"
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;
using test::server_script;

namespace {

constexpr auto greeting = "220 relay.example ESMTP sealonce\r\n"sv;

template <class dialogue_function>
void in_every_cutting(dialogue_function dialogue) {
  test::in_every_cutting<server_script>([&dialogue](server_script& s) {
    s.expect_send(greeting);
    dialogue(s);
  });
}

} // namespace

BOOST_AUTO_TEST_SUITE(server_engine)

BOOST_AUTO_TEST_CASE(a_message_from_greeting_to_quit) {
  in_every_cutting([](server_script& s) {
    s.give("EHLO client.example\r\n");
    smtp::extensions offer;
    offer.set = smtp::pipelining | smtp::eight_bit_mime | smtp::message_size;
    offer.size = 1000;
    s.expect_hello(offer);
    s.expect_send("250-relay.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 1000\r\n");
    BOOST_TEST(s.engine.hello_name() == "client.example");
    BOOST_TEST(s.engine.esmtp());
    s.give("MAIL FROM:<a@example.org> BODY=8BITMIME\r\n");
    s.expect_forward("MAIL FROM:<a@example.org> BODY=8BITMIME");
    s.expect_send("");
    s.answer("250 2.1.0 Ok\r\n");
    s.expect_send("250 2.1.0 Ok\r\n");
    s.give("RCPT TO:<b@example.net>\r\n");
    s.expect_forward("RCPT TO:<b@example.net>");
    s.answer("250-2.1.5 first\r\n250 2.1.5 second\r\n");
    s.expect_send("250-2.1.5 first\r\n250 2.1.5 second\r\n");
    s.give("DATA\r\n");
    s.expect_forward("DATA");
    s.answer("354 End data with <CR><LF>.<CR><LF>\r\n");
    s.expect_send("354 End data with <CR><LF>.<CR><LF>\r\n");
    BOOST_TEST(s.engine.in_data());
    BOOST_TEST(s.engine.current().reverse_path == "<a@example.org>");
    BOOST_TEST(s.engine.current().recipients == 1u);
    s.answer_message("250 2.0.0 Ok: queued as 4X\r\n");
    s.expect_send("250 2.0.0 Ok: queued as 4X\r\n");
    BOOST_TEST(!s.engine.in_transaction());
    BOOST_TEST(s.engine.current().recipients == 0u);
    BOOST_TEST(s.engine.current().reverse_path == "");
    s.give("QUIT\r\n");
    s.expect_close();
    s.expect_send("221 2.0.0 Bye\r\n");
  });
}

BOOST_AUTO_TEST_CASE(a_pipelined_group_goes_on_together_and_is_answered_in_order) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give("MAIL FROM:<>\r\nNOOP\r\nRCPT TO:<b@c>\r\nRCPT TO:nobody\r\nRCPT TO:<d@e>\r\nVRFY x\r\n"
           "DATA\r\n");
    s.expect_forward("MAIL FROM:<>");
    s.expect_forward("RCPT TO:<b@c>");
    s.expect_forward("RCPT TO:<d@e>");
    s.expect_forward("DATA");
    BOOST_TEST(s.engine.unanswered() == 4u);
    s.expect_send("");
    s.answer("250 2.1.0 mail\r\n");
    s.expect_send("250 2.1.0 mail\r\n250 2.0.0 Ok\r\n");
    s.answer("550 5.1.1 b\r\n");
    s.expect_send("550 5.1.1 b\r\n"
                  "501 5.1.3 Bad address syntax: an address in angle brackets is wanted\r\n");
    s.answer("250 2.1.5 d\r\n");
    s.expect_send("250 2.1.5 d\r\n"
                  "252 2.0.0 Not verified here; send some mail and the next hop will answer\r\n");
    s.answer("354 go\r\n");
    s.expect_send("354 go\r\n");
    BOOST_TEST(s.engine.current().recipients == 1u);
    s.answer_message("250 2.0.0 Ok\r\n");
    s.expect_send("250 2.0.0 Ok\r\n");
  });
}

BOOST_AUTO_TEST_CASE(several_messages_leave_nothing_behind) {
  in_every_cutting([](server_script& s) {
    s.begin_transaction();
    s.give("DATA\r\n");
    s.expect_forward("DATA");
    s.answer("354 go\r\n");
    s.answer_message("452 4.3.1 Full\r\n");
    s.expect_send("354 go\r\n452 4.3.1 Full\r\n");
    s.give("RCPT TO:<b@c>\r\n");
    s.expect_send("503 5.5.1 Need MAIL command\r\n");
    s.give("MAIL FROM:<z@y>\r\n");
    s.expect_forward("MAIL FROM:<z@y>");
    s.answer("250 2.1.0 Ok\r\n");
    s.expect_send("250 2.1.0 Ok\r\n");
    BOOST_TEST(s.engine.current().reverse_path == "<z@y>");
    BOOST_TEST(s.engine.current().recipients == 0u);
    s.give("DATA\r\n");
    s.expect_send("503 5.5.1 Need RCPT command\r\n");
  });
}

BOOST_AUTO_TEST_CASE(the_group_behind_a_refused_mail_is_still_the_next_hops) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.expect_forward("RCPT TO:<c@d>");
    s.expect_forward("DATA");
    s.answer("451 4.7.1 later\r\n");
    BOOST_TEST(s.engine.in_transaction());
    s.answer("503 5.5.1 need MAIL\r\n");
    s.answer("503 5.5.1 need RCPT\r\n");
    s.expect_send("451 4.7.1 later\r\n503 5.5.1 need MAIL\r\n503 5.5.1 need RCPT\r\n");
    BOOST_TEST(!s.engine.in_transaction());
    s.give("MAIL FROM:<e@f>\r\n");
    s.expect_forward("MAIL FROM:<e@f>");
    s.answer("250 2.1.0 Ok\r\n");
    s.expect_send("250 2.1.0 Ok\r\n");
  });
}

// Whether a second MAIL is nested is known only when the first is answered.
BOOST_AUTO_TEST_CASE(mail_and_xforward_wait_for_the_answer_to_mail) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nMAIL FROM:<c@d>\r\nXFORWARD ADDR=192.0.2.1\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.expect_no_event();
    s.answer("550 5.7.1 no\r\n");
    s.expect_forward("MAIL FROM:<c@d>");
    s.expect_no_event();
    s.answer("250 2.1.0 yes\r\n");
    s.expect_send("550 5.7.1 no\r\n250 2.1.0 yes\r\n503 5.5.1 XFORWARD inside a transaction\r\n");
    s.give("MAIL FROM:<e@f>\r\n");
    s.expect_send("503 5.5.1 Nested MAIL command\r\n");
    BOOST_TEST(s.engine.current().reverse_path == "<c@d>");
  });
}

BOOST_AUTO_TEST_CASE(xforward_behind_a_mail_that_is_refused) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nXFORWARD IDENT=4711\r\nMAIL FROM:<c@d>\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.expect_no_event();
    s.answer("550 5.7.1 no\r\n");
    BOOST_TEST(s.engine.current().client.ident == "4711");
    s.expect_forward("MAIL FROM:<c@d>");
    s.answer("250 2\r\n");
    s.expect_send("550 5.7.1 no\r\n250 2.0.0 Ok\r\n250 2\r\n");
  });
}

BOOST_AUTO_TEST_CASE(data_without_a_recipient_is_not_for_the_next_hop) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:junk\r\nDATA\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.expect_no_event();
    s.answer("250 ok\r\n");
    s.expect_send("250 ok\r\n"
                  "501 5.1.3 Bad address syntax: an address in angle brackets is wanted\r\n"
                  "503 5.5.1 Need RCPT command\r\n");
  });
}

BOOST_AUTO_TEST_CASE(rset_inside_a_pipeline_has_its_turn_after_what_is_due) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRSET\r\nMAIL FROM:<e@f>\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.expect_forward("RCPT TO:<c@d>");
    s.expect_no_event();
    s.answer("250 1\r\n");
    s.expect_no_event();
    s.answer("250 2\r\n");
    s.expect_reset();
    s.expect_forward("MAIL FROM:<e@f>");
    s.expect_send("250 1\r\n250 2\r\n250 2.0.0 Ok\r\n");
    s.answer("250 3\r\n");
    s.expect_send("250 3\r\n");
    BOOST_TEST(s.engine.current().recipients == 0u);
    BOOST_TEST(s.engine.current().reverse_path == "<e@f>");
  });
}

BOOST_AUTO_TEST_CASE(quit_inside_a_pipeline_has_its_turn_after_what_is_due) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nQUIT\r\nRCPT TO:<c@d>\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.expect_no_event();
    s.answer("250 2.1.0 Ok\r\n");
    s.expect_close();
    s.expect_send("250 2.1.0 Ok\r\n221 2.0.0 Bye\r\n");
  });
}

BOOST_AUTO_TEST_CASE(ehlo_ends_a_transaction_and_may_change_the_offer) {
  in_every_cutting([](server_script& s) {
    s.begin_transaction();
    s.give("HELO again.example\r\nMAIL FROM:<a@b> SIZE=5\r\n");
    s.expect_hello(test::full_offer());
    s.expect_send("250 relay.example\r\n555 5.5.4 Unsupported parameter: SIZE\r\n");
    BOOST_TEST(!s.engine.esmtp());
    BOOST_TEST(!s.engine.in_transaction());
    s.give("RCPT TO:<c@d>\r\n");
    s.expect_send("503 5.5.1 Need MAIL command\r\n");
    s.give("EHLO third.example\r\nMAIL FROM:<a@b> SIZE=5\r\n");
    s.expect_hello(test::full_offer());
    s.expect_forward("MAIL FROM:<a@b>");
    BOOST_TEST(s.engine.forwarded().has_size);
    BOOST_TEST(s.engine.forwarded().size == 5u);
    s.engine.output().clear();
    s.answer("250 2.1.0 Ok\r\n");
    s.expect_send("250 2.1.0 Ok\r\n");
  });
}

BOOST_AUTO_TEST_CASE(commands_before_a_greeting) {
  in_every_cutting([](server_script& s) {
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nRSET\r\nNOOP\r\n");
    s.expect_reset();
    s.expect_send("503 5.5.1 Say EHLO or HELO first\r\n503 5.5.1 Need MAIL command\r\n"
                  "503 5.5.1 Need MAIL command\r\n250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n");
  });
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_command_is_said) {
  struct {
    std::string_view line;
    std::string_view reply;
  } const cases[] = {
      {"EHLO", "501 5.5.4 Syntax: EHLO hostname"},
      {"EHLO a b", "501 5.5.4 Syntax: EHLO hostname"},
      {"HELO", "501 5.5.4 Syntax: HELO hostname"},
      {"HELO a\tb", "501 5.5.4 Syntax: HELO hostname"},
      {"EHLO m\xc3\xbcnchen.example", "501 5.5.4 Syntax: EHLO hostname"},
      {"MAIL", "501 5.5.4 Syntax: FROM:<address>"},
      {"RSET x", "501 5.5.4 Syntax: RSET"},
      {"QUIT now", "501 5.5.4 Syntax: QUIT"},
      {"DATA x", "501 5.5.4 Syntax: DATA"},
      {"VRFY", "501 5.5.4 Syntax: VRFY address"},
      {"EXPN list", "502 5.5.1 Command not implemented"},
      {"STARTTLS", "502 5.5.1 Command not implemented"},
      {"AUTH PLAIN x", "500 5.5.2 Command not recognized"},
      {"", "500 5.5.2 Command not recognized"},
      {"MAILFROM:<a@b>", "500 5.5.2 Command not recognized"},
      {"rset", "250 2.0.0 Ok"},
      {"nOoP ignored words", "250 2.0.0 Ok"},
      {" NOOP  ", "250 2.0.0 Ok"},
      {"HELP", "214 2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT"},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT("line " << c.line)
    in_every_cutting([&c](server_script& s) {
      s.greet();
      s.give(std::string(c.line) + "\r\n");
      if (c.line == "rset")
        s.expect_reset();
      s.expect_send(std::string(c.reply) + "\r\n");
    });
  }
}

BOOST_AUTO_TEST_CASE(a_size_over_the_limit_is_refused_and_is_no_error_of_the_client) {
  in_every_cutting([](server_script& s) {
    s.greet();
    const auto refusal = "552 5.3.4 Message size exceeds the limit of 1000000 octets\r\n"sv;
    for (unsigned i = 0; i < limits::command_errors + 2; ++i) {
      s.give(i % 2 == 0 ? "MAIL FROM:<a@b> SIZE=1000001\r\n"
                        : "MAIL FROM:<a@b> SIZE=99999999999999999999\r\n");
      s.expect_send(refusal);
    }
    s.give("MAIL FROM:<a@b> SIZE=1000000\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.answer("250 2.1.0 Ok\r\n");
    s.expect_send("250 2.1.0 Ok\r\n");
  });
}

BOOST_AUTO_TEST_CASE(utf8_holds_for_its_transaction_only) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give("MAIL FROM:<\xc3\xbc@b> SMTPUTF8\r\nRCPT TO:<\xc3\xa9@b>\r\nRSET\r\n");
    s.expect_forward("MAIL FROM:<\xc3\xbc@b> SMTPUTF8");
    s.expect_forward("RCPT TO:<\xc3\xa9@b>");
    s.answer("250 1\r\n");
    s.answer("250 2\r\n");
    s.expect_reset();
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<\xc3\xa9@b>\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.answer("250 3\r\n");
    s.expect_send("250 1\r\n250 2\r\n250 2.0.0 Ok\r\n250 3\r\n"
                  "553 5.6.7 Octets over 127 in an address need SMTPUTF8\r\n");
  });
}

BOOST_AUTO_TEST_SUITE_END()
