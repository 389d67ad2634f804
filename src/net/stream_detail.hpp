#pragma once
// What the two halves of stream share.

#include "stream.hpp"

#include <cerrno>

namespace sealonce::net {

inline bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

/// Takes `sent` octets off the front, and empty pieces.
void consume(std::span<segment>& segments, std::uint64_t sent);

} // namespace sealonce::net
