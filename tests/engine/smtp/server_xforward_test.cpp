#include "server_script.hpp"

#include <boost/test/unit_test.hpp>

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

/// An upstream that tells of its client, as Postfix does: in two commands.
void tell(server_script& s) {
  s.give("XFORWARD NAME=spike.example ADDR=192.0.2.9 PORT=4711\r\n"
         "XFORWARD PROTO=ESMTP HELO=spike IDENT=3FF00A SOURCE=REMOTE\r\n");
  s.expect_send("250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n");
  const auto lines = smtp::xforward_lines(s.engine.current().client, ~0u);
  BOOST_TEST_REQUIRE(lines.size() == 1u);
  BOOST_TEST(lines[0] == "XFORWARD NAME=spike.example ADDR=192.0.2.9 PORT=4711 PROTO=ESMTP "
                         "HELO=spike IDENT=3FF00A SOURCE=REMOTE");
}

} // namespace

BOOST_AUTO_TEST_SUITE(server_xforward)

BOOST_AUTO_TEST_CASE(it_is_offered_and_taken) {
  in_every_cutting([](server_script& s) {
    s.give("EHLO client.example\r\n");
    smtp::extensions offer;
    offer.set = smtp::xforward;
    offer.xforward_attributes = smtp::xforward_name | smtp::xforward_addr;
    s.expect_hello(offer);
    s.expect_send("250-relay.example\r\n250 XFORWARD NAME ADDR\r\n");
    s.give("XFORWARD NAME=spike.example PORT=25 addr=[UNAVAILABLE]\r\n");
    s.expect_send("250 2.0.0 Ok\r\n");
    const auto lines = smtp::xforward_lines(s.engine.current().client, offer.xforward_attributes);
    BOOST_TEST_REQUIRE(lines.size() == 1u);
    BOOST_TEST(lines[0] == "XFORWARD NAME=spike.example addr=[UNAVAILABLE]");
    BOOST_TEST(s.engine.current().client.name == "spike.example");
    BOOST_TEST(s.engine.current().client.port == "25");
    BOOST_TEST(s.engine.current().client.addr == "");
    s.give("XFORWARD IDENT=4711\r\n"); // nothing of it is for the next hop
    s.expect_send("250 2.0.0 Ok\r\n");
    BOOST_TEST(s.engine.current().client.ident == "4711");
  });
}

// They go in one segment with the replies to what stands behind; whatever else is due must not wait
// for a next hop.
BOOST_AUTO_TEST_CASE(replies_to_it_can_wait_and_no_others) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.engine.output_sent();
    tell(s);
    s.engine.output_sent();
    s.give("XFORWARD NAME=a.example\r\nXFORWARD IDENT=1\r\n");
    BOOST_TEST(s.engine.output_can_wait());
    s.engine.output_sent();
    s.give("NOOP\r\n");
    BOOST_TEST(!s.engine.output_can_wait());
    s.give("XFORWARD NAME=b.example\r\n");
    BOOST_TEST(!s.engine.output_can_wait());
    s.engine.output_sent();
    s.give("XFORWARD COLOUR=red\r\n"); // an error is not one of them
    BOOST_TEST(!s.engine.output_can_wait());
    s.engine.output_sent();
  });
}

BOOST_AUTO_TEST_CASE(mail_needs_a_next_hop_that_can_be_told) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    BOOST_TEST(s.engine.forwarded().needs == 0u);
    s.answer("250 ok\r\n");
    s.give("XFORWARD NAME=late\r\nRSET\r\n");
    s.expect_reset();
    s.expect_send("250 ok\r\n503 5.5.1 XFORWARD inside a transaction\r\n250 2.0.0 Ok\r\n");
    s.give("XFORWARD NAME=[UNAVAILABLE]\r\nMAIL FROM:<a@b>\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    BOOST_TEST(s.engine.forwarded().needs == smtp::xforward);
    s.engine.output().clear();
    s.answer("450 no\r\n");
    s.give("MAIL FROM:<c@d>\r\n"); // it was told for this one as well
    s.expect_forward("MAIL FROM:<c@d>");
    BOOST_TEST(s.engine.forwarded().needs == smtp::xforward);
    s.engine.output().clear();
  });
}

