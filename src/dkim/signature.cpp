// NAME
//   signature - reads a DKIM-Signature field
// DESCRIPTION
//   The tag list is taken apart first; then each tag is read by a function of its own, in the order
//   of RFC 6376 §3.5 but for d= and s=, which come first so that a report can name the signature.
//   The first fault ends the reading.
//
//   White space is allowed where the ABNF has FWS: around values (tag_list takes it off) and inside
//   b=, bh=, h=, i= and q=. Names in d=, s= and i= may be U-labels (RFC 8616); underscores in them
//   are taken, for selectors with them are in use and DNS has no objection.
// DIAGNOSTICS
//   A fault and its sentence, which never has octets of the field in it but tag names.
#include "name_detail.hpp"
#include <sealonce/crypto/base64.hpp>
#include <sealonce/dkim/signature.hpp>
#include <sealonce/limits.hpp>
#include <sealonce/message/domain_name.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace sealonce::dkim {
namespace {

constexpr std::string_view white = " \t\r\n";
constexpr std::size_t sha256_octets = std::tuple_size_v<crypto::sha256_value>;
constexpr std::size_t sha1_octets = 20;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(white);
  return begin == text.npos ? text.substr(text.size())
                            : text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

/// The part before the first `separator`, which is taken off `rest` with it.
std::string_view cut(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

bool is_label_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// Lower case A-labels, or empty where it is no name that could stand in DNS.
std::string to_name(std::string_view text) {
  if (auto name = message::to_a_labels(text)) {
    return std::move(*name);
  }
  std::string name(text);
  std::transform(name.begin(), name.end(), name.begin(), lower);
  if (name.empty() || name.size() > limits::domain_name) {
    return {};
  }
  for (std::string_view rest = name; !rest.empty();) {
    const bool last = rest.find('.') == rest.npos;
    const std::string_view label = cut(rest, '.');
    if (label.empty() || label.size() > limits::domain_label || (rest.empty() && !last) ||
        !std::all_of(label.begin(), label.end(), is_label_octet)) {
      return {};
    }
  }
  return name;
}

/// Digits alone; a number too large for T is the largest T.
template <class T>
std::optional<T> to_number(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  constexpr T most = std::numeric_limits<T>::max();
  T number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    const T digit = c - '0';
    number = number > (most - digit) / 10 ? most : static_cast<T>(number * 10 + digit);
  }
  return number;
}

int hex_digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// dkim-quoted-printable, RFC 6376 §2.11: white space means nothing.
std::optional<std::string> decode_quoted_printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (white.find(text[i]) != white.npos) {
      continue;
    }
    if (text[i] != '=') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      return std::nullopt;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

class reader {
public:
  explicit reader(std::string_view value) : text_(value) {}
  signature read();

private:
  bool fail(signature_fault fault, std::string why) {
    made_.fault = fault;
    made_.why = std::move(why);
    return false;
  }
  /// The value of a tag that must be there, or a fault.
  std::optional<std::string_view> needed(std::string_view name) {
    const auto value = made_.tags.value(name);
    if (!value) {
      fail(signature_fault::missing_tag, "there is no " + std::string(name) + "=");
    }
    return value;
  }

  bool read_tag_list();
  bool read_domain();
  bool read_selector();
  bool read_version();
  bool read_algorithm();
  bool read_canonicalization();
  bool read_names();
  bool read_identity();
  bool read_length();
  bool read_query();
  bool read_times();
  bool read_value();
  bool read_body_hash();

