#pragma once

#include <sealonce/dkim/signer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace sealonce::policy {

/// What is true of a DKIM-Signature field whose d= and s= name a key that we hold, computed with
/// the public half of that key.
enum class own_verdict {
  valid,
  /// b= or bh= does not verify: the header or the body was changed, or it was never ours; nobody
  /// can tell these apart. Also what stands below the first limits::own_signatures of them.
  broken,
  expired, ///< it verifies, but its x= is past
  forged,  ///< it can never have verified: malformed, or an algorithm that is not the key's
};

/// One such field.
struct own_signature {
  std::size_t field = 0; ///< its place in header::fields()
  /// The one that its d= and s= name; not null. Below the first limits::own_signatures fields only
  /// these names are there, not the key itself.
  std::shared_ptr<const dkim::signing_key> key;
  own_verdict verdict = own_verdict::forged;
  std::string why; ///< what is wrong, as the end of a sentence: "the body was changed"
  /// h= names From and every field of the oversign list that the message has, as often as it has
  /// it (limits::signed_instances at most).
  bool covers = false;
  std::optional<std::int64_t> time;       ///< t=
  std::optional<std::int64_t> expiration; ///< x=
};

} // namespace sealonce::policy
