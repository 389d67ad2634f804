// Which address comes first, and what the log is told, as time goes by.

#include "next_hop_pool.hpp"
#include <sealonce/limits.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace sealonce;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(next_hop_pool)

namespace {

using clock = net::next_hop_pool::clock;

net::hop_address address(const std::string& ip) {
  net::hop_address one;
  one.endpoint = net::asio::ip::tcp::endpoint(net::asio::ip::make_address(ip), 25);
  one.text = ip;
  return one;
}

const std::vector<net::hop_address> all{address("192.0.2.1"), address("192.0.2.2"),
                                        address("2001:db8::3")};

/// "1 2 3": the last character of each.
std::string order(const net::next_hop_pool& pool, clock::time_point now) {
  std::string out;
  for (const auto* one : pool.order(all, now))
    out.append(out.empty() ? "" : " ").append(1, one->text.back());
  return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(as_configured_while_all_is_well) {
  const net::next_hop_pool pool;
  BOOST_TEST(order(pool, clock::now()) == "1 2 3");
}

BOOST_AUTO_TEST_CASE(one_that_failed_comes_last_for_a_while) {
  net::next_hop_pool pool;
  const auto begin = clock::now();
  BOOST_TEST(pool.note_failure(all[0], begin));
  BOOST_TEST(order(pool, begin) == "2 3 1");
  BOOST_TEST(order(pool, begin + limits::next_hop_pause - 1s) == "2 3 1");
  BOOST_TEST(order(pool, begin + limits::next_hop_pause) == "1 2 3");
  BOOST_TEST(pool.note_success(all[0]));
  BOOST_TEST(!pool.note_success(all[0]));
  BOOST_TEST(order(pool, begin) == "1 2 3");
}

BOOST_AUTO_TEST_CASE(while_one_session_tries_it_the_others_do_not) {
  net::next_hop_pool pool;
  const auto begin = clock::now();
  BOOST_TEST(pool.note_failure(all[0], begin));
  const auto later = begin + limits::next_hop_pause;
  pool.trying(all[0], later);
  BOOST_TEST(order(pool, later) == "2 3 1");
  pool.trying(all[1], later); // nothing is known against it
  BOOST_TEST(order(pool, later) == "2 3 1");
}

BOOST_AUTO_TEST_CASE(where_all_failed_they_keep_their_order) {
  net::next_hop_pool pool;
  const auto begin = clock::now();
  for (const auto& one : {all[2], all[0], all[1]})
    BOOST_TEST(pool.note_failure(one, begin));
  BOOST_TEST(order(pool, begin) == "1 2 3");
}

BOOST_AUTO_TEST_CASE(the_log_is_told_once_and_again_while_it_goes_on) {
  net::next_hop_pool pool;
  const auto begin = clock::now();
  BOOST_TEST(pool.note_failure(all[0], begin));
  BOOST_TEST(!pool.note_failure(all[0], begin + 1s));
  BOOST_TEST(!pool.note_failure(all[0], begin + limits::repeated_complaint - 1s));
  BOOST_TEST(pool.note_failure(all[0], begin + limits::repeated_complaint));
  BOOST_TEST(pool.may_tell_of_login(begin));
  BOOST_TEST(!pool.may_tell_of_login(begin + 1s));
  BOOST_TEST(pool.may_tell_of_login(begin + limits::repeated_complaint));
}

BOOST_AUTO_TEST_CASE(a_password_is_not_offered_for_each_message) {
  net::next_hop_pool pool;
  const auto begin = clock::now();
  const auto now = std::make_shared<const config::settings>();
  const auto reloaded = std::make_shared<const config::settings>();
  BOOST_TEST(pool.refused_login(all[0], now, begin) == nullptr);
  BOOST_TEST(pool.note_failure(all[0], begin));
  BOOST_TEST(pool.refused_login(all[0], now, begin) == nullptr); // it was something else
  pool.note_refused_login(all[0], now, "535");
  BOOST_TEST_REQUIRE(pool.refused_login(all[0], now, begin) != nullptr);
  BOOST_TEST(*pool.refused_login(all[0], now, begin) == "535");
  BOOST_TEST(pool.refused_login(all[0], reloaded, begin) == nullptr);
  BOOST_TEST(pool.refused_login(all[1], now, begin) == nullptr);
  BOOST_TEST(pool.refused_login(all[0], now, begin + limits::next_hop_pause) == nullptr);
  BOOST_TEST(!pool.note_failure(all[0], begin + 1s));
  BOOST_TEST(pool.refused_login(all[0], now, begin + 2s) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
