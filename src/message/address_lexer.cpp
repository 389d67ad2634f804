// NAME
//   address_lexer - tokens of an address field
//
// DESCRIPTION
//   White space is blank, tab, and CRLF where a blank or the end follows it. A quoted string keeps
//   its quotes, quoted pairs and folds; what reads it takes them out. Comments nest to any depth: a
//   counter, no recursion.
//
// DIAGNOSTICS
//   A token `bad` with a sentence: an open comment, string or literal, a control character, or a
//   character that has no meaning where it stands.

#include "address_lexer_detail.hpp"

#include <algorithm>

namespace sealonce::message {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_control(char c) {
  return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f;
}

// atext of RFC 5322 §3.2.3 and RFC 6532 §3.2.
bool is_atom_octet(char c) {
  return !is_control(c) && std::string_view(" \t()<>[]:;@\\,.\"").find(c) == std::string_view::npos;
}

// The length of a fold's line end at the beginning of `text`, else 0.
std::size_t line_end(std::string_view text) {
  return text.starts_with("\r\n") && (text.size() == 2 || is_blank(text[2])) ? 2 : 0;
}

// RFC 5322 §3.2.1 without the control characters of its obsolete form.
bool is_quoted_pair(std::string_view text) {
  return text.size() > 1 && text[0] == '\\' && !is_control(text[1]);
}

} // namespace

address_token address_lexer::fail(std::string_view sentence) {
  error_ = sentence;
  return {kind::bad, error_};
}

address_token address_lexer::take(kind what, std::size_t length) {
  const address_token token{what, rest_.substr(0, length)};
  rest_.remove_prefix(length);
  return token;
}

// Skips white space and comments; false where a comment is not right.
bool address_lexer::skip_space() {
  while (!rest_.empty()) {
    if (is_blank(rest_.front())) {
      rest_.remove_prefix(1);
    } else if (line_end(rest_) > 0) {
      rest_.remove_prefix(line_end(rest_));
    } else if (rest_.front() == '(') {
      if (!skip_comment()) {
        return false;
      }
    } else {
      break;
    }
  }
  return true;
}

bool address_lexer::skip_comment() {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    const char c = rest_[i];
    if (c == '(') {
      ++depth;
    } else if (c == ')') {
      if (--depth == 0) {
        rest_.remove_prefix(i + 1);
        return true;
      }
    } else if (is_quoted_pair(rest_.substr(i)) || line_end(rest_.substr(i)) > 0) {
      ++i;
    } else if (is_control(c) || c == '\\') {
      fail("a comment has a control character or an open quoted pair");
      return false;
    }
  }
  fail("a comment is not closed");
  return false;
}

// A quoted string or a domain literal with all that stands in it.
address_token address_lexer::delimited(kind what, char close) {
  for (std::size_t i = 1; i < rest_.size(); ++i) {
    const char c = rest_[i];
    if (c == close) {
      return take(what, i + 1);
    }
    if (is_quoted_pair(rest_.substr(i)) || line_end(rest_.substr(i)) > 0) {
      ++i;
    } else if (is_control(c) || c == '\\') {
      return fail(
          "a quoted string or domain literal has a control character or an open quoted pair");
    }
  }
  return fail("a quoted string or domain literal is not closed");
}

address_token address_lexer::next() {
  if (!error_.empty() || !skip_space()) {
    return {kind::bad, error_};
  }
  if (rest_.empty()) {
    return {kind::end, {}};
  }
  switch (rest_.front()) {
  case '"':
    return delimited(kind::quoted, '"');
  case '[':
    return delimited(kind::literal, ']');
  case '.':
    return take(kind::dot, 1);
  case '@':
    return take(kind::at, 1);
  case '<':
    return take(kind::less, 1);
  case '>':
    return take(kind::greater, 1);
  case ',':
    return take(kind::comma, 1);
  case ':':
    return take(kind::colon, 1);
  case ';':
    return take(kind::semicolon, 1);
  default:
    break;
  }
  const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_atom_octet);
  if (end == rest_.begin()) {
    return fail(is_control(rest_.front()) ? "it has a control character"
                                          : "a bracket or backslash stands where none may");
  }
  return take(kind::atom, static_cast<std::size_t>(end - rest_.begin()));
}

} // namespace sealonce::message