  std::string_view text_;
  signature made_;
};

bool reader::read_tag_list() {
  auto list = tag_list::parse(text_);
  if (list) {
    made_.tags = std::move(list).value();
    return true;
  }
  auto names = find_names(text_);
  made_.domain = std::move(names.domain);
  made_.selector = std::move(names.selector);
  return fail(signature_fault::tag_list, std::move(list.error().what));
}

bool reader::read_domain() {
  const auto value = needed("d");
  if (!value) {
    return false;
  }
  made_.domain = to_name(*value);
  // domain-name of RFC 6376 §3.5 has two labels at least.
  return made_.domain.find('.') != std::string::npos ||
         fail(signature_fault::domain, "d= is no domain name");
}

bool reader::read_selector() {
  const auto value = needed("s");
  if (!value) {
    return false;
  }
  made_.selector = to_name(*value);
  return !made_.selector.empty() || fail(signature_fault::selector, "s= is no selector");
}

bool reader::read_version() {
  const auto value = needed("v");
  return value && (*value == "1" || fail(signature_fault::version, "v= is not 1"));
}

bool reader::read_algorithm() {
  const auto value = needed("a");
  if (!value) {
    return false;
  }
  if (*value == "rsa-sha256") {
    made_.algorithm = signature_algorithm::rsa_sha256;
  } else if (*value == "ed25519-sha256") {
    made_.algorithm = signature_algorithm::ed25519_sha256;
  } else if (*value == "rsa-sha1") {
    made_.algorithm = signature_algorithm::rsa_sha1;
  } else {
    return fail(signature_fault::algorithm,
                "a= is neither rsa-sha256 nor ed25519-sha256, nor the historic rsa-sha1");
  }
  return true;
}

bool reader::read_canonicalization() {
  auto how = parse_canonicalizations(made_.tags.value("c").value_or("simple/simple"));
  if (!how) {
    return fail(signature_fault::canonicalization,
                "c= names a canonicalization that is neither simple nor relaxed");
  }
  made_.canonical = how.value();
  return true;
}

bool reader::read_names() {
  const auto value = needed("h");
  if (!value) {
    return false;
  }
  std::string_view rest = *value;
  bool from = false;
  do {
    const bool last = rest.find(':') == rest.npos;
    const std::string_view name = trimmed(cut(rest, ':'));
    const bool good = std::all_of(name.begin(), name.end(), [](char c) {
      return c > ' ' && c < 0x7f; // ftext of RFC 5322 §3.6.8
    });
    if (name.empty() || !good || (rest.empty() && !last)) {
      return fail(signature_fault::signed_fields, "h= is no list of field names");
    }
    from = from || message::same_name(name, "From");
    made_.names.push_back(name);
  } while (!rest.empty());
  return from || fail(signature_fault::from_not_signed, "h= does not name From");
}

bool reader::read_identity() {
  const auto value = made_.tags.value("i");
  if (!value) {
    made_.identity = "@" + made_.domain;
    made_.identity_domain = made_.domain;
    return true;
  }
  auto address = decode_quoted_printable(*value);
  const std::size_t at = address ? address->rfind('@') : std::string::npos;
  std::string domain = at == std::string::npos ? "" : to_name(address->substr(at + 1));
  if (domain.empty()) {
    return fail(signature_fault::identity, "i= is no address");
  }
  const std::string_view parent = made_.domain;
  const bool below = domain.ends_with(parent) && (domain.size() == parent.size() ||
                                                  domain[domain.size() - parent.size() - 1] == '.');
  if (!below) {
    return fail(signature_fault::identity, "the domain of i= is neither that of d= nor below it");
  }
  made_.identity = std::move(*address);
  made_.identity_domain = std::move(domain);
  return true;
}

bool reader::read_length() {
  const auto value = made_.tags.value("l");
  if (!value) {
    return true;
  }
  made_.length = to_number<std::uint64_t>(*value);
  return made_.length || fail(signature_fault::body_length, "l= is no number");
}

bool reader::read_query() {
  const auto value = made_.tags.value("q");
  if (!value) {
    return true;
  }
  for (std::string_view rest = *value; !rest.empty();) {
    if (trimmed(cut(rest, ':')) == "dns/txt") {
      return true;
    }
  }
  return fail(signature_fault::query_method, "q= does not name dns/txt");
}

bool reader::read_times() {
  if (const auto value = made_.tags.value("t")) {
    made_.time = to_number<std::int64_t>(*value);
    if (!made_.time) {
      return fail(signature_fault::time, "t= is no number");
    }
  }
  if (const auto value = made_.tags.value("x")) {
    made_.expiration = to_number<std::int64_t>(*value);
    if (!made_.expiration) {
      return fail(signature_fault::expiration, "x= is no number");
    }
    if (made_.time && *made_.expiration <= *made_.time) {
      return fail(signature_fault::expiration, "x= is not after t=");
    }
  }
  return true;
}

bool reader::read_value() {
  const auto value = needed("b");
  if (!value) {
    return false;
  }
  auto octets = crypto::decode_base64(*value);
  if (!octets || octets.value().empty()) {
    return fail(signature_fault::signature_value,
                octets ? "b= is empty" : "b= is " + octets.error().what);
  }
  made_.value = std::move(octets).value();
  return true;
}

bool reader::read_body_hash() {
  const auto value = needed("bh");
  if (!value) {
    return false;
  }
  auto octets = crypto::decode_base64(*value);
  if (!octets) {
    return fail(signature_fault::body_hash_value, "bh= is " + octets.error().what);
  }
  const std::size_t size =
      made_.algorithm == signature_algorithm::rsa_sha1 ? sha1_octets : sha256_octets;
  if (octets.value().size() != size) {
    return fail(signature_fault::body_hash_value,
                "bh= has " + std::to_string(octets.value().size()) + " octets, not the " +
                    std::to_string(size) + " of the hash that a= names");
  }
  made_.body_hash = std::move(octets).value();
  return true;
}

signature reader::read() {
  constexpr std::array steps{
      &reader::read_tag_list,  &reader::read_domain,    &reader::read_selector,
      &reader::read_version,   &reader::read_algorithm, &reader::read_canonicalization,
      &reader::read_names,     &reader::read_identity,  &reader::read_length,
      &reader::read_query,     &reader::read_times,     &reader::read_value,
      &reader::read_body_hash,
  };
  for (const auto step : steps) {
    if (!(this->*step)()) {
      break;
    }
  }
  return std::move(made_);
}

} // namespace

std::string_view name_of(signature_fault fault) {
  constexpr std::array<std::string_view, 17> names{"none",           "tag-list",
                                                   "missing-tag",    "version",
                                                   "algorithm",      "canonicalization",
                                                   "domain",         "selector",
                                                   "signed-fields",  "from-not-signed",
                                                   "identity",       "body-length",
                                                   "query-method",   "time",
                                                   "expiration",     "signature-value",
                                                   "body-hash-value"};
  return names[static_cast<std::size_t>(fault)];
}

signature parse_signature(std::string_view value) {
  return reader(value).read();
}

signature_names find_names(std::string_view value) {
  signature_names names;
  bool domain = false;
  bool selector = false;
  while (!value.empty() && !(domain && selector)) {
    std::string_view item = cut(value, ';');
    if (item.find('=') == item.npos) {
      continue;
    }
    const std::string_view name = trimmed(cut(item, '='));
    if (name == "d" && !domain) {
      domain = true;
      names.domain = to_name(trimmed(item));
    } else if (name == "s" && !selector) {
      selector = true;
      names.selector = to_name(trimmed(item));
    }
  }
  return names;
}

} // namespace sealonce::dkim
