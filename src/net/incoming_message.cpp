// NAME
//   incoming_message - a message while it arrives
//
// DESCRIPTION
//   Octets go into the store in wire form, those of BDAT through the encoder; the scanner decides
//   them and hands the content to the sealer. Past the size limit nothing is kept, but the end must
//   still be found.

#include "incoming_message.hpp"

#include <cstring>

namespace sealonce::net {

incoming_message::incoming_message(chunk_pool& pool, const config::settings& s,
                                   config::relay_mode mode, const policy::author_query& who)
    : store(pool, s.message), sealer(s, mode, who), scanner(sealer) {}

bool incoming_message::look(std::uint64_t max_size) {
  const auto progress = scanner.scan(store.undecided());
  store.decide(progress.decided);
  if (!too_big && sealer.size() > max_size) {
    too_big = true;
    store.discard();
  }
  return progress.ended;
}

void incoming_message::take(std::string_view chunk, std::uint64_t max_size) {
  in_chunks += chunk.size();
  std::span<const char> left(chunk);
  while (!left.empty()) {
    const auto step = encoder.encode(left, store.room());
    store.received(step.made);
    left = left.subspan(step.taken);
    look(max_size);
  }
}

void incoming_message::end_chunks(std::uint64_t max_size) {
  for (std::string_view left = encoder.end(); !left.empty();) {
    const auto room = store.room();
    const auto length = std::min(left.size(), room.size());
    std::memcpy(room.data(), left.data(), length);
    store.received(length);
    left.remove_prefix(length);
    look(max_size);
  }
}

} // namespace sealonce::net
