#pragma once

#include <sealonce/dkim/verifier.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sealonce::dkim {

/// One method's result in an Authentication-Results field, RFC 8601 §2.2.
struct method_result {
  std::string method;  ///< "dkim"; a keyword
  std::string result;  ///< "pass"; a keyword
  std::string comment; ///< for people; empty = none
  std::string reason;  ///< empty = none
  /// "header.d" and its value, in this order; a pair with an empty value is left out.
  std::vector<std::pair<std::string, std::string>> properties;
};

/// The whole field: name, value, last CRLF, each result on a line of its own and folded at
/// limits::fold_column; what has no white space stands on a longer line if it must. No octet of
/// `results` can end a comment, a string, a result or the field: they are quoted, and what is not
/// printable ASCII becomes "?". Without results the value is "none" (§2.2).
/// `authserv_id` is a host name.
[[nodiscard]] std::string authentication_results(std::string_view authserv_id,
                                                 std::span<const method_result> results);

/// The results of verifying: one for each signature with header.d, header.s, header.a and header.b,
/// or dkim=none where there are none. header.b has as many octets, eight at least, as tell the
/// signatures of the message apart (RFC 6008 §3).
[[nodiscard]] std::vector<method_result> method_results(std::span<const verdict> verdicts);

/// For each verdict what header.b says of it.
[[nodiscard]] std::vector<std::string> signature_prefixes(std::span<const verdict> verdicts);

} // namespace sealonce::dkim
