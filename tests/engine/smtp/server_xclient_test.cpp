#include "server_script.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace sealonce;
using test::server_script;

namespace {

smtp::server_engine::options trusting() {
  auto o = server_script::options();
  o.xclient_allowed = true;
  return o;
}

template <class dialogue_function>
void in_every_cutting(dialogue_function dialogue) {
  test::in_every_cutting<server_script>([&dialogue](server_script& s) {
    s.engine.permit(true, true);
    s.engine.output().clear(); // the greeting
    dialogue(s);
  });
}

constexpr auto claim = "XCLIENT NAME=spike.example ADDR=192.0.2.7\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(server_xclient)

BOOST_AUTO_TEST_CASE(the_session_begins_anew) {
  in_every_cutting([](server_script& s) {
    s.give("EHLO proxy.example\r\n");
    s.expect_hello(smtp::extensions());
    s.expect_send("250-relay.example\r\n250 XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN "
                  "DESTADDR DESTPORT\r\n");
    s.give(claim);
    s.expect_xclient({});
    s.expect_send("220 relay.example ESMTP sealonce\r\n");
    BOOST_TEST(s.engine.claimed().name == "spike.example");
    BOOST_TEST(s.engine.claimed().address.has_value());
    BOOST_TEST(s.engine.hello_name() == "");
    s.give("MAIL FROM:<a@b>\r\n");
    s.expect_send("503 5.5.1 Say EHLO or HELO first\r\n");
    s.begin_transaction();
    s.give(claim);
    s.expect_send("503 5.5.1 XCLIENT inside a transaction\r\n");
  });
}

BOOST_AUTO_TEST_CASE(a_refused_client_hears_it_in_the_place_of_the_greeting) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give(claim);
    s.expect_xclient(smtp::reply(554, "5.7.1", "Access denied"));
    s.expect_close();
    s.expect_send("554 5.7.1 Access denied\r\n");
  });
}

BOOST_AUTO_TEST_CASE(nothing_may_stand_behind_it) {
  server_script s(test::cutting::whole(), trusting());
  s.greet();
  s.give(std::string(claim) + "EHLO spike\r\n");
  s.expect_xclient({});
  s.expect_close();
  s.expect_send("554 5.5.0 SMTP protocol synchronization: the greeting comes first\r\n");
  s.finish();
}

BOOST_AUTO_TEST_CASE(it_waits_for_what_is_due) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give(std::string("MAIL FROM:<a@b>\r\n") + claim);
    s.expect_forward("MAIL FROM:<a@b>");
    s.expect_no_event();
    s.answer("450 no\r\n");
    s.expect_xclient({});
    s.expect_send("450 no\r\n220 relay.example ESMTP sealonce\r\n");
  });
}

BOOST_AUTO_TEST_CASE(strangers_may_not) {
  server_script s(test::cutting::single_octets());
  s.engine.output().clear();
  s.greet(smtp::extensions());
  s.give(claim);
  s.expect_send("550 5.7.0 XCLIENT is not for you\r\n");
  s.finish();
}

BOOST_AUTO_TEST_CASE(it_comes_to_an_end) {
  server_script s(test::cutting::whole(), trusting());
  s.engine.output().clear();
  for (unsigned i = 0; i < limits::useless_commands + limits::command_errors; ++i) {
    s.give(claim);
    s.expect_xclient({});
  }
  s.engine.output().clear();
  s.give(claim);
  s.expect_close();
  s.expect_send("421 4.7.0 Too many commands without a message: the limit is 300\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
