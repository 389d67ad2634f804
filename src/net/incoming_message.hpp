#pragma once

#include "message_store.hpp"
#include <sealonce/seal/sealer.hpp>
#include <sealonce/smtp/chunk_encoder.hpp>
#include <sealonce/smtp/data_scanner.hpp>

namespace sealonce::net {

/// A message while it arrives, in DATA or in the chunks of BDAT.
struct incoming_message {
  /// `s` and all that `who` refers to must outlive the object.
  incoming_message(chunk_pool& pool, const config::settings& s, config::relay_mode mode,
                   const policy::author_query& who);
  incoming_message(const incoming_message&) = delete; // its scanner refers to its sealer
  incoming_message& operator=(const incoming_message&) = delete;

  /// Octets have come into the store; true = the final dot was among them.
  bool look(std::uint64_t max_size);
  /// Octets of a chunk.
  void take(std::string_view chunk, std::uint64_t max_size);
  /// The last chunk has come.
  void end_chunks(std::uint64_t max_size);

  message_store store;
  seal::sealer sealer;
  smtp::data_scanner scanner;
  smtp::chunk_encoder encoder;
  std::uint64_t in_chunks = 0; ///< octets of all chunks
  bool too_big = false;        ///< nothing of it is kept
};

} // namespace sealonce::net
