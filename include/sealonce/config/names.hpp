#pragma once

#include <sealonce/result.hpp>

#include <string>
#include <string_view>

namespace sealonce::config {

/// A domain for d=: lower case A-labels, at least two of them (RFC 6376 §3.5, RFC 5321 §4.1.2).
/// U-labels become A-labels (RFC 8616); one final dot is taken away.
[[nodiscard]] result<std::string> parse_domain(std::string_view text);

/// A selector for s=: labels of letters, digits and inner hyphens with dots between (RFC 6376
/// §3.1), and underscores, which many selectors in use have. Comes out in lower case, as DNS
/// compares it.
[[nodiscard]] result<std::string> parse_selector(std::string_view text);

/// A host name as in EHLO: like a domain, one label is enough.
[[nodiscard]] result<std::string> parse_host_name(std::string_view text);

/// "SELECTOR._domainkey.DOMAIN"; fails where DNS has no room for it.
[[nodiscard]] result<std::string> key_record_name(std::string_view selector,
                                                  std::string_view domain);

} // namespace sealonce::config
