// NAME
//   quote - text of strangers in a line of the log
//
// DESCRIPTION
//   A log line is read by people and by programs that trust its shape. What peers send (paths,
//   queue names, replies) is therefore escaped so that it can neither end the line, nor close a
//   quoted value, nor move the cursor of a terminal.

#include <sealonce/log/quote.hpp>

#include <algorithm>
#include <cstddef>

namespace sealonce::log {

namespace {

constexpr unsigned char delete_octet = 0x7f;

bool is_printable(unsigned char c) {
  return c >= ' ' && c < delete_octet;
}

void append_hex(unsigned char c, std::string& out) {
  static constexpr char digits[] = "0123456789abcdef";
  out += "\\x";
  out += digits[c >> 4];
  out += digits[c & 0x0f];
}

bool is_bare(char c) {
  return is_printable(static_cast<unsigned char>(c)) && c != ' ' && c != '"' && c != '\\';
}

unsigned char octet(std::string_view s, std::size_t at) {
  return at < s.size() ? static_cast<unsigned char>(s[at]) : 0;
}

/// Octets of the well-formed UTF-8 sequence at `at` (Unicode table 3-7), 0 where there is none. C1
/// control characters count as none.
std::size_t utf8_length(std::string_view s, std::size_t at) {
  const auto in = [](unsigned char c, unsigned low, unsigned high) {
    return c >= low && c <= high;
  };
  const unsigned char a = octet(s, at);
  const unsigned char b = octet(s, at + 1);
  const bool third = in(octet(s, at + 2), 0x80, 0xbf);
  const bool fourth = in(octet(s, at + 3), 0x80, 0xbf);
  if (a == 0xc2)
    return in(b, 0xa0, 0xbf) ? 2 : 0;
  if (in(a, 0xc3, 0xdf))
    return in(b, 0x80, 0xbf) ? 2 : 0;
  if (in(a, 0xe0, 0xef)) {
    const unsigned low = a == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = a == 0xed ? 0x9f : 0xbf;
    return in(b, low, high) && third ? 3 : 0;
  }
  if (in(a, 0xf0, 0xf4)) {
    const unsigned low = a == 0xf0 ? 0x90 : 0x80;
    const unsigned high = a == 0xf4 ? 0x8f : 0xbf;
    return in(b, low, high) && third && fourth ? 4 : 0;
  }
  return 0;
}

} // namespace

void append_plain(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (is_printable(static_cast<unsigned char>(c)))
      out += c;
    else
      append_hex(static_cast<unsigned char>(c), out);
  }
}

void append_quoted(std::string_view value, std::string& out) {
  out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\')
      out += '\\';
    append_plain(std::string_view(&c, 1), out);
  }
  out += '"';
}

void append_value(std::string_view value, std::string& out) {
  if (std::all_of(value.begin(), value.end(), is_bare))
    out += value;
  else
    append_quoted(value, out);
}

void append_json(std::string_view value, std::string& out) {
  out += '"';
  for (std::size_t i = 0; i < value.size();) {
    const auto c = static_cast<unsigned char>(value[i]);
    if (const std::size_t n = utf8_length(value, i); n > 0) {
      out += value.substr(i, n);
      i += n;
      continue;
    }
    if (!is_printable(c))
      out += '\\'; // the backslash of \xNN is a character of the string and needs its own
    if (c == '"' || c == '\\')
      out += '\\';
    append_plain(value.substr(i, 1), out);
    ++i;
  }
  out += '"';
}

} // namespace sealonce::log
