#pragma once

#include <sealonce/dkim/body_hash.hpp>

#include <cstddef>
#include <vector>

namespace sealonce::dkim {

/// The hashes of one body that several signatures ask for: each canonicalization with each limit is
/// computed once, whoever asks. Used for signing and verifying alike. Not thread-safe.
class body_hashes {
public:
  /// Asks for a hash, before the first update(); the same again for the same arguments.
  /// The result is its number for value() and length().
  std::size_t want(canonicalization how, std::uint64_t limit = body_hash::no_limit);

  void update(std::span<const char> piece);
  /// The body is over. Call once.
  void finish();

  /// After finish(): the hash with that number.
  [[nodiscard]] const crypto::sha256_value& value(std::size_t number) const {
    return all_[number].value;
  }
  /// After finish(): octets of the whole canonical body, also those past the limit.
  [[nodiscard]] std::uint64_t length(std::size_t number) const {
    return all_[number].running.length();
  }
  [[nodiscard]] std::size_t size() const { return all_.size(); }

private:
  struct one {
    canonicalization how;
    std::uint64_t limit;
    body_hash running;
    crypto::sha256_value value{};
  };
  std::vector<one> all_;
};

} // namespace sealonce::dkim
