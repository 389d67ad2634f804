#pragma once

#include <sealonce/crypto/public_key.hpp>
#include <sealonce/dkim/body_hashes.hpp>
#include <sealonce/dkim/signature.hpp>
#include <sealonce/message/header.hpp>

#include <cstdint>
#include <string>

namespace sealonce::dkim {

/// What b= is over, RFC 6376 §3.7: the fields that h= names (instances counted from the bottom, a
/// missing one is nothing), then the signature's own field without the value of b=. `own` is the
/// field that `s` was parsed from. Linear in the header, but for sorting its fields by name.
[[nodiscard]] std::string signed_octets(const signature& s, const message::header& head,
                                        const message::field& own);

/// Whether a key of that type can have made a signature with this a=. Never for rsa-sha1.
[[nodiscard]] bool fits(const signature& s, crypto::key_type key);

/// Whether b= is this key's over the header as it is. False where s has a fault or the key does not
/// fit. Says nothing about the body, nor about t= and x=.
[[nodiscard]] bool header_verifies(const signature& s, const message::header& head,
                                   const message::field& own, const crypto::public_key& key);

/// Asks for the hash that bh= is to be compared with; before the body.
[[nodiscard]] std::size_t want_body_hash(const signature& s, body_hashes& hashes);

/// What became of the body.
enum class body_verdict {
  matches, ///< bh= is the hash of the body, or of its first l= octets
  differs,
  shorter_than_length, ///< the body has fewer octets than l= says: something was cut off
};
struct body_comparison {
  body_verdict verdict = body_verdict::differs;
  std::uint64_t not_covered = 0; ///< octets of the canonical body behind the first l=
};

/// Compares bh= with the hash of that number, after body_hashes::finish(). RFC 6376 §3.5, §6.1.3.
[[nodiscard]] body_comparison compare_body(const signature& s, const body_hashes& hashes,
                                           std::size_t number);

} // namespace sealonce::dkim
