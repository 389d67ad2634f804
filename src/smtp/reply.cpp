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
#include <cstring>

namespace sealonce::smtp {
namespace {

constexpr std::size_t code_length = 3;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// 200 to 599; 0 = there is none.
int parse_code(std::string_view line) {
  if (line.size() < code_length || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) ||
      !is_digit(line[2]))
    return 0;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

bool is_control(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet < ' ' || octet == 0x7f;
}

bool is_text(char c) {
  return !is_control(c) || c == '\t';
}

} // namespace

reply::reply(int code, std::string_view enhanced, std::string_view text) : code_(code) {
  constexpr std::string_view line_end = "\r\n";
  wire_.reserve(code_length + 1 + enhanced.size() + 1 + text.size() + line_end.size());
  wire_ += std::to_string(code);
  for (const std::string_view part : {enhanced, text})
    if (!part.empty())
      wire_.append(" ").append(part);
  std::replace_if(wire_.begin(), wire_.end(), is_control, '?');
  wire_ += line_end;
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
    if (text.size() > limits::shown_reply) {
      text.resize(limits::shown_reply);
      return text + " ...";
    }
  }
  return text;
}

// The last line of wire_ ends with LF here.
reply_parser::status reply_parser::end_line() {
  const auto whole = std::string_view(wire_).substr(line_);
  if (whole.size() < 2 || whole[whole.size() - 2] != '\r')
    return status::malformed;
  const auto line = whole.substr(0, whole.size() - 2);
  const int code = parse_code(line);
  if (code == 0 || (code_ != 0 && code != code_) || ++lines_ > limits::reply_lines)
    return status::malformed;
  const bool more = line.size() > code_length && line[code_length] == '-';
  if (line.size() > code_length && !more && line[code_length] != ' ')
    return status::malformed;
  if (!std::all_of(line.begin(), line.end(), is_text))
    return status::malformed;
  code_ = code;
  line_ = wire_.size();
  if (more)
    return status::need_more;
  reply_.code_ = code;
  reply_.wire_.swap(wire_);
  wire_.clear();
  line_ = 0;
  lines_ = 0;
  code_ = 0;
  return status::complete;
}

reply_parser::step reply_parser::feed(std::span<const char> bytes) {
  const std::size_t longest = line_most_ + 2; // with CRLF
  std::size_t consumed = 0;
  while (consumed < bytes.size()) {
    const auto rest = bytes.subspan(consumed);
    const auto* const newline =
        static_cast<const char*>(std::memchr(rest.data(), '\n', rest.size()));
    const auto length =
        newline == nullptr ? rest.size() : static_cast<std::size_t>(newline - rest.data()) + 1;
    if (wire_.size() - line_ + length > longest)
      return {status::malformed, consumed};
    wire_.append(rest.data(), length);
    consumed += length;
    if (newline == nullptr)
      break;
    const status ended = end_line();
    if (ended != status::need_more)
      return {ended, consumed};
  }
  return {status::need_more, consumed};
}

} // namespace sealonce::smtp
