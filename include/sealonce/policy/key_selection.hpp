#pragma once

#include <sealonce/config/settings.hpp>
#include <sealonce/message/author.hpp>
#include <sealonce/message/header.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::policy {

// More reasons why mail passes unsigned; see policy/reason.hpp.
namespace reason {
/// [[relay]] internal_hosts is set, and the mail comes from somewhere else.
inline constexpr std::string_view not_internal = "not-internal";
/// [[domain]] sign = false, exclude_recipients or exclude_headers.
inline constexpr std::string_view excluded = "excluded";
} // namespace reason

/// Where a message came from, as text.
struct message_origin {
  std::string_view peer; ///< who connected: "192.0.2.1", "2001:db8::1" or "unix"
  /// smtp::original_client::addr, XFORWARD ADDR: "192.0.2.1" or "IPV6:2001:db8::1"; empty = not
  /// told. Pass it only where the peer is allowed to say so.
  std::string_view original_client;
  std::string_view source; ///< XFORWARD SOURCE: "LOCAL", "REMOTE" or empty
};

/// What the choice of keys may look at. The pointers are not null; everything outlives the call.
struct author_query {
  const message::author* author = nullptr; ///< of the From field
  const message::header* head = nullptr;   ///< complete
  std::string_view reverse_path;           ///< with or without its angle brackets
  std::span<const std::string> recipients; ///< forward-paths, with or without angle brackets
  message_origin origin;
  std::string_view relay; ///< relay_settings::name
};

/// A key that is to sign.
struct selected_key {
  /// Never null; key->key is not null either. Valid for as long as the settings are there.
  std::shared_ptr<const dkim::signing_key> key;
  std::string identity; ///< i=, as an address, not yet encoded; empty = not written
};

struct selection {
  std::vector<selected_key> keys; ///< no two of them with the same d= and s=
  /// One of policy::reason; empty where keys sign and none is missing.
  std::string_view reason;
  std::string detail; ///< a sentence for people; empty where reason is
  /// A key that should sign cannot be used (reason::key_unusable); `keys` holds the other ones.
  bool key_trouble = false;
};

/// Hears of each rule in the order in which it is looked at.
class selection_trace {
public:
  virtual ~selection_trace() = default;
  /// A sentence without a full stop.
  virtual void looked_at(std::string sentence) = 0;
};

/// Which keys sign a message, or why none does. Pure: the same query and settings give the same
/// selection, with or without a trace. Thread-safe; the time it takes does not grow with the number
/// of domains. Where the author is not `found`, nothing is selected, with that status' reason.
[[nodiscard]] selection select_keys(const author_query& query, const config::settings& s,
                                    selection_trace* trace = nullptr);

/// The reason for mail without an author; empty for `found`.
[[nodiscard]] std::string_view author_reason(message::author_status status);

/// The key that we hold under this d= and s= (any case, A-labels), or null: how a signature of our
/// own is recognised. Null also for a key that cannot be used. Rows of a key table whose domain is
/// "%" hold keys of no domain in particular and are not looked at: what select_keys has chosen is
/// to be asked as well. Valid for as long as the settings are there.
[[nodiscard]] std::shared_ptr<const dkim::signing_key>
held_key(std::string_view domain, std::string_view selector, const config::settings& s);

/// Whether there is such a key, without parsing one that nobody has needed yet: also true for a key
/// of the tables that turns out not to be usable.
[[nodiscard]] bool holds_key(std::string_view domain, std::string_view selector,
                             const config::settings& s);

} // namespace sealonce::policy
