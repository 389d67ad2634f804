// NAME
//   input_message - a message from a file, whatever its line ends
//
// DESCRIPTION
//   What is signed has CRLF (RFC 6376 §5.3). Files of Unix have LF; these are hashed as if they had
//   CRLF and written back as they were, the new fields included. Octets that are neither are stray:
//   a later hop would make line ends of them or take them away, so they never stay.

#include "input_message_detail.hpp"

#include <algorithm>

namespace sealonce::command {

namespace {

/// Stray CRs and LFs become blanks; returns how many there were.
std::size_t replace_strays(std::string& text, bool line_feeds) {
  std::size_t strays = 0;
  for (std::size_t i = text.find_first_of("\r\n"); i != std::string::npos;
       i = text.find_first_of("\r\n", i + 1)) {
    const bool pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (pair && !line_feeds) {
      ++i;
      continue;
    }
    if (text[i] == '\n' && line_feeds)
      continue;
    text[i] = ' ';
    ++strays;
  }
  return strays;
}

std::string with_crlf(const std::string& text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  std::string out;
  out.reserve(text.size() + lines);
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    out.append(text, begin, end - begin).append("\r\n");
    begin = end + 1;
  }
  return out.append(text, begin, std::string::npos);
}

/// Takes the CR of every CRLF away while it appends.
void append_with_lf(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const std::size_t cr = std::min(text.find('\r'), text.size());
    out.append(text.substr(0, cr));
    text.remove_prefix(std::min(cr + 1, text.size()));
  }
}

} // namespace

result<input_message> bring_in(std::string raw, config::stray_cr_lf stray) {
  input_message m;
  m.line_feeds = raw.find("\r\n") == std::string::npos && raw.find('\n') != std::string::npos;
  const std::size_t strays = replace_strays(raw, m.line_feeds);
  if (strays > 0 && stray == config::stray_cr_lf::reject)
    return failure("its line ends are mixed: " + std::to_string(strays) +
                   " CR or LF characters are not part of one");
  m.content = m.line_feeds ? with_crlf(raw) : std::move(raw);
  return m;
}

std::string bring_out(const input_message& m, const seal::outcome& what, std::uint64_t insert_at) {
  const std::string_view content = m.content;
  std::string out;
  out.reserve(content.size() + what.new_fields.size());
  const auto append = [&](std::string_view part) {
    if (m.line_feeds)
      append_with_lf(part, out);
    else
      out.append(part);
  };
  append(content.substr(0, insert_at));
  append(what.new_fields);
  std::uint64_t done = insert_at;
  for (const seal::wire_range& gap : what.removed) {
    append(content.substr(done, gap.begin - done));
    done = gap.end;
  }
  append(content.substr(done));
  return out;
}

} // namespace sealonce::command
