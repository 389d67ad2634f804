#include "server_script.hpp"
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;
using test::server_script;

namespace {

template <class dialogue_function>
void in_every_cutting(dialogue_function dialogue) {
  test::in_every_cutting<server_script>([&dialogue](server_script& s) {
    s.engine.output().clear(); // the greeting
    dialogue(s);
  });
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  while (times-- > 0)
    all += text;
  return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(hostile_upstream)

BOOST_AUTO_TEST_CASE(a_line_that_is_not_ended_by_crlf_ends_the_session) {
  for (const auto command : {"MAIL FROM:<a@b>\nRCPT TO:<c@d>\r\n"sv, "\nNOOP\r\n"sv, "NOOP\n"sv,
                             "NOOP\r\r\n\n"sv, "NOOP \0\nNOOP\r\n"sv}) {
    BOOST_TEST_CONTEXT("command " << command)
    in_every_cutting([&command](server_script& s) {
      s.greet();
      s.give(command);
      s.expect_close();
      BOOST_TEST(s.engine.output().substr(0, 10) == "500 5.5.2 ");
      BOOST_TEST(s.engine.output().find('\n') == s.engine.output().size() - 1);
      s.engine.output().clear();
    });
  }
}

BOOST_AUTO_TEST_CASE(control_octets_that_hide_a_command_end_the_session) {
  for (const auto command :
       {"MAIL FROM:<a@b>\rRCPT TO:<c@d>\r\nNOOP\r\n"sv, "MAIL FROM:<a\0@b>\r\nNOOP\r\n"sv,
        "\0\r\nNOOP\r\n"sv, "NOOP\r\r\nNOOP\r\n"sv}) {
    in_every_cutting([&command](server_script& s) {
      s.greet();
      s.give(command);
      s.expect_close();
      s.expect_send("500 5.5.2 Control characters in a command\r\n");
    });
  }
}

BOOST_AUTO_TEST_CASE(the_end_waits_for_what_the_next_hop_owes) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nNOOP\nRSET\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.expect_forward("RCPT TO:<c@d>");
    s.expect_no_event();
    s.answer("250 2.1.0 mail\r\n");
    s.expect_no_event();
    s.answer("250 2.1.5 rcpt\r\n");
    s.expect_close();
    s.expect_send(
        "250 2.1.0 mail\r\n250 2.1.5 rcpt\r\n500 5.5.2 A command line must end with CRLF\r\n");
  });
}

BOOST_AUTO_TEST_CASE(a_long_line_is_refused_and_the_session_goes_on) {
  const auto line_of = [](std::string_view start, std::size_t length) {
    return std::string(start) + std::string(length - start.size() - 2, 'x') + "\r\n";
  };
  in_every_cutting([&line_of](server_script& s) {
    s.give(line_of("NOOP ", limits::command_line));
    s.expect_send("250 2.0.0 Ok\r\n");
    s.give(line_of("NOOP ", limits::command_line + 1));
    s.expect_send("500 5.5.2 Command line too long\r\n");
    s.give(line_of("EHLO ", limits::command_line + 1));
    s.expect_send("500 5.5.2 Command line too long\r\n");
    s.greet();
    const std::string most = "MAIL FROM:<a@b> ENVID=" + std::string(2024, 'x');
    BOOST_REQUIRE(most.size() + 2 == limits::mail_command_line);
    s.give(most + "\r\n");
    s.expect_forward(most);
    s.answer("250 2.1.0 Ok\r\n");
    s.expect_send("250 2.1.0 Ok\r\n");
  });
}

BOOST_AUTO_TEST_CASE(a_line_longer_than_any_command_ends_the_session) {
  for (const auto tail : {"\r\nNOOP\r\n"sv, "\nNOOP\r\n"sv, "\0"sv, ""sv}) {
    in_every_cutting([&tail](server_script& s) {
      s.greet();
      s.give("RCPT TO:<" + std::string(limits::mail_command_line + 1 - 9, 'x') + std::string(tail));
      s.expect_close();
      s.expect_send("500 5.5.2 Command line too long\r\n");
    });
  }
}

