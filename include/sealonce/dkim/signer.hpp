#pragma once

#include <sealonce/crypto/private_key.hpp>
#include <sealonce/dkim/canonical.hpp>
#include <sealonce/dkim/header_list.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace sealonce::dkim {

/// A key with the names that it signs under.
struct signing_key {
  std::string domain;   ///< d=, lower case A-labels
  std::string selector; ///< s=
  std::shared_ptr<const crypto::private_key> key;
};

/// What goes into one signature besides the message.
struct signature_tags {
  canonicalizations canonical;
  std::int64_t time = 0;                  ///< t=, Unix seconds
  std::optional<std::int64_t> expiration; ///< x=, Unix seconds
  std::string identity; ///< i=, as an address, not yet encoded; empty = not written
};

/// One DKIM-Signature field: name, value folded at limits::fold_column, last CRLF. RFC 6376 §3.5,
/// §3.7; no l=. Only a d=, s= or i= that is longer than a line stands on a longer one, since it
/// cannot be folded. Fails only where the key cannot sign.
[[nodiscard]] result<std::string> sign(const signing_key& key, const signature_tags& tags,
                                       const header_list& list, const message::header& head,
                                       const crypto::sha256_value& body_hash);

} // namespace sealonce::dkim
