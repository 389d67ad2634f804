#pragma once
// The tokens of an address field, private to message/.

#include <string_view>

namespace sealonce::message {

/// RFC 5322 §3.2: atoms, quoted strings, domain literals and the specials of an address.
struct address_token {
  enum class kind {
    end,
    atom,
    quoted,  ///< with its quotes
    literal, ///< with its brackets
    dot,
    at,
    less,
    greater,
    comma,
    colon,
    semicolon,
    bad, ///< nothing that may stand here; `text` is a sentence
  };
  kind what = kind::end;
  std::string_view text; ///< into the input
};

/// Cuts the value of an address field into tokens and drops the comments and white space between
/// them. Linear: every octet is looked at once.
class address_lexer {
public:
  /// `value` must outlive the lexer and its tokens.
  explicit address_lexer(std::string_view value) : rest_(value) {}

  /// The next token; `end` or `bad` again and again once one was reached.
  [[nodiscard]] address_token next();

private:
  using kind = address_token::kind;

  bool skip_space();
  bool skip_comment();
  address_token take(kind what, std::size_t length);
  address_token delimited(kind what, char close);
  address_token fail(std::string_view sentence);

  std::string_view rest_;
  std::string_view error_;
};

} // namespace sealonce::message
