#pragma once

#include <sealonce/config/settings.hpp>
#include <sealonce/dkim/body_hashes.hpp>
#include <sealonce/dkim/signature.hpp>
#include <sealonce/message/header.hpp>
#include <sealonce/policy/key_selection.hpp>
#include <sealonce/policy/own_signature.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sealonce::seal {

/// Finds the signatures of our own in a message and verifies them with the public halves of our
/// keys: no DNS, no trust in what a field says of itself. A field is an own one where its d= and s=
/// name a key that we hold.
///
/// b= is verified when the header is complete; the body is hashed only for those that pass, so a
/// forged field costs one verification at most, and limits::own_signatures of them are verified in
/// one message. Not thread-safe; one per message.
class recognizer {
public:
  /// Takes the fields of a complete header apart. `chosen` are the keys that are going to sign (its
  /// keys are ours whatever the settings hold). Asks `hashes` for what it needs; `head` must live
  /// until finish().
  void examine(const message::header& head, const policy::selection& chosen,
               const config::settings& s, dkim::body_hashes& hashes);
  /// The body is over; `hashes` is finished. `now` in Unix seconds.
  void finish(const dkim::body_hashes& hashes, std::int64_t now);

  /// From the top. Before finish(), those whose b= verifies stand there as valid.
  [[nodiscard]] std::span<const policy::own_signature> own() const { return own_; }
  /// The places of all other DKIM-Signature fields, from the top.
  [[nodiscard]] std::span<const std::size_t> foreign() const { return foreign_; }

private:
  /// A signature whose b= verifies.
  struct waiting {
    std::size_t own = 0; ///< its place in own_
    dkim::signature signature;
    std::size_t hash = 0; ///< its number in the hashes
  };

  void verify(const message::header& head, const config::settings& s, policy::own_signature& own,
              dkim::body_hashes& hashes);

  std::vector<policy::own_signature> own_;
  std::vector<std::size_t> foreign_;
  std::vector<waiting> waiting_;
};

} // namespace sealonce::seal
