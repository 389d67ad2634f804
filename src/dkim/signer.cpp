// NAME
//   signer - writes a DKIM-Signature field
// DESCRIPTION
//   The tags stand in a fixed order: v a c d s t x i h bh b. A line is broken between tags, after
//   the colons of h= and anywhere in b=, never right behind a colon or an equals sign, and never
//   with a TAB, whose width is anybody's guess. b= comes last, so that the field as it is signed is
//   simply the beginning of the field.
// DIAGNOSTICS
//   The failure of the key, with its name in front.
#include <sealonce/dkim/signed_data.hpp>
#include <sealonce/dkim/signer.hpp>
#include <sealonce/limits.hpp>

namespace sealonce::dkim {
namespace {

/// A field that grows and folds itself.
class folded_field {
public:
  explicit folded_field(std::string_view name) {
    text_.reserve(usual_size);
    put(name);
  }

  /// Behind a blank, on a new line where it and `room` octets behind it do not fit.
  void word(std::initializer_list<std::string_view> parts, std::size_t room = 0) {
    std::size_t size = room;
    for (const std::string_view part : parts) {
      size += part.size();
    }
    if (column_ + 1 + size > limits::fold_column) {
      fold();
    } else {
      put(" ");
    }
    for (const std::string_view part : parts) {
      put(part);
    }
  }

  /// Right behind what is there, on a new line where it does not fit.
  void joined(std::string_view part, std::string_view end) {
    if (column_ + part.size() + end.size() > limits::fold_column) {
      fold();
    }
    put(part);
    put(end);
  }

  /// Broken wherever a line is full.
  void breakable(std::string_view text) {
    while (!text.empty()) {
      if (column_ >= limits::fold_column) {
        fold();
      }
      const std::string_view piece = text.substr(0, limits::fold_column - column_);
      put(piece);
      text.remove_prefix(piece.size());
    }
  }

  void end() { text_ += "\r\n"; }
  [[nodiscard]] std::string& text() { return text_; }

private:
  static constexpr std::size_t usual_size = 1024;

  void put(std::string_view s) {
    text_ += s;
    column_ += s.size();
  }
  void fold() {
    text_ += "\r\n ";
    column_ = 1;
  }

  std::string text_;
  std::size_t column_ = 0;
};

/// dkim-quoted-printable, RFC 6376 §2.11. 8-bit octets too, so that the field goes over every hop.
std::string quoted_printable(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (c > ' ' && c < 0x7f && c != ';' && c != '=') {
      out += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      out += {'=', digits[octet >> 4], digits[octet & 15]};
    }
  }
  return out;
}

std::string_view algorithm(crypto::key_type type) {
  return type == crypto::key_type::rsa ? "rsa-sha256" : "ed25519-sha256";
}

void write_names(folded_field& field, const std::vector<std::string_view>& names) {
  const auto end_of = [&](std::size_t i) { return i + 1 == names.size() ? ";" : ":"; };
  field.word({"h=", names.front(), end_of(0)});
  for (std::size_t i = 1; i < names.size(); ++i) {
    field.joined(names[i], end_of(i));
  }
}

} // namespace

result<std::string> sign(const signing_key& key, const signature_tags& tags,
                         const header_list& list, const message::header& head,
                         const crypto::sha256_value& body_hash) {
  const std::vector<std::string_view> names = list.select(head); // From at least
  folded_field field("DKIM-Signature:");
  field.word({"v=1;"});
  field.word({"a=", algorithm(key.key->type()), ";"});
  field.word({"c=", to_string(tags.canonical), ";"});
  field.word({"d=", key.domain, ";"});
  field.word({"s=", key.selector, ";"});
  field.word({"t=", std::to_string(tags.time), ";"});
  if (tags.expiration) {
    field.word({"x=", std::to_string(*tags.expiration), ";"});
  }
  if (!tags.identity.empty()) {
    field.word({"i=", quoted_printable(tags.identity), ";"});
  }
  write_names(field, names);
  field.word({"bh=", crypto::base64(body_hash), ";"});
  constexpr std::size_t first_letters = 4; // of b=, which stay on its line
  field.word({"b="}, first_letters);

  std::string data;
  data.reserve(head.text().size() + field.text().size());
  append_signed_fields(tags.canonical.header, head, names, data);
  const std::string& so_far = field.text();
  append_signature_field(tags.canonical.header, so_far,
                         std::string_view(so_far).substr(so_far.size()), data);
  auto signature = key.key->sign(data);
  if (!signature) {
    return failure(key.domain + "/" + key.selector + ": " + signature.error().what);
  }
  field.breakable(signature.value());
  field.end();
  return std::move(field.text());
}

} // namespace sealonce::dkim