// The line of 2049 octets with CRLF: only its very last octet shows that it is too long.
BOOST_AUTO_TEST_CASE(one_octet_too_many_is_too_many_however_it_comes) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give("RCPT TO:<" + std::string(limits::mail_command_line - 10, 'x') + "\r\n");
    s.expect_close();
    s.expect_send("500 5.5.2 Command line too long\r\n");
  });
}

BOOST_AUTO_TEST_CASE(an_endless_line_in_small_pieces_is_not_kept) {
  server_script s(test::cutting::whole());
  s.engine.output().clear();
  for (int i = 0; i < 1'000'000; ++i)
    s.give("x");
  BOOST_TEST(s.engine.unread() <= limits::mail_command_line + 1);
  s.expect_close();
  s.expect_send("500 5.5.2 Command line too long\r\n");
  s.finish();
}

BOOST_AUTO_TEST_CASE(nothing_is_heard_or_kept_after_the_end) {
  server_script s(test::cutting::whole());
  s.give("QUIT\r\n");
  s.expect_close();
  s.engine.output().clear();
  for (int i = 0; i < 1000; ++i)
    s.engine.received(std::string(1000, 'x'));
  s.engine.received("\r\nMAIL FROM:<a@b>\r\n"sv);
  BOOST_TEST(s.engine.unread() == 0u);
  BOOST_TEST((s.engine.next() == smtp::server_engine::event::close));
  s.finish();
}

BOOST_AUTO_TEST_CASE(data_sent_before_354_ends_the_session) {
  for (const auto reply : {"354 go\r\n"sv, "451 4.3.0 no\r\n"sv, "554 5.5.1 no\r\n"sv}) {
    in_every_cutting([&reply](server_script& s) {
      s.begin_transaction();
      s.give("DATA\r\nSubject: x\r\n\r\n.\r\nMAIL FROM:<evil@b>\r\n");
      s.expect_forward("DATA");
      s.expect_no_event();
      s.answer(reply);
      s.expect_close();
      BOOST_TEST(!s.engine.in_data());
      s.expect_send("554 5.5.0 Data sent before the reply to DATA\r\n");
    });
  }
}

BOOST_AUTO_TEST_CASE(too_many_errors_end_the_session) {
  in_every_cutting([](server_script& s) {
    s.give(repeated("JUNK\r\n", limits::command_errors));
    s.expect_no_event();
    s.expect_send(repeated("500 5.5.2 Command not recognized\r\n", limits::command_errors));
    s.give("NOOP\r\nJUNK\r\nNOOP\r\n");
    s.expect_close();
    s.expect_send("250 2.0.0 Ok\r\n421 4.7.0 Too many errors: the limit is 20\r\n");
  });
}

BOOST_AUTO_TEST_CASE(a_delivered_message_makes_up_for_errors) {
  in_every_cutting([](server_script& s) {
    s.give(repeated("JUNK\r\n", limits::command_errors));
    s.begin_transaction();
    s.give("DATA\r\n");
    s.expect_forward("DATA");
    s.answer("354 go\r\n");
    s.answer_message("250 2.0.0 Ok\r\n");
    s.engine.output().clear();
    s.give("JUNK\r\n");
    s.expect_send("500 5.5.2 Command not recognized\r\n");
  });
}

BOOST_AUTO_TEST_CASE(commands_that_lead_nowhere_come_to_an_end) {
  server_script s(test::cutting::whole());
  s.greet();
  for (unsigned i = 0; i < limits::useless_commands + limits::command_errors; ++i)
    s.give("NOOP\r\n");
  s.expect_send(repeated("250 2.0.0 Ok\r\n", limits::useless_commands + limits::command_errors));
  s.give("RSET\r\nNOOP\r\n");
  s.expect_close();
  s.expect_send("421 4.7.0 Too many commands without a message: the limit is 300\r\n");
  BOOST_TEST(s.engine.take_notice() ==
             "it was cut off: 421 4.7.0 Too many commands without a message: the limit is 300");
  BOOST_TEST(s.engine.take_notice() == "");
  s.finish();
}

