// [[relay]]: who may tell of others, limits, [relay.timeouts].

#include <sealonce/config/load.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace sealonce;

namespace {

constexpr std::string_view file = "/nowhere/x.toml";

std::string relay(const std::string& more) {
  return "[[relay]]\nname = \"r\"\nlisten = \"127.0.0.1:1\"\nnext_hop = \"127.0.0.1:2\"\n" + more;
}

config::relay_settings made(const std::string& more) {
  const auto got = config::parse(relay(more), file);
  BOOST_TEST_REQUIRE(std::holds_alternative<config::settings_ptr>(got), more);
  return std::get<config::settings_ptr>(got)->relays.at(0);
}

/// The first error: its line, its key and what is wrong.
std::string wrong(const std::string& more) {
  const auto got = config::parse(relay(more), file);
  BOOST_TEST_REQUIRE(std::holds_alternative<config::errors>(got), more);
  const auto text = std::get<config::errors>(got).lines.at(0).substr(file.size() + 1);
  return text.substr(0, text.find(':')) + text.substr(text.find(' ')); // without the column
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay_limits)

BOOST_AUTO_TEST_CASE(absent_they_change_nothing) {
  const auto r = made("");
  BOOST_TEST(r.xforward_from.size() == 2u); // loopback
  BOOST_TEST(r.xclient_from.empty());
  BOOST_TEST(r.proxy_protocol_from.empty());
  BOOST_TEST(r.max_connections_per_client == 0u);
  BOOST_TEST(r.message_rate == 0u);
  BOOST_TEST(r.max_recipients == limits::recipients);
  BOOST_TEST((r.timeouts.command == limits::command_timeout));
}

BOOST_AUTO_TEST_CASE(they_are_read) {
  const auto r =
      made("xforward_from = []\nxclient_from = [\"192.0.2.1\", \"2001:db8::/32\"]\n"
           "proxy_protocol_from = [\"192.0.2.0/24\"]\nmax_connections_per_client = 5\n"
           "message_rate = 60\nmax_recipients = 100\n[relay.timeouts]\ncommand = \"1s\"\n"
           "data = \"2s\"\nnext_hop_connect = \"3s\"\nnext_hop_hello = \"4s\"\n"
           "next_hop_reply = \"5s\"\nnext_hop_transfer = \"6s\"\n"
           "next_hop_data_done = \"1h\"\n");
  BOOST_TEST(r.xforward_from.empty());
  BOOST_TEST(r.xclient_from.size() == 2u);
  BOOST_TEST(r.proxy_protocol_from.size() == 1u);
  BOOST_TEST(r.max_connections_per_client == 5u);
  BOOST_TEST(r.message_rate == 60u);
  BOOST_TEST(r.max_recipients == 100u);
  const auto& t = r.timeouts;
  const std::vector<long> seconds{t.command.count(),           t.data.count(),
                                  t.next_hop_connect.count(),  t.next_hop_hello.count(),
                                  t.next_hop_reply.count(),    t.next_hop_transfer.count(),
                                  t.next_hop_data_done.count()};
  const std::vector<long> expected{1, 2, 3, 4, 5, 6, 3600};
  BOOST_TEST(seconds == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_its_place) {
  const std::string from = "from \"1s\" to \"1h\" is expected";
  BOOST_TEST(wrong("[relay.timeouts]\ncommand = \"0s\"\n").ends_with(from));
  BOOST_TEST(wrong("[relay.timeouts]\ncommand = \"0s\"\n").starts_with("6 relay.timeouts.command"));
  BOOST_TEST(wrong("timeouts = { data = \"61m\" }\n").ends_with(from));
  BOOST_TEST(wrong("[relay.timeouts]\nnext_hop_replay = \"5s\"\n").find("\"next_hop_reply\"") !=
             std::string::npos);
  BOOST_TEST(wrong("timeouts = 5\n").starts_with("5 relay.timeouts"));
  BOOST_TEST(wrong("max_recipients = 0\n").starts_with("5 relay.max_recipients"));
  BOOST_TEST(wrong("max_recipients = 10001\n").starts_with("5 relay.max_recipients"));
  BOOST_TEST(wrong("message_rate = -1\n").starts_with("5 relay.message_rate"));
  BOOST_TEST(wrong("max_connections_per_client = \"5\"\n")
                 .starts_with("5 relay.max_connections_per_client"));
  BOOST_TEST(wrong("xclient_from = [\"x\"]\n").starts_with("5 relay.xclient_from"));
  BOOST_TEST(wrong("proxy_protocol_from = \"192.0.2.1/24\"\n").find("192.0.2.0/24") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(everybody_as_another_client_is_warned_of) {
  const auto got = config::parse(relay("xclient_from = [\"0.0.0.0/0\"]\n"), file);
  const auto& warnings = std::get<config::settings_ptr>(got)->warnings;
  BOOST_TEST(std::any_of(warnings.begin(), warnings.end(), [](const std::string& line) {
    return line.find("everybody may claim to be another client") != std::string::npos;
  }));
}

BOOST_AUTO_TEST_SUITE_END()
