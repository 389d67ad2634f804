#include "client_script.hpp"
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;
using smtp::client_failure;
using test::client_script;
using test::in_every_cutting_and_cut_off;

namespace {

template <class dialogue_function>
void in_every_cutting(dialogue_function dialogue) {
  test::in_every_cutting<client_script>(dialogue);
}

} // namespace

BOOST_AUTO_TEST_SUITE(client_engine)

BOOST_AUTO_TEST_CASE(a_message_one_command_at_a_time) {
  in_every_cutting_and_cut_off([](client_script& s) {
    s.give("220-next.example ESMTP\r\n220-be patient\r\n220 welcome\r\n");
    s.expect_send("EHLO relay.example\r\n");
    s.give("250-next.example greets relay.example\r\n250-8bitmime\r\n250-SIZE 5000\r\n"
           "250-AUTH PLAIN\r\n250 XFORWARD NAME ident COLOUR\r\n");
    s.expect_ready();
    BOOST_TEST(s.engine.offers().has(smtp::eight_bit_mime | smtp::message_size | smtp::xforward));
    BOOST_TEST(!s.engine.offers().has(smtp::pipelining));
    BOOST_TEST(s.engine.offers().size.value() == 5000u);
    BOOST_TEST(s.engine.offers().xforward_attributes ==
               (smtp::xforward_name | smtp::xforward_ident));
    s.send("MAIL FROM:<a@b>");
    s.give("250 2.1.0 Ok\r\n");
    s.expect_reply("250 2.1.0 Ok\r\n");
    s.send("RCPT TO:<c@d>");
    s.give("250-2.1.5 one\r\n250 2.1.5 two\r\n");
    s.expect_reply("250-2.1.5 one\r\n250 2.1.5 two\r\n");
    s.send("DATA");
    s.give("354 go\r\n");
    s.expect_reply("354 go\r\n");
    s.engine.message_sent();
    s.give("250 2.0.0 Ok: queued as 4X\r\n");
    s.expect_reply("250 2.0.0 Ok: queued as 4X\r\n");
    s.engine.quit();
    s.expect_send("QUIT\r\n");
    s.give("221 2.0.0 Bye\r\n");
    s.expect_reply("221 2.0.0 Bye\r\n");
    BOOST_TEST(s.engine.idle());
  });
}

