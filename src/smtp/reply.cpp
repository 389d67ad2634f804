// NAME
//   reply - replies of an SMTP server: ours and the next hop's
//
// DESCRIPTION
//   A reply is kept in wire form. The parser believes nothing but complete, well-formed lines: a
//   half line that ends with the connection must never be taken for "250" (a message would be
//   lost).
//
// DIAGNOSTICS
//   Malformed input ends the conversation; the caller drops the connection.

#include <sealonce/limits.hpp>
#include <sealonce/smtp/reply.hpp>

#include <algorithm>

namespace sealonce::smtp {
namespace {

constexpr std::size_t code_length = 3;

bool is_digit(char c, char least, char most) {
  return c >= least && c <= most;
}

/// RFC 5321 §4.2: first digit 2-5, second 0-5, third 0-9.
int parse_code(std::string_view line) {
  if (line.size() < code_length || !is_digit(line[0], '2', '5') || !is_digit(line[1], '0', '5') ||
      !is_digit(line[2], '0', '9'))
    return 0;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

bool is_text(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return (octet >= ' ' && octet != 0x7f) || octet == '\t';
}

} // namespace

reply::reply(int code, std::string_view enhanced, std::string_view text) : code_(code) {
  wire_ = std::to_string(code);
  for (const std::string_view part : {enhanced, text}) {
    if (part.empty())
      continue;
    wire_ += ' ';
    wire_ += part;
  }
  wire_ += "\r\n";
}

std::vector<std::string_view> reply::lines() const {
  std::vector<std::string_view> found;
  std::string_view rest = wire_;
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    std::string_view line = rest.substr(0, end);
    line.remove_prefix(std::min(line.size(), code_length + 1));
    found.push_back(line);
    rest.remove_prefix(end + 2);
  }
  return found;
}

std::string reply::one_line() const {
  std::string text = std::to_string(code_);
  for (const auto line : lines()) {
    if (!line.empty())
      text += ' ';
    text += line;
  }
  return text;
}

reply_parser::status reply_parser::end_line() {
  // line_ ends with LF here.
  if (line_.size() < 2 || line_[line_.size() - 2] != '\r')
    return status::malformed;
  const std::string_view line(line_.data(), line_.size() - 2);
  const int code = parse_code(line);
  if (code == 0 || (code_ != 0 && code != code_) || ++lines_ > limits::reply_lines)
    return status::malformed;
  const bool more = line.size() > code_length && line[code_length] == '-';
  if (line.size() > code_length && !more && line[code_length] != ' ')
    return status::malformed;
  if (!std::all_of(line.begin(), line.end(), is_text))
    return status::malformed;
  code_ = code;
  wire_ += line_;
  line_.clear();
  if (more)
    return status::need_more;
  reply_.code_ = code;
  reply_.wire_.swap(wire_);
  wire_.clear();
  lines_ = 0;
  code_ = 0;
  return status::complete;
}

reply_parser::step reply_parser::feed(std::span<const char> bytes) {
  std::size_t consumed = 0;
  while (consumed < bytes.size()) {
    const auto rest = bytes.subspan(consumed);
    const auto newline = std::find(rest.begin(), rest.end(), '\n');
    const auto length = static_cast<std::size_t>(newline - rest.begin());
    const bool whole = newline != rest.end();
    if (line_.size() + length > limits::reply_line)
      return {status::malformed, consumed};
    line_.append(rest.data(), length + (whole ? 1 : 0));
    consumed += length + (whole ? 1 : 0);
    if (!whole)
      break;
    const status ended = end_line();
    if (ended != status::need_more)
      return {ended, consumed};
  }
  return {status::need_more, consumed};
}

} // namespace sealonce::smtp
