// The promise: whatever chain of hops a message has gone through, behind ours it has one valid
// signature by each key, none that is broken, and all other fields as they were. SEALONCE_SEED=N
// tries other messages.
#include "passing.hpp"
#include "random_message.hpp"

#include <cstdlib>
#include <iostream>

namespace {

using namespace sealonce;
using namespace sealonce::test;

constexpr int messages = 10'000;

std::uint64_t seed() {
  const char* given = std::getenv("SEALONCE_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 20231120;
}

/// An instance of ours: some keys of example.com.
config::settings instance(std::initializer_list<const char*> selectors, const char* canonical) {
  config::settings s;
  s.signing.canonical = dkim::parse_canonicalizations(canonical).value();
  auto& domain = s.domains["example.com"];
  domain.name = "example.com";
  for (const char* selector : selectors) {
    domain.keys.push_back(own_key(selector));
  }
  return s;
}

/// One key or the other (signing is cheap with the one, verifying with the other), now and then
/// both.
const config::settings& random_instance(dice& d) {
  static const config::settings one[] = {
      instance({"ed"}, "relaxed/relaxed"), instance({"ed"}, "simple/simple"),
      instance({"rsa"}, "relaxed/simple"), instance({"rsa"}, "simple/relaxed")};
  static const config::settings both[] = {instance({"rsa", "ed"}, "relaxed/relaxed"),
                                          instance({"ed", "rsa"}, "simple/simple")};
  return d.one_in(10) ? both[d.below(std::size(both))] : one[d.below(std::size(one))];
}

bool is_own(const std::string& field, const config::settings& s) {
  if (!is_signature(field)) {
    return false;
  }
  const auto names = dkim::find_names(field.substr(field.find(':') + 1));
  return policy::held_key(names.domain, names.selector, s) != nullptr;
}

/// All that is not an own signature, one behind the other.
std::string all_others(const std::string& text, const config::settings& s) {
  auto p = parts::of(text);
  std::erase_if(p.fields, [&](const std::string& f) { return is_own(f, s); });
  return p.text();
}

/// What is wrong with a message that leaves; empty where nothing is.
std::string complaint(const std::string& came, const passed& left, const config::settings& s,
                      verifier how) {
  if (all_others(left.out, s) != all_others(came, s)) {
    return "something else was changed";
  }
  std::vector<std::string> expected;
  for (const auto& key : s.domains.at("example.com").keys) {
    expected.push_back("example.com/" + key.selector + "+");
  }
  auto found = signatures_of(left.out, s, how);
  std::erase(found, "foreign");
  std::sort(found.begin(), found.end());
  std::sort(expected.begin(), expected.end());
  if (found != expected) {
    return "not one valid signature by each key";
  }
  if (pass(left.out, s).out != left.out) {
    return "a second pass changes it";
  }
  const bool untouched = left.outcome.what == policy::action::already_signed &&
                         left.outcome.reason == policy::reason::already_signed;
  return untouched == (left.out == came) ? "" : "the log does not say what was done";
}

BOOST_AUTO_TEST_SUITE(chains_test)

BOOST_AUTO_TEST_CASE(signed_exactly_once_whatever_the_chain) {
  std::clog << "SEALONCE_SEED=" << seed() << "\n";
  std::size_t outcomes[6] = {};
  for (int i = 0; i < messages; ++i) {
    dice d(seed() + static_cast<std::uint64_t>(i));
    const auto& last = random_instance(d);
    std::string text = random_message(d).text();
    for (std::size_t hops = 1 + d.below(2); hops > 0; --hops) {
      text = pass(text, d.one_in(4) ? random_instance(d) : last).out;
      auto p = parts::of(text);
      for (std::size_t n = d.below(3); n > 0; --n) {
        disturb(p, d);
      }
      text = p.text();
    }
    const auto left = pass(text, last);
    ++outcomes[static_cast<std::size_t>(left.outcome.what)];
    const auto how = d.one_in(10) ? verifier::public_half : verifier::key;
    const auto why = complaint(text, left, last, how);
    if (!why.empty()) {
      BOOST_ERROR("message " << i << ": " << why << "\n"
                             << left.outcome.detail << "\n"
                             << text << "\n---- became\n"
                             << left.out);
      break;
    }
  }
  // The chains are of every kind.
  using policy::action;
  for (const auto a : {action::sign, action::already_signed, action::replace}) {
    BOOST_TEST(outcomes[static_cast<std::size_t>(a)] > messages / 20u, a);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
