// Deadlines of single operations, and of things that come slowly.

#include <boost/test/unit_test.hpp>

#include <deadline.hpp>

using namespace sealonce;
using namespace std::chrono_literals;
using net::deadline;
using net::pace;

namespace {

constexpr deadline::clock::time_point start{1000h};

} // namespace

BOOST_AUTO_TEST_SUITE(deadline_suite)

BOOST_AUTO_TEST_CASE(expired_is_told_once) {
  deadline d;
  BOOST_TEST(!d.past(start));
  d.set(10s, start);
  BOOST_TEST(d.past(start));
  BOOST_TEST(!d.past(start - 1ms));
  d.expire();
  BOOST_TEST(d.take_expired());
  BOOST_TEST(!d.take_expired());
  d.expire();
  d.set(10s);
  BOOST_TEST(!d.take_expired());
}

BOOST_AUTO_TEST_CASE(silence_ends_after_its_time) {
  pace p;
  p.begin(start);
  BOOST_TEST((p.due(start, 10s) == start + 10s));
  p.more(1'000'000);
  BOOST_TEST((p.due(start + 3s, 10s) == start + 13s)); // fast enough: from now
}

BOOST_AUTO_TEST_CASE(drops_do_not_hold_a_session) {
  pace p;
  p.begin(start);
  for (int second = 0; second < 9; ++second) {
    p.more(1);
    BOOST_TEST((p.due(start + std::chrono::seconds(second), 10s) == start + 10s));
  }
  p.more(5 * limits::least_rate);
  BOOST_TEST((p.due(start + 9s, 10s) == start + 15s));
  p.begin(start + 20s);
  BOOST_TEST((p.due(start + 20s, 10s) == start + 30s));
}

BOOST_AUTO_TEST_SUITE_END()
