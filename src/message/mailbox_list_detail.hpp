#pragma once
// The grammar of From, private to message/.

#include <cstddef>
#include <string>
#include <string_view>

namespace sealonce::message {

/// One mailbox as it was written, without comments, folds and the white space around its parts.
struct mailbox {
  std::string display; ///< words joined by one blank, quotes kept; may be empty
  std::string local;   ///< as written, quotes kept
  std::string name;    ///< the local part without quotes
  std::string domain;  ///< as written, without a trailing dot; "[…]" for a domain literal
};

/// What a list of mailboxes and groups holds.
struct mailbox_list {
  mailbox first;             ///< where mailboxes > 0
  std::size_t mailboxes = 0; ///< inside groups and outside
  std::size_t groups = 0;
  std::string_view error; ///< what is wrong, a static sentence; empty = nothing
};

/// Reads the value of a From field: RFC 5322 §3.4 with the obsolete forms of §4.4 but routes, RFC
/// 6854 (groups) and RFC 6532 (octets over 127 wherever an atom, a quoted string or a comment may
/// have them). Stricter than the RFC: no control characters but the tab. Looser in two points,
/// where every reader sees the same address: `a@b <a@b>`, and one dot at the end of a domain.
/// Linear; no recursion.
[[nodiscard]] mailbox_list parse_mailbox_list(std::string_view value);

} // namespace sealonce::message
