#pragma once
// What select_keys asks of a message besides its author. Private to policy/.

#include <sealonce/policy/key_selection.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace sealonce::policy {

/// The address that internal_hosts is about: the original client where it is known, else the peer.
[[nodiscard]] std::string_view client_address(const message_origin& from);
/// Whether mail from there is ours. A Unix socket is internal, and so is what the upstream says is
/// of its own machine (SOURCE=LOCAL).
[[nodiscard]] bool is_internal(const message_origin& from,
                               const std::vector<config::network>& networks);

/// A sentence that says what excludes the message, or nothing.
[[nodiscard]] std::optional<std::string> excluded_by(const config::exclusions& e,
                                                     const author_query& query);

/// The identifier of the List-Id field (RFC 2919 §3) in lower case; empty where there is none.
[[nodiscard]] std::string list_id(const message::header& head);

} // namespace sealonce::policy