BOOST_AUTO_TEST_CASE(strangers_may_not) {
  server_script s(test::cutting::single_octets(), false);
  s.engine.output().clear();
  s.give("EHLO client.example\r\n");
  s.expect_hello(test::full_offer());
  s.expect_send("250-relay.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
                "250 SIZE 1000000\r\n");
  s.give("XFORWARD ADDR=192.0.2.1\r\n");
  s.expect_send("550 5.7.1 XFORWARD is not for you\r\n");
  BOOST_TEST(s.engine.current().client.addr == "");
  s.finish();
}

BOOST_AUTO_TEST_CASE(it_was_not_offered) {
  in_every_cutting([](server_script& s) {
    s.give("XFORWARD ADDR=192.0.2.1\r\nHELO old.example\r\nXFORWARD ADDR=192.0.2.1\r\n");
    s.expect_hello(test::full_offer());
    s.expect_send("502 5.5.1 Command not implemented\r\n250 relay.example\r\n"
                  "502 5.5.1 Command not implemented\r\n");
  });
}

BOOST_AUTO_TEST_CASE(it_is_over_with_the_message) {
  in_every_cutting([](server_script& s) {
    s.greet();
    tell(s);
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.expect_forward("RCPT TO:<c@d>");
    s.expect_forward("DATA");
    s.answer("250 ok\r\n");
    s.answer("250 ok\r\n");
    s.answer("354 go\r\n");
    BOOST_TEST(s.engine.current().client.ident == "3FF00A");
    BOOST_TEST(s.engine.current().client.helo == "spike");
    BOOST_TEST(s.engine.current().client.source == "REMOTE");
    s.answer_message("550 no\r\n");
    s.expect_send("250 ok\r\n250 ok\r\n354 go\r\n550 no\r\n");
    BOOST_TEST(s.engine.current().client.ident == "");
    BOOST_TEST(s.engine.current().client.addr == "");
  });
}

BOOST_AUTO_TEST_CASE(rset_and_ehlo_forget_it_and_a_refused_mail_does_not) {
  in_every_cutting([](server_script& s) {
    s.greet();
    tell(s);
    s.give("MAIL FROM:<a@b>\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.answer("450 4.1.0 no\r\n");
    s.expect_send("450 4.1.0 no\r\n");
    BOOST_TEST(s.engine.current().client.ident == "3FF00A");
    s.give("RSET\r\n");
    s.expect_reset();
    s.expect_send("250 2.0.0 Ok\r\n");
    BOOST_TEST(s.engine.current().client.ident == "");
    tell(s);
    s.give("EHLO again.example\r\n");
    s.expect_hello(test::full_offer());
    s.engine.output().clear();
    BOOST_TEST(s.engine.current().client.name == "");
  });
}

BOOST_AUTO_TEST_CASE(what_hides_a_line_end_is_refused_whole) {
  for (const auto command :
       {"XFORWARD NAME=ok ADDR=x+0D+0ARSET"sv, "XFORWARD NAME=ok HELO=+00"sv,
        "XFORWARD NAME=ok HELO=a\tb"sv, "XFORWARD NAME=ok HELO=\xff"sv, "XFORWARD NAME=ok HELO="sv,
        "XFORWARD NAME=ok COLOUR=red"sv, "XFORWARD NAME=ok +"sv, "XFORWARD"sv}) {
    BOOST_TEST_CONTEXT("command " << command)
    in_every_cutting([&command](server_script& s) {
      s.greet();
      s.give(std::string(command) + "\r\n");
      BOOST_TEST(s.engine.output().substr(0, 10) == "501 5.5.4 ");
      s.engine.output().clear();
      BOOST_TEST(s.engine.current().client.name == "");
    });
  }
}

BOOST_AUTO_TEST_SUITE_END()
