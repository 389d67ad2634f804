#pragma once

#include <sealonce/crypto/digest.hpp>
#include <sealonce/dkim/canonical.hpp>

#include <cstdint>
#include <limits>
#include <span>

namespace sealonce::dkim {

/// Body canonicalization and SHA-256 in one streaming pass with O(1) memory, RFC 6376 §3.4.3,
/// §3.4.4, §3.7. Input: content with CRLF as its only line end, in pieces of any size; a last line
/// without CRLF is taken as if it had one. Time is linear on every input. A CR or LF that is not
/// part of CRLF is hashed as an octet like any other. Not thread-safe. Throws what crypto::sha256
/// throws; never because of the octets.
class body_hash {
public:
  /// No l=: all of the canonical body is hashed.
  static constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

  /// `limit` is l= (RFC 6376 §3.5): only that many octets of the canonical body go into the hash,
  /// while length() goes on counting. Without `squeezes` the way for processors without AVX-512
  /// VBMI2 is taken on all: for tests.
  explicit body_hash(canonicalization how, std::uint64_t limit = no_limit, bool squeezes = true);

  void update(std::span<const char> piece);
  /// The hash of the whole body; the object starts anew with the next update().
  [[nodiscard]] crypto::sha256_value finish();
  /// Octets of the canonical body so far, which l= counts, whether they went into the hash or are
  /// past the limit; blanks and empty lines at the end of what came are not in it yet. After
  /// finish() that of the whole body, until the next update().
  [[nodiscard]] std::uint64_t length() const { return length_; }

private:
  struct output;

  void relax(std::span<const char> piece);
  std::size_t settle(std::span<const char> piece, output& out);
  void lines(std::span<const char> canonical);
  void release_lines();
  void digest(std::span<const char> canonical);

  crypto::sha256 hash_;
  canonicalization how_;
  bool squeezes_;
  bool begun_ = false;          ///< between the first update and finish
  bool blank_ = false;          ///< relaxed: blanks came last, before a CR if cr_
  bool cr_ = false;             ///< relaxed: a CR came last; its LF may follow
  bool line_cr_ = false;        ///< the same, of what came to lines()
  std::uint64_t line_ends_ = 0; ///< CRLFs held back until something else follows
  std::uint64_t length_ = 0;
  std::uint64_t limit_;
};

} // namespace sealonce::dkim
