#pragma once
// Canonical forms as RFC 6376 words them, with no thought of speed: what the real ones are held to.

#include <sealonce/dkim/canonical.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::test {

/// The line with each run of blanks as one and none at its end.
inline std::string reduced_line(std::string_view line) {
  std::string reduced;
  for (const char c : line) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank || reduced.empty() || reduced.back() != ' ')
      reduced += blank ? ' ' : c;
  }
  while (reduced.ends_with(' '))
    reduced.pop_back();
  return reduced;
}

/// RFC 6376 §3.4.3 and §3.4.4, on the whole body.
inline std::string canonical_body(dkim::canonicalization how, std::string_view body) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body.substr(i, 2) == "\r\n") {
      lines.emplace_back();
      ++i;
    } else {
      lines.back() += body[i];
    }
  }
  const bool relaxed = how == dkim::canonicalization::relaxed;
  std::string out;
  std::string empty_lines;
  for (std::string& line : lines) {
    if (relaxed)
      line = reduced_line(line);
    if (!line.empty()) {
      out += empty_lines + line;
      empty_lines.clear();
    }
    empty_lines += "\r\n";
  }
  if (!out.empty() || !relaxed)
    out += "\r\n";
  return out;
}

/// RFC 6376 §3.4.2 for one field with its last CRLF and with a colon.
inline std::string relaxed_field(std::string_view whole) {
  std::string unfolded;
  for (const char c : whole)
    if (c != '\r' && c != '\n')
      unfolded += c;
  const auto colon = unfolded.find(':');
  std::string name = unfolded.substr(0, colon);
  while (name.ends_with(' ') || name.ends_with('\t'))
    name.pop_back();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::string value = reduced_line(unfolded.substr(colon + 1));
  if (value.starts_with(' '))
    value.erase(0, 1);
  return name + ":" + value + "\r\n";
}

} // namespace sealonce::test