BOOST_AUTO_TEST_CASE(a_delivered_message_makes_up_for_useless_commands) {
  server_script s(test::cutting::whole());
  for (unsigned i = 0; i < limits::useless_commands; ++i)
    s.give("VRFY x\r\n");
  s.begin_transaction();
  s.give("DATA\r\n");
  s.expect_forward("DATA");
  s.answer("354 go\r\n");
  s.answer_message("250 2.0.0 Ok\r\n");
  s.engine.output().clear();
  s.give(repeated("NOOP\r\n", limits::useless_commands));
  s.expect_send(repeated("250 2.0.0 Ok\r\n", limits::useless_commands));
}

BOOST_AUTO_TEST_CASE(who_speaks_before_the_greeting_gets_none) {
  server_script s(test::cutting::whole());
  s.engine.spoke_too_early("EHLO x\r\nMAIL FROM:<a@b>\r\n" + std::string(100, 'x'));
  s.give("EHLO x\r\n");
  s.expect_close();
  const auto reply = "554 5.5.0 SMTP protocol synchronization: the greeting comes first"sv;
  s.expect_send(std::string(reply) + "\r\n");
  BOOST_TEST(s.engine.take_notice() == "it was cut off: " + std::string(reply) +
                                           "; it sent: EHLO x\r\nMAIL FROM:<a@b>\r\n" +
                                           std::string(35, 'x'));
  s.finish();
}

BOOST_AUTO_TEST_CASE(who_does_not_wait_for_ehlo_is_noticed_once) {
  server_script s(test::cutting::whole());
  for (int i = 0; i < 3; ++i) {
    s.give("EHLO client.example\r\nNOOP\r\n");
    s.expect_hello(test::full_offer());
    BOOST_TEST(s.engine.take_notice() == (i == 0 ? "it did not wait for the reply to EHLO" : ""));
  }
  s.engine.output().clear();
  s.give(repeated("JUNK\r\n", limits::command_errors - 1)); // it counted as one error
  s.engine.output().clear();
  s.give("JUNK\r\n");
  s.expect_close();
  s.expect_send("421 4.7.0 Too many errors: the limit is 20\r\n");
}

BOOST_AUTO_TEST_CASE(a_tls_handshake_ends_the_session_at_its_first_octet) {
  in_every_cutting([](server_script& s) {
    s.give("\x16\x03\x01\x02"sv);
    s.expect_close();
    s.expect_send("500 5.5.2 TLS is not spoken here from the start\r\n");
  });
}

BOOST_AUTO_TEST_CASE(without_extensions_an_envelope_line_is_no_longer_than_others) {
  in_every_cutting([](server_script& s) {
    s.greet(smtp::extensions());
    const std::string path(limits::command_line - 14, 'x'); // MAIL FROM:<> and CRLF
    s.give("MAIL FROM:<x" + path + ">\r\n");
    s.expect_send("500 5.5.2 Command line too long\r\n");
    s.give("MAIL FROM:<" + path + ">\r\n");
    s.expect_forward("MAIL FROM:<" + path + ">");
  });
}

BOOST_AUTO_TEST_CASE(what_follows_bdat_or_http_is_no_command) {
  for (const auto command : {"BDAT 35 LAST\r\n"sv, "bdat 0\r\n"sv}) {
    in_every_cutting([&command](server_script& s) {
      s.begin_transaction();
      s.give(std::string(command) + "MAIL FROM:<a@b>\r\n");
      s.expect_close();
      s.expect_send("502 5.5.1 Command not implemented\r\n");
    });
  }
  for (const auto command : {"GET / HTTP/1.1\r\n"sv, "POST / HTTP/1.1\r\n"sv,
                             "CONNECT a:25 HTTP/1.1\r\n"sv, "put / HTTP/1.1\r\n"sv}) {
    in_every_cutting([&command](server_script& s) {
      s.give(std::string(command) + "EHLO x\r\nMAIL FROM:<a@b>\r\n");
      s.expect_close();
      s.expect_send("500 5.5.2 This is an SMTP server\r\n");
    });
  }
}

