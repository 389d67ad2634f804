#include "server_script.hpp"
#include <sealonce/limits.hpp>

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

constexpr auto lost = "451 4.4.2 The next hop lost this transaction; try again\r\n"sv;

} // namespace

BOOST_AUTO_TEST_SUITE(server_trouble)

// A 503 here would make a Postfix upstream bounce the message.
BOOST_AUTO_TEST_CASE(a_lost_transaction_is_deferred_to_its_end) {
  in_every_cutting([](server_script& s) {
    s.begin_transaction();
    s.engine.transaction_lost();
    s.give("RCPT TO:<c@d>\r\nRCPT TO:junk\r\nDATA\r\n");
    s.expect_send(std::string(lost) + std::string(lost) + std::string(lost));
    s.give("MAIL FROM:junk\r\nRCPT TO:<c@d>\r\n");
    s.expect_send("501 5.1.7 Bad address syntax: an address in angle brackets is wanted\r\n" +
                  std::string(lost));
    s.give("MAIL FROM:<e@f>\r\n");
    s.expect_forward("MAIL FROM:<e@f>");
    s.answer("250 2.1.0 Ok\r\n");
    s.expect_send("250 2.1.0 Ok\r\n");
    BOOST_TEST(s.engine.current().recipients == 0u);
    s.give("RCPT TO:<c@d>\r\n");
    s.expect_forward("RCPT TO:<c@d>");
    s.answer("250 2.1.5 Ok\r\n");
    s.expect_send("250 2.1.5 Ok\r\n");
  });
}

BOOST_AUTO_TEST_CASE(a_transaction_lost_with_replies_due) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.expect_forward("RCPT TO:<c@d>");
    s.engine.transaction_lost();
    s.answer("451 4.4.2 gone\r\n");
    s.answer("451 4.4.2 gone\r\n");
    s.give("DATA\r\n");
    s.expect_send("451 4.4.2 gone\r\n451 4.4.2 gone\r\n" + std::string(lost));
    s.give("RSET\r\n");
    s.expect_reset();
    s.expect_send("250 2.0.0 Ok\r\n");
    s.give("DATA\r\n");
    s.expect_send("503 5.5.1 Need MAIL command\r\n");
  });
}

BOOST_AUTO_TEST_CASE(ehlo_ends_a_lost_transaction) {
  in_every_cutting([](server_script& s) {
    s.begin_transaction();
    s.engine.transaction_lost();
    s.greet();
    s.give("RCPT TO:<c@d>\r\n");
    s.expect_send("503 5.5.1 Need MAIL command\r\n");
  });
}

BOOST_AUTO_TEST_CASE(farewell_comes_after_what_is_due) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nNOOP\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.farewell(smtp::reply(421, "4.3.2", "Shutting down"));
    s.expect_no_event();
    s.expect_send("");
    s.answer("250 2.1.0 Ok\r\n");
    s.expect_close();
    s.expect_send("250 2.1.0 Ok\r\n250 2.0.0 Ok\r\n421 4.3.2 Shutting down\r\n");
  });
}

BOOST_AUTO_TEST_CASE(farewell_to_an_idle_client) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give("NOO");
    s.farewell(smtp::reply(421, "4.4.2", "Timeout"));
    s.expect_close();
    s.expect_send("421 4.4.2 Timeout\r\n");
  });
}

BOOST_AUTO_TEST_CASE(no_farewell_behind_another) {
  in_every_cutting([](server_script& s) {
    s.give("QUIT\r\n");
    s.farewell(smtp::reply(421, "4.3.2", "Shutting down"));
    s.expect_close();
    s.expect_send("221 2.0.0 Bye\r\n");
  });
}

BOOST_AUTO_TEST_CASE(farewell_instead_of_an_answer_to_ehlo) {
  in_every_cutting([](server_script& s) {
    s.give("EHLO client.example\r\nMAIL FROM:<a@b>\r\n");
    BOOST_TEST((s.engine.next() == smtp::server_engine::event::need_input));
    s.farewell(smtp::reply(421, "4.3.2", "Shutting down"));
    s.expect_hello_unanswered();
    s.expect_close();
    s.expect_send("421 4.3.2 Shutting down\r\n");
  });
}

// The next hop's replies go back unchanged, whatever they are, as long as they answer the command.
BOOST_AUTO_TEST_CASE(replies_go_back_octet_for_octet) {
  for (const auto reply :
       {"250\r\n"sv, "250 \r\n"sv, "550-5.1.1 a\r\n550-\r\n550 5.1.1\tb  \xc3\xbc \r\n"sv,
        "571 5.7.1 no\r\n"sv, "421 4.3.2 closing\r\n"sv, "252 maybe\r\n"sv}) {
    in_every_cutting([&reply](server_script& s) {
      s.greet();
      s.give("MAIL FROM:<a@b>\r\n");
      s.expect_forward("MAIL FROM:<a@b>");
      s.answer(reply);
      s.expect_send(reply);
    });
  }
}

BOOST_AUTO_TEST_CASE(replies_that_make_no_sense_become_451) {
  const auto senseless = "451 4.5.0 The next hop's reply makes no sense\r\n"sv;
  in_every_cutting([&senseless](server_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.answer("354 go\r\n");
    s.expect_send(senseless);
    BOOST_TEST(!s.engine.in_transaction());
    s.begin_transaction();
    s.give("RCPT TO:<c@d>\r\n");
    s.expect_forward("RCPT TO:<c@d>");
    s.answer("354 go\r\n");
    s.expect_send(senseless);
    BOOST_TEST(s.engine.current().recipients == 1u);
    for (const auto reply : {"250 2.0.0 taken\r\n"sv, "300 x\r\n"sv, "355 x\r\n"sv}) {
      s.give("DATA\r\n");
      s.expect_forward("DATA");
      s.answer(reply);
      BOOST_TEST(!s.engine.in_data());
      s.expect_send(senseless);
    }
  });
}

BOOST_AUTO_TEST_CASE(a_refused_data_leaves_the_transaction_open) {
  in_every_cutting([](server_script& s) {
    s.begin_transaction();
    s.give("DATA\r\n");
    s.expect_forward("DATA");
    s.answer("451 4.3.0 later\r\n");
    s.expect_send("451 4.3.0 later\r\n");
    BOOST_TEST(!s.engine.in_data());
    s.give("RCPT TO:<e@f>\r\n");
    s.expect_forward("RCPT TO:<e@f>");
    s.answer("250 ok\r\n");
    s.expect_send("250 ok\r\n");
    BOOST_TEST(s.engine.current().recipients == 2u);
  });
}

BOOST_AUTO_TEST_CASE(no_valid_recipients) {
  in_every_cutting([](server_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
    s.expect_forward("MAIL FROM:<a@b>");
    s.expect_forward("RCPT TO:<c@d>");
    s.answer("250 ok\r\n");
    s.answer("550 no\r\n");
    s.expect_send("250 ok\r\n550 no\r\n");
    for (unsigned i = 0; i <= limits::command_errors; ++i) { // which is no error of the upstream
      s.give("DATA\r\n");
      s.expect_send("554 5.5.1 No valid recipients\r\n");
    }
  });
}

BOOST_AUTO_TEST_SUITE_END()
