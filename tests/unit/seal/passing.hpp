#pragma once
// Messages that pass a sealer and come out on its other side, and signatures made by hand.

#include "sealing.hpp"
#include <sealonce/dkim/signed_data.hpp>
#include <sealonce/dkim/verification.hpp>
#include <sealonce/policy/reason.hpp>
#include <sealonce/smtp/data_scanner.hpp>

namespace sealonce::policy {

inline std::ostream& boost_test_print_type(std::ostream& out, action a) {
  const char* names[] = {"sign", "already_signed", "replace", "pass_unsigned", "refuse", "defer"};
  return out << names[static_cast<int>(a)];
}

} // namespace sealonce::policy

namespace sealonce::test {

struct passed {
  seal::outcome outcome;
  std::string out; ///< what leaves
};

/// What leaves, as net/session_message puts it together.
inline std::string put_together(const std::string& stored, const seal::outcome& what,
                                std::uint64_t insert_at) {
  std::string out = stored.substr(0, insert_at) + what.new_fields;
  std::uint64_t done = insert_at;
  for (const auto& gap : what.removed) {
    BOOST_TEST_REQUIRE((done <= gap.begin && gap.begin < gap.end && gap.end <= stored.size()));
    out.append(stored, done, gap.begin - done);
    done = gap.end;
  }
  return out.append(stored, done, std::string::npos);
}

inline passed pass(const std::string& content, const config::settings& s = sealing_settings(),
                   std::int64_t now = sealing_time) {
  seal::sealer sealer(s, config::relay_mode::sign);
  sealer.content(content, 0);
  passed p;
  p.outcome = sealer.finish(now);
  p.out = put_together(content, p.outcome, sealer.insert_at());
  return p;
}

/// The same in wire form, with the final dot.
inline passed pass_wire(std::string wire, const config::settings& s = sealing_settings()) {
  seal::sealer sealer(s, config::relay_mode::sign);
  smtp::data_scanner scanner(sealer);
  BOOST_TEST_REQUIRE(scanner.scan(wire).ended);
  passed p;
  p.outcome = sealer.finish(sealing_time);
  p.out = put_together(wire, p.outcome, sealer.insert_at());
  return p;
}

class parsed final : private message::body_sink {
public:
  explicit parsed(const std::string& content) {
    scanner_.content(content, 0);
    scanner_.finish();
  }
  [[nodiscard]] const message::header& head() const { return scanner_.head(); }
  [[nodiscard]] const std::string& body() const { return body_; }

private:
  void header_complete(const message::header&) override {}
  void body(std::span<const char> piece) override { body_.append(piece.data(), piece.size()); }
  message::scanner scanner_{*this};
  std::string body_;
};

inline const dkim::signing_key& own_key(const std::string& selector,
                                        const config::settings& s = sealing_settings(),
                                        const std::string& domain = "example.com") {
  for (const auto& key : s.domains.at(domain).keys) {
    if (key.selector == selector) {
      return key;
    }
  }
  throw std::logic_error("no such key");
}

/// A field that the key signs, with tags as they are given but for bh= and b=, which come last.
inline std::string craft(const dkim::signing_key& key, const std::string& tags,
                         const std::string& content) {
  const std::string name = "DKIM-Signature: ";
  const parsed message(content);
  const auto asked = dkim::parse_signature(tags);
  dkim::body_hashes hashes;
  const auto number = dkim::want_body_hash(asked, hashes);
  hashes.update(message.body());
  hashes.finish();
  const std::string text = tags + "; bh=" + crypto::base64(hashes.value(number)) + "; b=";
  const parsed whole(name + text + "\r\n" + content);
  const auto& field = whole.head().fields().front();
  const auto s = dkim::parse_signature(whole.head().value(field));
  return name + text + key.key->sign(dkim::signed_octets(s, whole.head(), field)).value() + "\r\n";
}

/// How a signature is verified: with the public half, or with the key itself, which is quicker.
enum class verifier { public_half, key };

inline bool is_valid(const message::header& head, const message::field& f, const std::string& body,
                     const crypto::private_key& key, verifier how) {
  const auto s = dkim::parse_signature(head.value(f));
  if (s.fault != dkim::signature_fault::none || !dkim::fits(s, key.type())) {
    return false;
  }
  dkim::body_hashes hashes;
  const auto number = dkim::want_body_hash(s, hashes);
  hashes.update(body);
  hashes.finish();
  const auto compared = dkim::compare_body(s, hashes, number);
  const auto octets = dkim::signed_octets(s, head, f);
  return (how == verifier::key ? key.verify(octets, s.value)
                               : key.public_half().verify(octets, s.value)) &&
         compared.verdict == dkim::body_verdict::matches && compared.not_covered == 0;
}

/// The signatures of a message as words: "domain/selector+" valid, "domain/selector!" not, with the
/// keys of the settings; "foreign" for all others.
inline std::vector<std::string> signatures_of(const std::string& content,
                                              const config::settings& s = sealing_settings(),
                                              verifier how = verifier::public_half) {
  const parsed message(content);
  std::vector<std::string> words;
  for (const auto& f : message.head().fields()) {
    if (!message::same_name(message.head().name(f), "DKIM-Signature")) {
      continue;
    }
    const auto names = dkim::find_names(message.head().value(f));
    const auto key = policy::held_key(names.domain, names.selector, s);
    if (!key) {
      words.emplace_back("foreign");
      continue;
    }
    const bool valid = is_valid(message.head(), f, message.body(), *key->key, how);
    words.push_back(names.domain + "/" + names.selector + (valid ? "+" : "!"));
  }
  return words;
}

inline std::string changed(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  BOOST_TEST_REQUIRE(at != std::string::npos, from);
  return text.replace(at, from.size(), to);
}

} // namespace sealonce::test
