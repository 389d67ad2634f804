// NAME
//   key_record - reads a public key record
// DESCRIPTION
//   The text comes from a stranger's DNS. What it says of itself (version, service, key type) is
//   looked at before its key, so that a record for something else is named as that. A semicolon
//   with a backslash before it, which zone files need and panels often publish, is pointed out,
//   because the record looks right to whoever wrote it.
// DIAGNOSTICS
//   A fault and a piece of a sentence; no octet of the record stands in it.
#include <sealonce/crypto/base64.hpp>
#include <sealonce/dkim/key_record.hpp>
#include <sealonce/dkim/tag_list.hpp>
#include <sealonce/limits.hpp>

#include <algorithm>

namespace sealonce::dkim {
namespace {

constexpr std::string_view white = " \t\r\n";
/// What DER adds to an RSA modulus at most: headers, a public exponent of any sensible size.
constexpr std::size_t rsa_der_overhead = 48;
constexpr std::size_t rsa_octets_most =
    static_cast<std::size_t>(limits::rsa_bits_most) / 8 + rsa_der_overhead;

/// Whether a colon-separated list has the word, RFC 6376 §3.6.1.
bool names(std::string_view list, std::string_view word) {
  while (true) {
    const std::size_t colon = std::min(list.find(':'), list.size());
    const std::string_view item = list.substr(0, colon);
    const std::size_t begin = std::min(item.find_first_not_of(white), item.size());
    const std::size_t end = item.find_last_not_of(white) + 1;
    if (begin < end && item.substr(begin, end - begin) == word) {
      return true;
    }
    if (colon == list.size()) {
      return false;
    }
    list.remove_prefix(colon + 1);
  }
}

class reader {
public:
  explicit reader(std::string_view text) : text_(text) {}

  key_record read() {
    if (read_tag_list() && read_version() && read_scope() && read_type()) {
      read_key();
    }
    if (made_.fault != key_record_fault::none && text_.find("\\;") != text_.npos) {
      made_.why += " (it has a backslash before a semicolon, which belongs in zone files only)";
    }
    return std::move(made_);
  }

private:
  bool fail(key_record_fault fault, std::string why) {
    made_.fault = fault;
    made_.why = std::move(why);
    return false;
  }

  bool read_tag_list() {
    auto list = tag_list::parse(text_);
    if (!list) {
      return fail(key_record_fault::tag_list, std::move(list.error().what));
    }
    tags_ = std::move(list).value();
    return true;
  }

  bool read_version() {
    const tag* const v = tags_.find("v");
    if (v != nullptr && v->value != "DKIM1") {
      return fail(key_record_fault::version, "v= is not DKIM1");
    }
    if (v != nullptr && v != tags_.tags().data()) {
      return fail(key_record_fault::version, "v= is not its first tag");
    }
    return true;
  }

  bool read_scope() {
    const auto services = tags_.value("s");
    if (services && !names(*services, "*") && !names(*services, "email")) {
      return fail(key_record_fault::service, "s= says that the key is not for mail");
    }
    const auto hashes = tags_.value("h");
    made_.sha256 = !hashes || names(*hashes, "sha256");
    const std::string_view flags = tags_.value("t").value_or("");
    made_.testing = names(flags, "y");
    made_.strict = names(flags, "s");
    return true;
  }

  bool read_type() {
    const std::string_view type = tags_.value("k").value_or("rsa");
    if (type == "rsa") {
      made_.type = crypto::key_type::rsa;
    } else if (type == "ed25519") {
      made_.type = crypto::key_type::ed25519;
    } else {
      return fail(key_record_fault::key_type, "k= is neither rsa nor ed25519");
    }
    return true;
  }

  bool read_key() {
    const auto value = tags_.value("p");
    if (!value) {
      return fail(key_record_fault::missing_key, "there is no p=");
    }
    if (value->empty()) {
      return fail(key_record_fault::revoked, "its p= is empty: the key has been revoked");
    }
    const auto octets = crypto::decode_base64(*value);
    if (!octets) {
      return fail(key_record_fault::value, "p= is " + octets.error().what);
    }
    if (made_.type == crypto::key_type::rsa && octets.value().size() > rsa_octets_most) {
      return fail(key_record_fault::too_large,
                  "the RSA key has more than " + std::to_string(limits::rsa_bits_most) + " bits");
    }
    auto key = crypto::public_key::from_octets(made_.type, octets.value());
    if (!key) {
      return fail(key_record_fault::value, std::move(key.error().what));
    }
    made_.key = std::move(key).value();
    return true;
  }

  std::string_view text_;
  tag_list tags_;
  key_record made_;
};

} // namespace

key_record parse_key_record(std::string_view text) {
  return reader(text).read();
}

} // namespace sealonce::dkim
