// NAME
//   scanner - find the fields of a header while the message streams past
//
// DESCRIPTION
//   Lines are found with memchr and read where they stand in the piece; the header's text then gets
//   them with one append. Only a line that was cut in two is read from the text itself. After the
//   empty line nothing is copied any more.
//
//   A header over its limit is not kept any further, but its empty line is still looked for, so
//   that the body begins where it begins.
//
// DIAGNOSTICS
//   There are no errors: whatever is wrong with a header is one of header_oddities.

#include <sealonce/limits.hpp>
#include <sealonce/message/scanner.hpp>

#include <algorithm>
#include <cstring>

namespace sealonce::message {

namespace {

constexpr std::size_t longest_content = limits::text_line - 2; // without CRLF
constexpr std::size_t usual_fields = 32;

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// ftext of RFC 5322 §3.6.8: printable US-ASCII but the colon.
bool is_name_octet(char c) {
  return c > ' ' && c < 0x7f && c != ':';
}

// As Postfix's smtpd, any number of ">" in front; but "From :" is a field in obsolete form, and
// behind the fields that we add Postfix reads it as one.
bool is_mbox_from(std::string_view line) {
  const auto quoted = std::min(line.find_first_not_of('>'), line.size());
  const auto rest = line.substr(quoted);
  if (!rest.starts_with("From ")) {
    return false;
  }
  const auto next = rest.find_first_not_of(" \t", std::string_view("From").size());
  return quoted > 0 || next == std::string_view::npos || rest[next] != ':';
}

/// Whether there is an octet above US-ASCII; eight octets at a time.
bool has_eight_bit(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  std::uint64_t all = 0;
  std::size_t at = 0;
  for (std::uint64_t eight = 0; text.size() - at >= sizeof eight; at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    all |= eight;
  }
  return (all & high_bits) != 0 ||
         std::any_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(),
                     [](char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; });
}

std::string_view without_line_end(std::string_view line) {
  line.remove_suffix(1);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

} // namespace

void scanner::content(std::span<const char> piece, std::uint64_t wire_offset) {
  size_ += piece.size();
  wire_end_ = wire_offset + piece.size();
  const std::string_view in(piece.data(), piece.size());
  std::size_t used = 0;
  if (state_ != state::body) {
    if (keeping()) {
      used = header_lines(in, wire_offset);
    }
    if (state_ == state::over_limit) {
      used += skip_lines(in.substr(used), wire_offset + used);
    }
    if (state_ == state::body) {
      complete_header();
    }
  }
  if (used < piece.size()) {
    measure_lines(in.substr(used));
    sink_.body(piece.subspan(used));
  }
}

void scanner::finish() {
  if (state_ != state::body) {
    header_.oddities_.no_empty_line = true;
    if (keeping() && line_begin_ < header_.text_.size()) {
      header_.text_ += "\r\n";
      line(std::string_view(header_.text_).substr(line_begin_), line_begin_, wire_end_);
      if (!keeping()) {
        header_.text_.resize(line_begin_);
      }
    }
    state_ = state::body;
    wire_body_ = wire_end_;
    complete_header();
  }
  if (open_line_ > longest_content) {
    longest_body_line_ = std::max(longest_body_line_, open_line_);
  }
}

// Takes the lines of a piece up to the end of the header or of the piece, or past the first line
// over the limit. Returns the octets used.
std::size_t scanner::header_lines(std::string_view in, std::uint64_t wire_offset) {
  auto& text = header_.text_;
  std::size_t begin = line_begin_ < text.size() ? end_open_line(in, wire_offset) : 0;
  const std::size_t not_kept = begin;
  std::size_t keep_until = begin;
  while (keeping()) {
    const auto feed = in.find('\n', begin);
    if (feed == std::string_view::npos) {
      break;
    }
    line(in.substr(begin, feed + 1 - begin), text.size() + begin - not_kept,
         wire_offset + feed + 1);
    begin = feed + 1;
    if (keeping()) {
      keep_until = begin;
    }
  }
  if (keep_until > not_kept) {
    text.append(in.substr(not_kept, keep_until - not_kept));
    line_begin_ = text.size();
  }
  if (keeping()) {
    begin_line(in.substr(begin));
    begin = in.size();
  }
  return begin;
}

// Completes the line that an earlier piece began. Returns the octets used.
std::size_t scanner::end_open_line(std::string_view in, std::uint64_t wire_offset) {
  auto& text = header_.text_;
  const auto feed = in.find('\n');
  if (feed == std::string_view::npos) {
    begin_line(in);
    return in.size();
  }
  text.append(in.substr(0, feed + 1));
  line(std::string_view(text).substr(line_begin_), line_begin_, wire_offset + feed + 1);
  if (!keeping()) {
    text.resize(line_begin_);
  }
  line_begin_ = text.size();
  return feed + 1;
}

// Keeps the beginning of a line whose end has not come yet, or more of it.
void scanner::begin_line(std::string_view rest) {
  auto& text = header_.text_;
  const auto length = text.size() - line_begin_ + rest.size();
  // A CR alone may become the empty line, which does not count.
  const bool may_be_empty = length == 1 && rest == "\r";
  if (text.size() + rest.size() > limits::header && !may_be_empty) {
    exceed_limit();
    text.resize(line_begin_);
    open_line_ = length;
    return;
  }
  text.append(rest);
}

// One line of the header; `at` is its place in the text, `wire_end` where it ends in wire form.
void scanner::line(std::string_view whole, std::size_t at, std::uint64_t wire_end) {
  const auto content = without_line_end(whole);
  if (content.empty()) {
    state_ = state::body;
    wire_body_ = wire_end;
    return;
  }
  if (at + whole.size() > limits::header) {
    exceed_limit();
    return;
  }
  header_.oddities_.long_line |= content.size() > longest_content;
  if (state_ == state::mbox_lines && is_mbox_from(content)) {
    header_.oddities_.mbox_from_line = true;
    wire_insert_ = wire_end;
  } else {
    state_ = state::fields;
    field_line(content, whole.size(), at, wire_end);
  }
  wire_line_begin_ = wire_end;
}

void scanner::field_line(std::string_view content, std::size_t whole, std::size_t at,
                         std::uint64_t wire_end) {
  auto& fields = header_.fields_;
  const auto end = static_cast<std::uint32_t>(at + whole);
  if (is_blank(content.front())) {
    if (field_open_) {
      fields.back().end = end;
      fields.back().wire_end = wire_end;
    } else {
      note_malformed(at);
    }
    return;
  }
  const auto name = static_cast<std::size_t>(
      std::find_if_not(content.begin(), content.end(), is_name_octet) - content.begin());
  auto colon = name;
  while (colon < content.size() && is_blank(content[colon])) {
    ++colon;
  }
  field_open_ = name > 0 && colon < content.size() && content[colon] == ':';
  if (!field_open_) {
    note_malformed(at);
    return;
  }
  if (fields.size() == limits::fields) {
    exceed_limit();
    return;
  }
  if (fields.empty()) {
    fields.reserve(usual_fields);
  }
  const auto begin = static_cast<std::uint32_t>(at);
  fields.push_back({.begin = begin,
                    .name_end = static_cast<std::uint32_t>(begin + name),
                    .value = static_cast<std::uint32_t>(begin + colon + 1),
                    .end = end,
                    .wire_begin = wire_line_begin_,
                    .wire_end = wire_end});
}

void scanner::note_malformed(std::size_t at) {
  if (!header_.oddities_.malformed_line) {
    header_.oddities_.malformed_line = true;
    header_.oddities_.malformed_at = static_cast<std::uint32_t>(at);
  }
}

void scanner::exceed_limit() {
  header_.oddities_.over_limit = true;
  state_ = state::over_limit;
  open_line_ = 0;
  open_line_is_cr_ = false;
}

// Looks for the empty line without keeping anything. Returns the octets used.
std::size_t scanner::skip_lines(std::string_view in, std::uint64_t wire_offset) {
  std::size_t begin = 0;
  for (auto feed = in.find('\n'); feed != std::string_view::npos; feed = in.find('\n', begin)) {
    const auto length = open_line_ + (feed - begin);
    const bool only_cr = open_line_ == 1 ? open_line_is_cr_ : in[begin] == '\r';
    open_line_ = 0;
    begin = feed + 1;
    if (length == 0 || (length == 1 && only_cr)) {
      state_ = state::body;
      wire_body_ = wire_offset + begin;
      return begin;
    }
  }
  if (begin < in.size()) {
    open_line_is_cr_ = open_line_ == 0 && in[begin] == '\r';
    open_line_ += in.size() - begin;
  }
  return in.size();
}

void scanner::complete_header() {
  const std::string_view text = header_.text_;
  header_.oddities_.nul = text.find('\0') != std::string_view::npos;
  header_.oddities_.eight_bit = has_eight_bit(text);
  open_line_ = 0;
  sink_.header_complete(header_);
}

// Looks for over-long lines alone: in each stretch of the longest line allowed only the last line
// end is looked for, from behind, so that usual mail costs a few octets of every thousand. No octet
// is looked at more than three times.
void scanner::measure_lines(std::string_view in) {
  while (!in.empty()) {
    const auto room = open_line_ < limits::text_line ? limits::text_line - open_line_ : 0;
    const auto stretch = std::min<std::size_t>(room, in.size());
    const void* feed = stretch > 0 ? ::memrchr(in.data(), '\n', stretch) : nullptr;
    if (feed != nullptr) {
      in.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(feed) - in.data()) + 1);
      open_line_ = 0;
      continue;
    }
    const auto end = std::min(in.find('\n', stretch), in.size());
    open_line_ += end;
    if (end == in.size()) {
      return;
    }
    longest_body_line_ = std::max(longest_body_line_, open_line_ - 1); // its CR
    open_line_ = 0;
    in.remove_prefix(end + 1);
  }
}

} // namespace sealonce::message