// The next hop is slow, the client is not: what it can make us hold is bounded.
BOOST_AUTO_TEST_CASE(a_flood_behind_an_unanswered_command_waits) {
  in_every_cutting([](server_script& s) {
    s.greet();
    constexpr std::size_t flood = limits::pipelined_commands * 3;
    s.give("MAIL FROM:<a@b>\r\n" + repeated("NOOP\r\n", flood));
    s.expect_forward("MAIL FROM:<a@b>");
    s.answer("250 2.1.0 Ok\r\n");
    s.expect_send("250 2.1.0 Ok\r\n" + repeated("250 2.0.0 Ok\r\n", flood));
  });
  server_script s(test::cutting::whole());
  s.greet();
  s.give("MAIL FROM:<a@b>\r\n" + repeated("NOOP\r\n", limits::pipelined_commands * 3));
  s.expect_forward("MAIL FROM:<a@b>");
  s.farewell(smtp::reply(421, "4.3.2", "Stop"));
  s.answer("250 2.1.0 Ok\r\n");
  s.expect_close(); // only what was held is said, not the flood behind it
  s.expect_send("250 2.1.0 Ok\r\n" + repeated("250 2.0.0 Ok\r\n", limits::pipelined_commands - 1) +
                "421 4.3.2 Stop\r\n");
}

BOOST_AUTO_TEST_CASE(a_long_pipeline_is_cut_into_groups) {
  server_script s(test::cutting::whole());
  s.greet();
  constexpr std::size_t recipients = limits::pipelined_commands * 2;
  s.give("MAIL FROM:<a@b>\r\n" + repeated("RCPT TO:<c@d>\r\n", recipients) + "DATA\r\n");
  s.expect_forward("MAIL FROM:<a@b>");
  for (std::size_t i = 1; i < limits::pipelined_commands; ++i)
    s.expect_forward("RCPT TO:<c@d>");
  s.expect_no_event();
  BOOST_TEST(s.engine.unanswered() == limits::pipelined_commands);
  s.answer("250 ok\r\n");
  for (std::size_t i = limits::pipelined_commands; i <= recipients; ++i) {
    s.expect_forward("RCPT TO:<c@d>"); // one may go for each that was answered
    s.answer("250 ok\r\n");
  }
  s.expect_forward("DATA");
  for (std::size_t i = s.engine.unanswered(); i > 1; --i)
    s.answer("250 ok\r\n");
  s.answer("354 go\r\n");
  BOOST_TEST(s.engine.current().recipients == recipients);
  s.expect_send(repeated("250 ok\r\n", recipients + 1) + "354 go\r\n");
}

BOOST_AUTO_TEST_CASE(recipients_are_bounded) {
  server_script s(test::cutting::whole());
  s.begin_transaction();
  for (std::size_t i = 1; i < limits::recipients; ++i) {
    s.give("RCPT TO:<c@d>\r\n");
    s.expect_forward("RCPT TO:<c@d>");
    s.answer("250 ok\r\n");
  }
  s.engine.output().clear();
  s.give("RCPT TO:<c@d>\r\n");
  s.expect_send("452 4.5.3 Too many recipients: the limit is 10000\r\n");
  BOOST_TEST(s.engine.current().recipients == limits::recipients);
}

BOOST_AUTO_TEST_CASE(an_answer_to_no_command_is_a_broken_invariant) {
  server_script s(test::cutting::whole());
  BOOST_CHECK_THROW(s.answer("250 ok\r\n"), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
