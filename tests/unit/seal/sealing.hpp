#pragma once
// Settings with keys for two domains, ways to feed a sealer, and a verifier of its own: relaxed
// canonicalization as RFC 6376 §3.4.2 words it, and OpenSSL's verification.

#include <sealonce/crypto/base64.hpp>
#include <sealonce/crypto/public_key.hpp>
#include <sealonce/seal/sealer.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace sealonce::test {

inline std::shared_ptr<const crypto::private_key> new_key(crypto::key_type type) {
  auto key = crypto::private_key::generate(type, 1024);
  BOOST_TEST_REQUIRE(key.has_value());
  return key.value();
}

// example.com signs with RSA and Ed25519, xn--mnchen-3ya.example with Ed25519; the key of
// late.example cannot be used. Made once: RSA keys take their time.
inline const config::settings& sealing_settings() {
  static const config::settings made = [] {
    config::settings s;
    auto& com = s.domains["example.com"];
    com.name = "example.com";
    com.keys.push_back({com.name, "rsa", new_key(crypto::key_type::rsa)});
    com.keys.push_back({com.name, "ed", new_key(crypto::key_type::ed25519)});
    auto& idn = s.domains["xn--mnchen-3ya.example"];
    idn.name = "xn--mnchen-3ya.example";
    idn.keys.push_back({idn.name, "ed", new_key(crypto::key_type::ed25519)});
    auto& late = s.domains["late.example"];
    late.name = "late.example";
    late.unusable.push_back({"mail", "no such file", {}, {}});
    return s;
  }();
  return made;
}

inline constexpr std::int64_t sealing_time = 1700000000;

struct sealed {
  seal::outcome outcome;
  std::uint64_t insert_at = 0;
};

// Content without dots to unstuff, in pieces of `size` octets.
inline sealed seal_pieces(const std::string& content, std::size_t size,
                          const config::settings& s = sealing_settings(),
                          config::relay_mode mode = config::relay_mode::sign) {
  seal::sealer sealer(s, mode);
  for (std::size_t i = 0; i < content.size(); i += size) {
    sealer.content(std::span(content).subspan(i, std::min(size, content.size() - i)), i);
  }
  sealed r;
  r.outcome = sealer.finish(sealing_time);
  r.insert_at = sealer.insert_at();
  BOOST_TEST(sealer.size() == content.size());
  return r;
}

inline sealed seal_whole(const std::string& content, const config::settings& s = sealing_settings(),
                         config::relay_mode mode = config::relay_mode::sign) {
  return seal_pieces(content, content.size() + 1, s, mode);
}

// The fields of a header with their folds, each with its last CRLF.
inline std::vector<std::string> fields_of(const std::string& message) {
  std::vector<std::string> fields;
  for (std::size_t at = 0; at < message.size() && !message.substr(at).starts_with("\r\n");) {
    auto end = message.find("\r\n", at);
    end = end == std::string::npos ? message.size() : end + 2;
    const auto line = message.substr(at, end - at);
    if (line[0] == ' ' || line[0] == '\t') {
      fields.back() += line;
    } else {
      fields.push_back(line);
    }
    at = end;
  }
  return fields;
}

inline std::string lowered(std::string text) {
  for (char& c : text) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

// "name:value" without a line end.
inline std::pair<std::string, std::string> relaxed(const std::string& field) {
  const auto colon = field.find(':');
  auto name = lowered(field.substr(0, colon));
  while (name.ends_with(' ') || name.ends_with('\t')) {
    name.pop_back();
  }
  std::string value;
  for (const char c : field.substr(colon + 1)) {
    const bool blank = c == ' ' || c == '\t';
    if (c != '\r' && c != '\n' && !(blank && (value.empty() || value.back() == ' '))) {
      value += blank ? ' ' : c;
    }
  }
  while (value.ends_with(' ')) {
    value.pop_back();
  }
  return {name, value};
}

inline std::map<std::string, std::string> tags_of(const std::string& field) {
  std::map<std::string, std::string> tags;
  std::string text;
  for (const char c : field.substr(field.find(':') + 1)) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      text += c;
    }
  }
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(';', at), text.size());
    const auto equals = text.find('=', at);
    tags[text.substr(at, equals - at)] = text.substr(equals + 1, end - equals - 1);
    at = end + 1;
  }
  return tags;
}

// What h= of a relaxed signature covers, RFC 6376 §3.7 and §5.4.2 (repeated names from below).
inline std::string signed_text(const std::string& signature, const std::string& message) {
  auto fields = fields_of(message);
  std::string text;
  std::string names = tags_of(signature)["h"] + ':';
  for (auto colon = names.find(':'); colon != std::string::npos; colon = names.find(':')) {
    const auto name = lowered(names.substr(0, colon));
    names.erase(0, colon + 1);
    for (auto f = fields.rbegin(); f != fields.rend(); ++f) {
      if (relaxed(*f).first == name) {
        text += name + ':' + relaxed(*f).second + "\r\n";
        f->replace(0, f->find(':'), "used up");
        break;
      }
    }
  }
  auto [name, value] = relaxed(signature);
  const auto b = std::min(value.find("; b="), value.find("; b =")) + 4;
  const auto end = std::min(value.find(';', b), value.size());
  return text + name + ':' + value.substr(0, b) + value.substr(end);
}

inline bool verifies(const std::string& signature, const std::string& message,
                     const crypto::private_key& key) {
  auto public_half = crypto::public_key::of(key);
  BOOST_TEST_REQUIRE(public_half.has_value());
  const auto octets = crypto::decode_base64(tags_of(signature)["b"]);
  return octets.has_value() &&
         public_half.value().verify(signed_text(signature, message), octets.value());
}

} // namespace sealonce::test
