#pragma once
// A message taken apart, and as much of a verifier as the signer's tests need.

#include <sealonce/crypto/public_key.hpp>
#include <sealonce/dkim/body_hash.hpp>
#include <sealonce/dkim/signed_data.hpp>
#include <sealonce/dkim/tag_list.hpp>
#include <sealonce/message/scanner.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace sealonce {

class parsed_message final : private message::body_sink {
public:
  explicit parsed_message(std::string_view text) {
    scanner_.content(text, 0);
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

inline std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// One DKIM-Signature field of a message, read as RFC 6376 §6.1 says, without limits and checks.
struct signature_field {
  signature_field(const message::header& head, const message::field& f)
      : whole(head.whole(f)), tags(dkim::tag_list::parse(head.value(f)).value()) {}

  [[nodiscard]] std::string_view tag(std::string_view name) const {
    return tags.value(name).value();
  }
  [[nodiscard]] dkim::canonicalizations canonical() const {
    return dkim::parse_canonicalizations(tags.value("c").value_or("simple/simple")).value();
  }
  /// The octets of a base64 tag.
  [[nodiscard]] std::vector<unsigned char> octets(std::string_view name) const {
    return crypto::decode_base64(tag(name)).value();
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all(1);
    for (const char c : tag("h")) {
      if (c == ':') {
        all.emplace_back();
      } else if (c > ' ') {
        all.back() += c;
      }
    }
    return all;
  }
  /// What b= is over.
  [[nodiscard]] std::string data(const message::header& head) const {
    const std::vector<std::string> list = names();
    std::string out;
    dkim::append_signed_fields(canonical().header, head,
                               std::vector<std::string_view>(list.begin(), list.end()), out);
    dkim::append_signature_field(canonical().header, whole, tags.find("b")->raw, out);
    return out;
  }
  [[nodiscard]] bool body_matches(std::string_view body) const {
    dkim::body_hash h(canonical().body);
    h.update(body);
    const auto value = h.finish();
    return octets("bh") == std::vector<unsigned char>(value.begin(), value.end());
  }

  std::string_view whole;
  dkim::tag_list tags;
};

/// The DKIM-Signature fields from the top.
inline std::vector<signature_field> signatures_of(const message::header& head) {
  std::vector<signature_field> found;
  for (const message::field& f : head.fields()) {
    if (message::same_name(head.name(f), "DKIM-Signature")) {
      found.emplace_back(head, f);
    }
  }
  return found;
}

} // namespace sealonce
