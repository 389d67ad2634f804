#pragma once
// Signatures of a message as words, so that a table of decisions can be read.

#include <sealonce/message/scanner.hpp>
#include <sealonce/policy/decide.hpp>
#include <sealonce/policy/reason.hpp>

#include <boost/test/unit_test.hpp>

#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace sealonce::policy {

inline std::ostream& boost_test_print_type(std::ostream& out, action a) {
  const char* names[] = {"sign", "already_signed", "replace", "pass_unsigned", "refuse", "defer"};
  return out << names[static_cast<int>(a)];
}

} // namespace sealonce::policy

namespace sealonce::test {

/// The keys by a letter: R and S are RSA, E and D Ed25519.
inline const std::shared_ptr<const dkim::signing_key>& key_of(char letter) {
  static const auto keys = [] {
    std::map<char, std::shared_ptr<const dkim::signing_key>> made;
    for (const char c : {'R', 'S', 'E', 'D'}) {
      const auto type = c == 'R' || c == 'S' ? crypto::key_type::rsa : crypto::key_type::ed25519;
      const auto key = crypto::private_key::generate(type, 1024).value();
      made[c] = std::make_shared<dkim::signing_key>(
          dkim::signing_key{"example.com", std::string(1, c), key});
    }
    return made;
  }();
  return keys.at(letter);
}

inline constexpr std::int64_t deciding_time = 1'000'000;

/// "R+": a valid signature by R; "R!" broken, "Rx" expired, "Rf" forged, "Rc" valid but not
/// covering, "Rh" valid and in the second half of its life; "F": a foreign one.
inline policy::own_signature own_of(const std::string& word, std::size_t field) {
  using policy::own_verdict;
  policy::own_signature s;
  s.field = field;
  s.key = key_of(word[0]);
  s.verdict = word[1] == '!'   ? own_verdict::broken
              : word[1] == 'x' ? own_verdict::expired
              : word[1] == 'f' ? own_verdict::forged
                               : own_verdict::valid;
  s.why = s.verdict == own_verdict::valid ? "" : "it is as it is";
  s.covers = word[1] != 'c';
  if (word[1] == 'h') {
    s.time = deciding_time - 100;
    s.expiration = deciding_time + 99;
  }
  return s;
}

inline std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

struct no_body final : message::body_sink {
  void header_complete(const message::header&) override {}
  void body(std::span<const char>) override {}
};

/// A message with these signatures on top, and what would be done with it.
struct decided {
  policy::decision made;
  std::string signers; ///< letters
  std::string left;    ///< the words of what leaves, new ones first
};

struct situation {
  config::settings settings;
  std::string keys = "RE";
  bool trouble = false;
  std::string header = "From: alice@example.com\r\n";
  std::uint64_t longest_line = 0;
  config::relay_mode mode = config::relay_mode::sign;

  [[nodiscard]] policy::selection chosen() const {
    policy::selection s;
    for (const char letter : keys) {
      s.keys.push_back({key_of(letter), {}});
    }
    s.key_trouble = trouble;
    if (trouble || keys.empty()) {
      s.reason = trouble ? policy::reason::key_unusable : policy::reason::no_domain;
      s.detail = trouble ? "no such file" : "no key";
    }
    return s;
  }

  [[nodiscard]] decided decide(const std::string& signatures) const {
    const auto words = words_of(signatures);
    std::vector<policy::own_signature> own;
    std::vector<std::size_t> foreign;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i] == "F") {
        foreign.push_back(i);
      } else {
        own.push_back(own_of(words[i], i));
      }
    }
    no_body sink;
    message::scanner scanner(sink);
    scanner.content(header, 0);
    scanner.finish();
    policy::facts f;
    f.head = &scanner.head();
    f.longest_body_line = longest_line;
    f.own = own;
    f.foreign = foreign;
    f.now = deciding_time;
    decided d;
    d.made = policy::decide(f, chosen(), mode, settings);
    apply(words, d);
    return d;
  }

private:
  static void apply(std::vector<std::string> words, decided& d) {
    for (const auto& k : d.made.keys) {
      d.signers += k.key->selector;
      d.left += k.key->selector + "+ ";
    }
    for (const auto& r : d.made.removed) {
      BOOST_TEST_REQUIRE(r.field < words.size());
      BOOST_TEST_REQUIRE(!words[r.field].empty()); // taken out once
      words[r.field].clear();
    }
    for (const auto& word : words) {
      d.left += word.empty() ? "" : word + " ";
    }
    if (!d.left.empty()) {
      d.left.pop_back();
    }
  }
};

} // namespace sealonce::test
