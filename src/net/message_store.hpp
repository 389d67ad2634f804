#pragma once

#include "stream.hpp"
#include <sealonce/config/settings.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sealonce::net {

/// Memory for messages, used again and again: fresh pages cost more than a copy. One for each
/// worker; not thread-safe.
class chunk_pool {
public:
  static constexpr std::size_t small = 32u << 10; ///< octets; most mail fits
  static constexpr std::size_t large = 256u << 10;

  using chunk = std::unique_ptr<char[]>;
  [[nodiscard]] chunk take(std::size_t size);
  void give_back(chunk c, std::size_t size);

  /// Octets of all chunks in use in the whole process.
  [[nodiscard]] static std::uint64_t in_use();

private:
  std::vector<chunk> small_;
  std::vector<chunk> large_;
};

/// One message in wire form while it arrives and until it has gone out: in memory up to a limit
/// (and while the budget of the process lasts), above it in a file without a name, so that a crash
/// leaves nothing behind.
class message_store {
public:
  /// What bounds a message; it must outlive the store.
  message_store(chunk_pool& pool, const config::message_settings& settings);
  ~message_store();
  message_store(const message_store&) = delete;
  message_store& operator=(const message_store&) = delete;

  /// Where the next octets are to be read to; never empty. The span lives until the next call.
  /// Throws std::bad_alloc where there is no memory.
  [[nodiscard]] std::span<char> room();
  void received(std::size_t octets) { filled_ += octets; }
  /// Octets that came and are not decided yet (smtp::data_scanner); after the end of the data, what
  /// came behind it.
  [[nodiscard]] std::span<char> undecided();
  /// The first `octets` of undecided() are final.
  void decide(std::size_t octets);

  /// Lets everything go and keeps nothing from here on (the message is refused, but its end must
  /// still be found).
  void discard();
  /// Why the message could not be kept; empty = it is.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  /// Decided octets.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool spilled() const { return file_ >= 0; }

  /// Appends the wire octets [from, to) as segments; valid while the object is not changed.
  void segments(std::uint64_t from, std::uint64_t to, std::vector<segment>& out) const;

private:
  struct stored_chunk {
    chunk_pool::chunk memory;
    std::size_t capacity;
    std::size_t octets;
  };
  void next_chunk();
  /// How much of this message may stay in memory now.
  [[nodiscard]] std::uint64_t limit() const;
  [[nodiscard]] bool over_budget() const;
  void spill();
  void fail(std::string why);
  void release_chunks();

  chunk_pool& pool_;
  const config::message_settings& settings_;
  std::vector<stored_chunk> chunks_; ///< complete ones, in order, behind what is in the file
  chunk_pool::chunk current_;
  std::size_t capacity_ = 0;
  std::size_t decided_ = 0; ///< in current_
  std::size_t filled_ = 0;  ///< in current_
  std::uint64_t in_chunks_ = 0;
  std::uint64_t in_file_ = 0;
  std::uint64_t size_ = 0;
  int file_ = -1;
  bool discarding_ = false;
  std::string failure_;
};

} // namespace sealonce::net