BOOST_AUTO_TEST_CASE(a_pipelined_group) {
  in_every_cutting_and_cut_off([](client_script& s) {
    s.greet("250-next.example\r\n250-PIPELINING\r\n");
    s.command("MAIL FROM:<a@b>");
    s.command("RCPT TO:<c@d>");
    s.command("DATA");
    s.expect_send("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    BOOST_TEST(s.engine.unanswered() == 3u);
    s.give("250 1\r\n550-2\r\n550 2\r\n554 3\r\n");
    s.expect_reply("250 1\r\n");
    s.expect_reply("550-2\r\n550 2\r\n");
    s.expect_reply("554 3\r\n");
    BOOST_TEST(s.engine.unanswered() == 0u);
    s.send("RSET");
    s.give("250 4\r\n");
    s.expect_reply("250 4\r\n");
    BOOST_TEST(s.engine.idle());
  });
}

BOOST_AUTO_TEST_CASE(helo_where_ehlo_is_not_known) {
  in_every_cutting_and_cut_off(
      [](client_script& s) {
        s.give("220 old.example\r\n");
        s.expect_send("EHLO relay.example\r\n");
        s.give("502-What\r\n502 is that?\r\n");
        s.expect_send("HELO relay.example\r\n");
        s.give("250 old.example SIZE\r\n");
        s.expect_ready();
        BOOST_TEST(s.engine.offers().set == 0u);
        s.send("MAIL FROM:<a@b>");
        s.give("250 Ok\r\n");
        s.expect_reply("250 Ok\r\n");
      },
      3);
}

BOOST_AUTO_TEST_CASE(a_next_hop_that_does_not_want_us) {
  for (const auto refusal : {"554 5.7.1 go away\r\n"sv, "421-busy\r\n421 later\r\n"sv,
                             "250 hello\r\n"sv, "354 what\r\n"sv}) {
    in_every_cutting([&refusal](client_script& s) {
      s.give(refusal);
      s.expect_failure(client_failure::refused_greeting);
      BOOST_TEST(s.engine.refusal().wire() == refusal);
    });
  }
  for (const auto refusal : {"421 4.3.2 closing\r\n"sv, "450 later\r\n"sv, "354 what\r\n"sv}) {
    in_every_cutting([&refusal](client_script& s) {
      s.give("220 next.example\r\n");
      s.expect_send("EHLO relay.example\r\n");
      s.give(refusal);
      s.expect_failure(client_failure::refused_hello);
      BOOST_TEST(s.engine.refusal().wire() == refusal);
    });
  }
  in_every_cutting([](client_script& s) {
    s.give("220 next.example\r\n");
    s.expect_send("EHLO relay.example\r\n");
    s.give("500 ?\r\n");
    s.expect_send("HELO relay.example\r\n");
    s.give("550 no\r\n");
    s.expect_failure(client_failure::refused_hello);
    BOOST_TEST(s.engine.refusal().wire() == "550 no\r\n");
  });
}

// After a reply that nobody asked for, the next "250" would be believed for the wrong command.
BOOST_AUTO_TEST_CASE(octets_that_nobody_asked_for_end_the_conversation) {
  in_every_cutting([](client_script& s) {
    s.give("220 next.example\r\n250 too early\r\n");
    s.expect_failure(client_failure::unasked_reply);
    s.engine.output().clear();
  });
  in_every_cutting([](client_script& s) {
    s.greet();
    s.give("4");
    s.expect_failure(client_failure::unasked_reply);
  });
  in_every_cutting([](client_script& s) {
    s.greet();
    s.send("RSET");
    s.give("250 Ok\r\n250 Ok\r\n");
    s.expect_reply("250 Ok\r\n");
    s.expect_failure(client_failure::unasked_reply);
    s.give("250 Ok\r\n");
    s.expect_no_event();
  });
  in_every_cutting([](client_script& s) {
    s.greet();
    s.send("MAIL FROM:<a@b>");
    s.command("RCPT TO:<c@d>"); // not sent yet when two replies come
    s.give("250 mail\r\n250 stray\r\n");
    s.expect_reply("250 mail\r\n");
    s.expect_failure(client_failure::unasked_reply);
    s.engine.output().clear();
  });
}

BOOST_AUTO_TEST_CASE(what_is_no_reply_ends_the_conversation) {
  for (const auto octets :
       {"250 Ok\n"sv, "HTTP/1.1 400 Bad Request\r\n"sv, "\r\n"sv, "250\tOk\r\n"sv, "250Ok\r\n"sv,
        "150 x\r\n"sv, "600 x\r\n"sv, "25 x\r\n"sv, "250-a\r\n251 b\r\n"sv, "250 a\0b\r\n"sv,
        "250 a\rb\r\n"sv, "250 \x1b[2J\r\n"sv, " 250 Ok\r\n"sv, "250-a\r\n\r\n"sv}) {
    BOOST_TEST_CONTEXT("octets " << octets)
    in_every_cutting([&octets](client_script& s) {
      s.greet();
      s.send("NOOP");
      s.give(octets);
      s.expect_failure(client_failure::malformed_reply);
      s.give("250 Ok\r\n");
      s.expect_no_event();
    });
  }
}

BOOST_AUTO_TEST_CASE(endless_replies_are_bounded) {
  in_every_cutting([](client_script& s) {
    s.greet();
    s.send("NOOP");
    s.give("250 " + std::string(limits::reply_line, 'x'));
    s.expect_failure(client_failure::malformed_reply);
  });
  client_script s(test::cutting::whole());
  s.greet();
  s.send("NOOP");
  for (std::size_t i = 0; i < limits::reply_lines; ++i)
    s.give("250-line\r\n");
  s.expect_no_event();
  s.give("250 line\r\n");
  s.expect_failure(client_failure::malformed_reply);
}

BOOST_AUTO_TEST_CASE(idle_means_nothing_is_due_and_nothing_unread) {
  client_script s(test::cutting::whole());
  BOOST_TEST(!s.engine.idle());
  s.greet();
  BOOST_TEST(s.engine.idle());
  s.command("RSET");
  BOOST_TEST(!s.engine.idle());
  s.expect_send("RSET\r\n");
  BOOST_TEST(!s.engine.idle());
  s.give("250 Ok\r\n");
  s.expect_reply("250 Ok\r\n");
  BOOST_TEST(s.engine.idle());
  s.engine.received("2"sv);
  BOOST_TEST(s.engine.has_input());
  BOOST_TEST(!s.engine.idle());
}

BOOST_AUTO_TEST_CASE(each_stage_has_its_time) {
  client_script s(test::cutting::whole());
  BOOST_TEST((s.engine.timeout() == limits::next_hop_hello_timeout));
  s.greet();
  s.send("DATA");
  BOOST_TEST((s.engine.timeout() == limits::next_hop_reply_timeout));
  s.give("354 go\r\n");
  s.expect_reply("354 go\r\n");
  s.engine.message_sent();
  BOOST_TEST((s.engine.timeout() == limits::next_hop_data_done_timeout));
  s.give("250 Ok\r\n");
  s.expect_reply("250 Ok\r\n");
  BOOST_TEST((s.engine.timeout() == limits::next_hop_reply_timeout));
}

BOOST_AUTO_TEST_CASE(a_command_is_one_line) {
  client_script s(test::cutting::whole());
  s.greet();
  BOOST_CHECK_THROW(s.command("MAIL FROM:<a@b>\r\nRSET"), std::invalid_argument);
  BOOST_CHECK_THROW(s.command("NOOP\n"), std::invalid_argument);
  BOOST_TEST(s.engine.output() == "");
  BOOST_TEST(s.engine.unanswered() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
