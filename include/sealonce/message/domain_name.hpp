#pragma once
// One spelling for domain names, of addresses and of the configuration.

#include <optional>
#include <string>
#include <string_view>

namespace sealonce::message {

/// The name in lower case A-labels, RFC 5890: labels of letters, digits and inner hyphens (RFC 1123
/// §2.1), at most 63 octets each and 253 together. U-labels are mapped and checked as UTS 46
/// (nontransitional) says. Nothing where `name` is no such name.
[[nodiscard]] std::optional<std::string> to_a_labels(std::string_view name);

} // namespace sealonce::message
