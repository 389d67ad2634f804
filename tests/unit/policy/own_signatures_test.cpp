// What becomes of signatures that are there: a table, and every short row of signatures under every
// setting, looked at twice.
#include "deciding.hpp"

#include <algorithm>
#include <optional>

namespace {

using namespace sealonce;
using config::broken_signature;
using config::foreign_signature;
using policy::action;
using test::situation;
namespace reason = policy::reason;

struct row {
  std::string there;
  std::string keys;
  action expected;
  std::string_view reason;
  std::string left;
};

void check(const situation& base, const std::vector<row>& rows) {
  for (const row& r : rows) {
    BOOST_TEST_CONTEXT(r.there << " for " << r.keys) {
      situation s = base;
      s.keys = r.keys;
      const auto d = s.decide(r.there);
      BOOST_TEST(d.made.what == r.expected);
      BOOST_TEST(d.made.reason == r.reason);
      BOOST_TEST(d.left == r.left);
      const bool silent =
          d.made.reason == reason::keys_signed || d.made.reason == reason::already_signed;
      BOOST_TEST(d.made.detail.empty() == silent, d.made.detail);
    }
  }
}

constexpr auto sign = action::sign;
constexpr auto already = action::already_signed;
constexpr auto replace = action::replace;
constexpr auto unsigned_ = action::pass_unsigned;

BOOST_AUTO_TEST_SUITE(own_signatures_test)

BOOST_AUTO_TEST_CASE(with_the_default_settings) {
  check({}, {
                // valid ones
                {"R+ E+", "RE", already, reason::already_signed, "R+ E+"},
                {"E+ R+", "RE", already, reason::already_signed, "E+ R+"},
                {"F R+ F E+ F", "RE", already, reason::already_signed, "F R+ F E+ F"},
                {"R+", "R", already, reason::already_signed, "R+"},
                // none, or not all
                {"", "RE", sign, reason::keys_signed, "R+ E+"},
                {"F F", "RE", sign, reason::keys_signed, "R+ E+ F F"},
                {"R+", "RE", sign, reason::keys_missing, "E+ R+"},
                {"F E+", "RE", sign, reason::keys_missing, "R+ F E+"},
                {"S+", "R", sign, reason::keys_missing, "R+ S+"},
                // broken ones go
                {"R!", "R", replace, reason::own_broken, "R+"},
                {"Rx", "R", replace, reason::own_expired, "R+"},
                {"Rf", "R", replace, reason::own_forged, "R+"},
                {"F R! F", "R", replace, reason::own_broken, "R+ F F"},
                {"R! E!", "RE", replace, reason::own_broken, "R+ E+"},
                {"R+ E!", "RE", replace, reason::own_broken, "E+ R+"},
                {"R! R! Rf Rx", "R", replace, reason::own_broken, "R+"},
                {"R! R+", "R", already, reason::own_broken, "R+"},
                {"R+ R!", "R", already, reason::own_broken, "R+"},
                {"Rf R+", "R", already, reason::own_forged, "R+"},
                {"R+ S!", "R", already, reason::own_broken, "R+"},
                {"S!", "R", replace, reason::own_broken, "R+"},
                // the weightier reason
                {"Rx Ef", "RE", replace, reason::own_forged, "R+ E+"},
                {"Rf E!", "RE", replace, reason::own_broken, "R+ E+"},
                {"Rc Ex", "RE", replace, reason::own_expired, "R+ E+"},
                // valid, but less than asked for
                {"Rc", "R", replace, reason::own_coverage, "R+"},
                {"Rh", "R", replace, reason::own_half_life, "R+"},
                {"Rc E+", "RE", replace, reason::own_coverage, "R+ E+"},
                {"Rc Eh", "RE", replace, reason::own_coverage, "R+ E+"},
                {"Sc", "R", sign, reason::keys_missing, "R+ Sc"},
                // one of each key
                {"R+ R+", "R", already, reason::own_duplicate, "R+"},
                {"R+ R+ E+ R+ E+", "RE", already, reason::own_duplicate, "R+ E+"},
                {"Rc R+", "R", already, reason::own_duplicate, "R+"},
                {"Rh Rc R+ R+", "R", already, reason::own_duplicate, "R+"},
                {"Rc Rh", "R", replace, reason::own_coverage, "R+"},
                {"S+ S+ R+", "R", already, reason::own_duplicate, "S+ R+"},
            });
}

BOOST_AUTO_TEST_CASE(broken_ones_are_kept) {
  situation s;
  s.settings.once.broken = broken_signature::keep;
  check(s, {
               {"R!", "R", unsigned_, reason::broken_kept, "R!"},
               {"Rx", "R", unsigned_, reason::broken_kept, "Rx"},
               {"R! F", "RE", sign, reason::broken_kept, "E+ R! F"},
               {"R! E+", "RE", already, reason::broken_kept, "R! E+"},
               {"R! R+", "R", already, reason::already_signed, "R! R+"},
               {"S!", "R", sign, reason::keys_signed, "R+ S!"},
               // a forged one must not keep us from signing
               {"Rf", "R", replace, reason::own_forged, "R+"},
               {"Rf R!", "R", unsigned_, reason::own_forged, "R!"},
           });
}

BOOST_AUTO_TEST_CASE(broken_ones_get_company) {
  situation s;
  s.settings.once.broken = broken_signature::add;
  check(s, {
               {"R!", "R", sign, reason::own_broken, "R+ R!"},
               {"Rx F", "R", sign, reason::own_expired, "R+ Rx F"},
               {"R+ R!", "R", already, reason::already_signed, "R+ R!"},
               {"R+ R! R!", "R", already, reason::already_signed, "R+ R! R!"},
               {"Rf", "R", replace, reason::own_forged, "R+"},
               {"R! R+ R+", "R", already, reason::own_duplicate, "R! R+"},
           });
}

BOOST_AUTO_TEST_CASE(foreign_ones_are_removed) {
  situation s;
  s.settings.once.foreign = foreign_signature::remove;
  check(s, {
               {"F", "R", sign, reason::foreign_removed, "R+"},
               {"F R+ F", "R", already, reason::foreign_removed, "R+"},
               {"F R! F", "R", replace, reason::own_broken, "R+"},
               {"R+", "R", already, reason::already_signed, "R+"},
           });
  // only where one of ours takes their place
  s.settings.once.broken = broken_signature::keep;
  check(s, {{"R! F", "R", unsigned_, reason::broken_kept, "R! F"}});
}

BOOST_AUTO_TEST_CASE(at_most_one) {
  situation s;
  s.settings.once.max_signatures = 1;
  check(s, {
               {"", "RE", sign, reason::keys_signed, "R+"},
               {"", "ER", sign, reason::keys_signed, "R+"},
               {"", "ED", sign, reason::keys_signed, "E+"},
               {"R+", "RE", already, reason::already_signed, "R+"},
               {"R+ E+", "RE", already, reason::max_signatures, "R+"},
               {"E+", "RE", replace, reason::max_signatures, "R+"},
               {"F", "RE", sign, reason::max_signatures, "R+"},
               {"F R+ F", "RE", already, reason::max_signatures, "R+"},
               {"R! E!", "RE", replace, reason::own_broken, "R+"},
               {"S+ R+", "R", already, reason::max_signatures, "R+"},
           });
}

BOOST_AUTO_TEST_CASE(at_most_three) {
  situation s;
  s.settings.once.max_signatures = 3;
  check(s, {
               {"F", "RE", sign, reason::keys_signed, "R+ E+ F"},
               {"F F", "RE", sign, reason::keys_signed, "R+ F F"},
               {"F F F", "RE", sign, reason::max_signatures, "R+ F F"},
               {"F R+ E+ F F F", "RE", already, reason::max_signatures, "R+ F F"},
               {"S+ D+ R+ E+", "RE", already, reason::max_signatures, "S+ R+ E+"},
               {"F S+", "RE", replace, reason::max_signatures, "R+ E+ F"},
           });
}

BOOST_AUTO_TEST_CASE(what_cannot_be_signed_now) {
  situation s;
  s.longest_line = 999;
  const auto lines = reason::long_lines;
  check(s, {
               {"R!", "R", unsigned_, lines, ""},
               {"F R! Rf Rx F", "R", unsigned_, lines, "F F"},
               {"R+ E!", "RE", already, lines, "R+"},
               {"Rc", "R", already, lines, "Rc"},
               {"Rh E!", "RE", already, lines, "Rh"},
               {"R+", "RE", already, lines, "R+"},
               {"R+ E+ R!", "RE", already, reason::own_broken, "R+ E+"},
           });
  s.settings.once.broken = broken_signature::keep;
  check(s, {{"R!", "RE", unsigned_, lines, "R!"}});
  s.settings.once.broken = broken_signature::add;
  check(s, {{"R!", "R", unsigned_, lines, "R!"}});
  s.settings.once = {};
  s.settings.once.foreign = foreign_signature::remove;
  s.settings.once.max_signatures = 1;
  check(s, {{"R! F F", "R", unsigned_, lines, "F F"}});
  s.settings.message.lines = config::long_lines::refuse;
  check(s, {{"R! F F", "R", action::refuse, lines, "R! F F"}});
}

BOOST_AUTO_TEST_CASE(a_valid_one_goes_only_for_its_successor) {
  situation s;
  const auto d = s.decide("Rc E! Eh");
  BOOST_TEST_REQUIRE(d.made.removed.size() == 3u);
  BOOST_TEST(d.made.removed[0].successor == test::key_of('R'));
  BOOST_TEST(d.made.removed[1].successor == nullptr);
  BOOST_TEST(d.made.removed[2].successor == test::key_of('E'));
}

BOOST_AUTO_TEST_CASE(half_of_a_life) {
  const auto decide = [](std::int64_t time, std::int64_t expiration) {
    auto one = test::own_of("R+", 0);
    one.time = time;
    one.expiration = expiration;
    situation s;
    s.keys = "R";
    test::no_body sink;
    message::scanner scanner(sink);
    scanner.finish();
    policy::facts f;
    f.head = &scanner.head();
    f.own = {&one, 1};
    f.now = test::deciding_time;
    return policy::decide(f, s.chosen(), s.mode, s.settings).reason;
  };
  const auto now = test::deciding_time;
  const auto most = std::numeric_limits<std::int64_t>::max();
  BOOST_TEST(decide(now, now + 100) == reason::already_signed);
  BOOST_TEST(decide(now - 50, now + 50) == reason::already_signed);
  BOOST_TEST(decide(now - 51, now + 49) == reason::own_half_life);
  BOOST_TEST(decide(now + 1000, now + 1100) == reason::already_signed); // a clock that is ahead
  BOOST_TEST(decide(0, most) == reason::already_signed);
}

// ---- every row of up to three signatures ----

struct setting {
  broken_signature broken;
  foreign_signature foreign;
  std::optional<unsigned> most;
  std::string keys;
};

std::vector<setting> all_settings() {
  std::vector<setting> all;
  for (const auto broken :
       {broken_signature::replace, broken_signature::keep, broken_signature::add})
    for (const auto foreign : {foreign_signature::keep, foreign_signature::remove})
      for (const auto most : {std::optional<unsigned>(), std::optional(1u), std::optional(2u)})
        for (const char* keys : {"R", "E", "RE"})
          all.push_back({broken, foreign, most, keys});
  return all;
}

std::ptrdiff_t count(const std::string& left, const std::string& word) {
  const auto words = test::words_of(left);
  return std::count(words.begin(), words.end(), word);
}

std::string foreign_of(const std::string& row) {
  return std::string(static_cast<std::size_t>(count(row, "F")), 'F');
}

void check_what_leaves(const std::string& there, const setting& c, const test::decided& d) {
  for (const char* key : {"R", "E", "S"}) {
    BOOST_TEST(count(d.left, std::string(key) + "f") == 0);
    const auto valid = count(d.left, std::string(key) + "+") +
                       count(d.left, std::string(key) + "c") +
                       count(d.left, std::string(key) + "h");
    BOOST_TEST(valid <= 1);
    const auto bad = count(d.left, std::string(key) + "!") + count(d.left, std::string(key) + "x");
    if (c.broken == broken_signature::replace) {
      BOOST_TEST(bad == 0);
    }
    const bool wanted = c.keys.find(key) != std::string::npos;
    if (wanted && !c.most && (c.broken != broken_signature::keep || bad == 0)) {
      BOOST_TEST(count(d.left, std::string(key) + "+") == 1);
    }
  }
  if (c.foreign == foreign_signature::keep && !c.most) {
    BOOST_TEST(foreign_of(d.left) == foreign_of(there));
  }
  if (c.most && c.broken != broken_signature::keep) {
    BOOST_TEST(test::words_of(d.left).size() <= *c.most);
  }
}

BOOST_AUTO_TEST_CASE(every_short_row_under_every_setting_twice) {
  const std::vector<std::string> words{"R+", "R!", "Rf", "Rc", "Rh", "E+", "Ex", "S+", "S!", "F"};
  std::vector<std::string> rows{""};
  for (std::size_t begin = 0, length = 0; length < 3; ++length) {
    const std::size_t end = rows.size();
    for (; begin < end; ++begin)
      for (const auto& word : words)
        rows.push_back(rows[begin] + (rows[begin].empty() ? "" : " ") + word);
  }
  BOOST_TEST(rows.size() == 1111u);
  for (const setting& c : all_settings()) {
    situation s;
    s.settings.once.broken = c.broken;
    s.settings.once.foreign = c.foreign;
    s.settings.once.max_signatures = c.most;
    s.keys = c.keys;
    for (const auto& there : rows) {
      const auto d = s.decide(there);
      const auto again = s.decide(d.left);
      const bool stable = again.signers.empty() && again.left == d.left;
      if (!stable) {
        BOOST_ERROR(there << " became " << d.left << ", then " << again.left);
      }
      check_what_leaves(there, c, d);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
