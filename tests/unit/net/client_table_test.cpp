#include "client_table.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace sealonce;
using namespace std::chrono_literals;
using net::allowance;

namespace {

const net::spell::time_point start{1000h};

bool granted(allowance a) {
  return a == allowance::granted;
}

} // namespace

BOOST_AUTO_TEST_SUITE(client_table)

BOOST_AUTO_TEST_CASE(connections_are_counted_for_each_client) {
  net::client_table table;
  BOOST_TEST(granted(table.connect("a", 2, start)));
  BOOST_TEST(granted(table.connect("a", 2, start)));
  BOOST_TEST(!granted(table.connect("a", 2, start)));
  BOOST_TEST(granted(table.connect("b", 2, start)));
  table.disconnect("a");
  BOOST_TEST(granted(table.connect("a", 2, start)));
  BOOST_TEST(!granted(table.connect("a", 2, start)));
  for (const auto* client : {"a", "a", "b", "b", "unknown"})
    table.disconnect(client);
  BOOST_TEST(table.size() == 0u); // nothing is kept of who is gone
}

BOOST_AUTO_TEST_CASE(a_counted_connection_counts_as_long_as_it_lives) {
  net::client_table table;
  {
    BOOST_TEST(granted(table.connect("a", 1, start)));
    net::counted_connection one(table, "a");
    net::counted_connection other = std::move(one);
    one = net::counted_connection();
    BOOST_TEST(!granted(table.connect("a", 1, start)));
    one = std::move(other);
    BOOST_TEST(!granted(table.connect("a", 1, start)));
  }
  BOOST_TEST(granted(table.connect("a", 1, start)));
}

BOOST_AUTO_TEST_CASE(messages_come_back_evenly) {
  net::client_table table;
  for (int i = 0; i < 6; ++i)
    BOOST_TEST(granted(table.message("a", 6, start)));
  BOOST_TEST(!granted(table.message("a", 6, start)));
  BOOST_TEST(granted(table.message("b", 6, start)));
  BOOST_TEST(!granted(table.message("a", 6, start + 9s)));
  BOOST_TEST(granted(table.message("a", 6, start + 11s)));
  BOOST_TEST(!granted(table.message("a", 6, start + 11s)));
  for (int i = 0; i < 6; ++i) // after silence there are six, not more
    BOOST_TEST(granted(table.message("a", 6, start + 10min)));
  BOOST_TEST(!granted(table.message("a", 6, start + 10min)));
}

BOOST_AUTO_TEST_CASE(a_spell_is_told_once) {
  net::client_table table;
  BOOST_TEST(granted(table.message("a", 1, start)));
  BOOST_TEST((table.message("a", 1, start) == allowance::refused_and_told));
  BOOST_TEST((table.message("a", 1, start + 1s) == allowance::refused));
  BOOST_TEST((table.connect("a", 0, start + 1s) == allowance::refused_and_told));
  BOOST_TEST((table.refuse(start) == allowance::refused_and_told));
  BOOST_TEST((table.refuse(start + 50s) == allowance::refused));
  BOOST_TEST((table.refuse(start + 100s) == allowance::refused)); // it goes on
  BOOST_TEST((table.refuse(start + 161s) == allowance::refused_and_told));
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_connections_are_not_forgotten) {
  net::client_table table;
  BOOST_TEST(granted(table.connect("kept", 1, start)));
  for (std::size_t i = 0; i < 3 * limits::counted_clients; ++i)
    (void)table.message(std::to_string(i), 1, start);
  BOOST_TEST(table.size() <= limits::counted_clients);
  BOOST_TEST(!granted(table.connect("kept", 1, start)));
  (void)table.message("later", 1, start + 2min);
  for (std::size_t i = 0; table.size() < limits::counted_clients && i < limits::counted_clients;
       ++i)
    (void)table.message("x" + std::to_string(i), 1, start);
  (void)table.message("last", 1, start + 3min); // whoever was silent for a minute goes first
  BOOST_TEST(table.size() <= 3u);
}

BOOST_AUTO_TEST_SUITE_END()
