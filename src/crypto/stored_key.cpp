// NAME
//   stored_key - a private key that is parsed when it is first needed
//
// DESCRIPTION
//   A key in a line of a table has lost its line ends, or is the bare base64 of its DER. Both
//   become PEM again; DER does not say whether it is PKCS#8 or PKCS#1, so one is tried after the
//   other.
//
// DIAGNOSTICS
//   As private_key, with the file or the given name in front.
//
// SECURITY
//   The text is wiped once it has been parsed, whatever came of it.

#include "key_file_detail.hpp"
#include <sealonce/crypto/stored_key.hpp>

#include <algorithm>
#include <string>

namespace sealonce::crypto {
namespace {

constexpr std::string_view armour = "-----";
constexpr std::string_view begin = "-----BEGIN ";
constexpr std::string_view end = "-----END ";
constexpr std::size_t pem_line = 64; // RFC 7468 §2
constexpr std::string_view blanks = " \t\r\n";

/// PEM around base64, whatever blanks stand in it. Exactly as large as it needs to be, so that no
/// copy is left behind by growing.
secret_text as_pem(std::string_view label, std::string_view base64) {
  const std::size_t frame = begin.size() + end.size() + 2 * (label.size() + armour.size() + 1);
  secret_text out(frame + base64.size() + base64.size() / pem_line + 1);
  char* at = out.data();
  const auto put = [&](std::string_view text) { at = std::copy(text.begin(), text.end(), at); };
  for (const auto text : {begin, label, armour, std::string_view("\n")}) {
    put(text);
  }
  std::size_t column = 0;
  for (const char c : base64) {
    if (blanks.find(c) != blanks.npos) {
      continue;
    }
    *at++ = c;
    if (++column % pem_line == 0) {
      *at++ = '\n';
    }
  }
  if (column % pem_line != 0) {
    *at++ = '\n';
  }
  for (const auto text : {end, label, armour, std::string_view("\n")}) {
    put(text);
  }
  out.shorten(static_cast<std::size_t>(at - out.data()));
  return out;
}

result<std::shared_ptr<const private_key>> parse_line(std::string_view text) {
  if (text.starts_with(begin)) {
    const auto label = text.substr(begin.size(), text.find(armour, begin.size()) - begin.size());
    const auto body = text.substr(std::min(text.size(), begin.size() + label.size() + 5));
    return private_key::from_pem(as_pem(label, body.substr(0, body.find(armour))).view());
  }
  auto key = private_key::from_pem(as_pem("PRIVATE KEY", text).view());
  if (!key) {
    auto older = private_key::from_pem(as_pem("RSA PRIVATE KEY", text).view());
    if (older) {
      return older;
    }
  }
  return key;
}

} // namespace

stored_key::stored_key(secret_text text, std::string name, bool line)
    : text_(std::move(text)), name_(std::move(name)), line_(line) {}

result<std::shared_ptr<const stored_key>> stored_key::read(const std::filesystem::path& file,
                                                           std::optional<key_account> later) {
  BOOST_OUTCOME_TRY(auto text, read_key_file(file, later));
  return std::shared_ptr<const stored_key>(new stored_key(std::move(text), file.native(), false));
}

std::shared_ptr<const stored_key> stored_key::from_line(std::string_view text, std::string name) {
  return std::shared_ptr<const stored_key>(
      new stored_key(secret_text(text), std::move(name), true));
}

result<std::shared_ptr<const private_key>> stored_key::get() const {
  std::call_once(parsed_, [this] {
    auto key = line_ ? parse_line(text_.view()) : private_key::from_pem(text_.view());
    text_.wipe();
    if (key) {
      key_.emplace(std::move(key));
    } else {
      key_.emplace(failure(name_ + ": " + key.error().what));
    }
  });
  return *key_;
}

} // namespace sealonce::crypto
