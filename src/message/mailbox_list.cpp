// NAME
//   mailbox_list - the grammar of From
//
// DESCRIPTION
//   Words and dots are collected until the next token says what they were: a display name ("<"), a
//   local part ("@"), the name of a group (":") or a mistake.
//
// DIAGNOSTICS
//   The first mistake ends the reading; mailbox_list::error says what it was. Routes
//   ("<@relay:user@host>", RFC 5322 §4.4) are a mistake: readers do not agree on them, and nobody
//   has written one for decades but to confuse.

#include "address_lexer_detail.hpp"
#include "mailbox_list_detail.hpp"
#include <sealonce/message/header.hpp>

#include <algorithm>
#include <iterator>

namespace sealonce::message {

namespace {

using kind = address_token::kind;

// Words and dots, read both as a phrase and as a local part.
struct words {
  std::string phrase;     ///< joined by blanks, as written
  std::string local;      ///< joined by nothing, as written
  std::string name;       ///< the same without quotes
  bool local_fits = true; ///< word *("." word) so far
  bool word_last = false;

  [[nodiscard]] bool empty() const { return phrase.empty(); }
  [[nodiscard]] bool is_local_part() const { return local_fits && word_last; }
};

void append_unfolded(std::string_view text, std::string& out) {
  std::copy_if(text.begin(), text.end(), std::back_inserter(out),
               [](char c) { return c != '\r' && c != '\n'; });
}

// The content of a quoted string: without quotes, quoted pairs resolved, folds undone.
void append_unquoted(std::string_view quoted, std::string& out) {
  const auto content = quoted.substr(1, quoted.size() - 2);
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (content[i] == '\\') {
      out += content[++i];
    } else if (content[i] != '\r' && content[i] != '\n') {
      out += content[i];
    }
  }
}

void add(words& w, const address_token& t) {
  const bool dot = t.what == kind::dot;
  w.local_fits = w.local_fits && dot == w.word_last;
  w.word_last = !dot;
  if (!dot && !w.phrase.empty()) {
    w.phrase += ' ';
  }
  append_unfolded(t.text, w.phrase);
  append_unfolded(t.text, w.local);
  if (t.what == kind::quoted) {
    append_unquoted(t.text, w.name);
  } else {
    w.name += t.text;
  }
}

bool same_address(const mailbox& a, const mailbox& b) {
  return a.name == b.name && same_name(a.domain, b.domain);
}

class parser {
public:
  explicit parser(std::string_view value) : lexer_(value) { advance(); }

  mailbox_list list();

private:
  void advance() { token_ = lexer_.next(); }
  [[nodiscard]] bool at(kind k) const { return token_.what == k; }
  bool fail(std::string_view sentence);
  bool unexpected(std::string_view sentence);

  bool element();
  void read_words(words& w);
  bool named_address(words& w, mailbox& box);
  bool bare_address(words& w, mailbox& box);
  bool address(words& w, mailbox& box);
  bool domain(mailbox& box);

  address_lexer lexer_;
  address_token token_;
  mailbox_list list_;
  bool in_group_ = false;
  bool separated_ = true; ///< an element may begin here
};

bool parser::fail(std::string_view sentence) {
  list_.error = sentence;
  return false;
}

// What the lexer says of a bad token, or the sentence.
bool parser::unexpected(std::string_view sentence) {
  return fail(at(kind::bad) ? token_.text : sentence);
}

mailbox_list parser::list() {
  while (!at(kind::end)) {
    if (at(kind::comma)) { // two of them: an empty element, RFC 5322 §4.4
      separated_ = true;
      advance();
    } else if (in_group_ && at(kind::semicolon)) {
      in_group_ = separated_ = false;
      advance();
    } else if (!separated_) {
      unexpected("something follows an address without a comma");
      return list_;
    } else if (!element()) {
      return list_;
    }
  }
  if (in_group_) {
    fail("a group is not closed");
  }
  return list_;
}

// A mailbox, or the beginning of a group.
bool parser::element() {
  words w;
  read_words(w);
  if (at(kind::colon)) {
    if (w.empty() || in_group_) {
      return fail("a colon stands where no group may begin");
    }
    ++list_.groups;
    in_group_ = true;
    advance();
    return true;
  }
  mailbox box;
  if (at(kind::at) ? !bare_address(w, box) : !named_address(w, box)) {
    return false;
  }
  if (++list_.mailboxes == 1) {
    list_.first = std::move(box);
  }
  separated_ = false;
  return true;
}

void parser::read_words(words& w) {
  while (at(kind::atom) || at(kind::quoted) || at(kind::dot)) {
    add(w, token_);
    advance();
  }
}

// [display-name] "<" addr-spec ">"
bool parser::named_address(words& w, mailbox& box) {
  if (!at(kind::less)) {
    return unexpected("there are words without an address");
  }
  if (w.phrase.starts_with('.')) {
    return fail("a display name begins with a dot");
  }
  box.display = std::move(w.phrase);
  advance();
  if (at(kind::at) || at(kind::comma)) {
    return fail("an address has a route");
  }
  words local;
  read_words(local);
  if (!at(kind::at)) {
    return unexpected("an address in angle brackets has no domain");
  }
  if (!address(local, box)) {
    return false;
  }
  if (!at(kind::greater)) {
    return unexpected("an angle bracket is not closed");
  }
  advance();
  return true;
}

// addr-spec alone, or as the display name of the same address.
bool parser::bare_address(words& w, mailbox& box) {
  if (!address(w, box)) {
    return false;
  }
  if (!at(kind::less)) {
    return true;
  }
  words none;
  mailbox named;
  if (!named_address(none, named)) {
    return false;
  }
  return same_address(box, named) || fail("two different addresses stand where one may");
}

// local-part "@" domain; the words are read already.
bool parser::address(words& w, mailbox& box) {
  if (!w.is_local_part()) {
    return fail(w.empty() ? "an address has no local part" : "a local part is not well formed");
  }
  box.local = std::move(w.local);
  box.name = std::move(w.name);
  advance();
  return domain(box);
}

bool parser::domain(mailbox& box) {
  if (at(kind::literal)) {
    append_unfolded(token_.text, box.domain);
    advance();
    return true;
  }
  while (at(kind::atom)) {
    box.domain += token_.text;
    advance();
    if (!at(kind::dot)) {
      return true;
    }
    advance();
    if (!at(kind::atom)) {
      return true; // the root's own dot
    }
    box.domain += '.';
  }
  return unexpected("an address has no domain, or one that is not well formed");
}

} // namespace

mailbox_list parse_mailbox_list(std::string_view value) {
  return parser(value).list();
}

} // namespace sealonce::message
