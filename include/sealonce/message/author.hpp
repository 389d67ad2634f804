#pragma once

#include <sealonce/message/header.hpp>

#include <string>
#include <string_view>

namespace sealonce::message {

/// What the From field says of the author, RFC 5322 §3.6.2.
enum class author_status {
  found,             ///< one From field with one mailbox
  no_from,           ///< no From field
  several_from,      ///< more than one From field
  several_mailboxes, ///< one From field that names several mailboxes (of one or more domains)
  empty_group,       ///< only groups without a mailbox
  malformed,         ///< our lexer does not understand it, or its domain is no domain name
  domain_literal,    ///< its domain is an address in brackets, which no key can belong to
  disputed,          ///< mimetic reads another address in it: nobody can say what a reader will see
};

struct author {
  author_status status = author_status::no_from;
  std::string local_part; ///< unquoted; empty unless found
  std::string domain;     ///< lower case A-labels (RFC 5890); empty unless found
  std::string why;        ///< a sentence where status is not found
};

/// Reads the author from a header. Own strict lexer (comments, quoted local parts, groups, encoded
/// words, obsolete white space, domain literals, U-labels → A-labels); mimetic only cross-checks,
/// behind guards, and a disagreement is `disputed`. Thread-safe; never throws on any octets.
///
/// A group with one mailbox is one mailbox (RFC 6854). Routes, control characters, a domain that is
/// not of letters, digits and hyphens, and values over limits::from_value are `malformed`. `a@b
/// <a@b>` and a dot at the end of the domain are taken: every reader sees the same address.
[[nodiscard]] author find_author(const header& h);

/// The same for one field value, for `explain` and tests.
[[nodiscard]] author parse_author(std::string_view from_value);

} // namespace sealonce::message
