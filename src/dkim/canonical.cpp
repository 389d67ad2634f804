// NAME
//   canonical - header canonicalization, RFC 6376 §3.4.1 and §3.4.2, and the value of c=
// DESCRIPTION
//   A field is octets: nothing but SP, TAB and CRLF means anything here, so 8-bit text and NUL pass
//   as they are. The body's canonicalization is in body_hash.
// DIAGNOSTICS
//   Only parse_canonicalizations can fail.
#include "name_detail.hpp"
#include <sealonce/dkim/canonical.hpp>

#include <algorithm>

namespace sealonce::dkim {
namespace {

constexpr std::string_view line_end = "\r\n";

result<canonicalization> parse_word(std::string_view word) {
  if (word == "simple") {
    return canonicalization::simple;
  }
  if (word == "relaxed") {
    return canonicalization::relaxed;
  }
  return failure("\"" + std::string(word) +
                 "\" is no canonicalization: it is \"simple\" or \"relaxed\"");
}

std::string_view word_of(canonicalization c) {
  return c == canonicalization::simple ? "simple" : "relaxed";
}

/// Lower case and without the blanks before the colon.
void relax_name(std::string_view name, std::string& out) {
  name = name.substr(0, name.find_last_not_of(" \t\r\n") + 1);
  const auto begin = static_cast<std::ptrdiff_t>(out.size());
  out += name;
  std::transform(out.begin() + begin, out.end(), out.begin() + begin, lower);
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// Unfolded, runs of blanks as one SP, none at either end.
void relax_value(std::string_view value, std::string& out) {
  const std::size_t begin = out.size();
  const char* at = value.data();
  const char* const end = at + value.size();
  bool blank = false;
  while (at != end) {
    if (is_blank(*at)) {
      blank = true;
      ++at;
    } else if (*at == '\r' && at + 1 != end && at[1] == '\n') {
      at += 2;
    } else {
      const char* const word = at;
      do { // a CR without LF is an octet as any other
        ++at;
      } while (at != end && !is_blank(*at) && *at != '\r');
      if (blank && out.size() > begin) {
        out += ' ';
      }
      blank = false;
      out.append(word, at);
    }
  }
}

} // namespace

result<canonicalizations> parse_canonicalizations(std::string_view text) {
  const std::size_t slash = text.find('/');
  BOOST_OUTCOME_TRY(const auto head, parse_word(text.substr(0, slash)));
  if (slash == text.npos) {
    return canonicalizations{head, canonicalization::simple};
  }
  BOOST_OUTCOME_TRY(const auto body, parse_word(text.substr(slash + 1)));
  return canonicalizations{head, body};
}

std::string to_string(canonicalizations c) {
  return std::string(word_of(c.header)).append("/").append(word_of(c.body));
}

void canonicalize_field(canonicalization how, std::string_view whole, std::string& out) {
  if (whole.ends_with(line_end)) {
    whole.remove_suffix(line_end.size());
  }
  if (how == canonicalization::simple) {
    out += whole;
  } else {
    const std::size_t colon = whole.find(':');
    if (colon != whole.npos) {
      relax_name(whole.substr(0, colon), out);
      out += ':';
      whole.remove_prefix(colon + 1);
    }
    relax_value(whole, out);
  }
  out += line_end;
}

} // namespace sealonce::dkim
