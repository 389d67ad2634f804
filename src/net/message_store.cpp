// NAME
//   message_store - the one copy of a message that exists here
//
// DESCRIPTION
//   Reads go straight into chunks, writes come straight out of them. What the data scanner could
//   not decide (two octets at most) moves to the front of the next chunk, so that it always sees
//   its undecided octets in one piece.
//
// DIAGNOSTICS
//   A file that cannot be made or written: failure() has the sentence, and the message is refused
//   with 452 4.3.1 after its end; the upstream keeps it.

#include "message_store.hpp"

#include <sealonce/limits.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <unistd.h>

namespace sealonce::net {
namespace {

std::atomic<std::uint64_t> octets_in_use{0};

} // namespace

chunk_pool::chunk chunk_pool::take(std::size_t size) {
  auto& idle = size == small ? small_ : large_;
  chunk c;
  if (idle.empty()) {
    c.reset(new char[size]); // not zeroed: pages are touched when octets come
  } else {
    c = std::move(idle.back());
    idle.pop_back();
  }
  octets_in_use.fetch_add(size, std::memory_order_relaxed);
  return c;
}

void chunk_pool::give_back(chunk c, std::size_t size) {
  octets_in_use.fetch_sub(size, std::memory_order_relaxed);
  auto& idle = size == small ? small_ : large_;
  try { // from a destructor
    if (idle.size() * size < limits::idle_chunks)
      idle.push_back(std::move(c));
  } catch (const std::bad_alloc&) { // then it is not kept
  }
}

std::uint64_t chunk_pool::in_use() {
  return octets_in_use.load(std::memory_order_relaxed);
}

message_store::message_store(chunk_pool& pool, const config::message_settings& settings)
    : pool_(pool), settings_(settings) {}

message_store::~message_store() {
  release_chunks();
  if (current_)
    pool_.give_back(std::move(current_), capacity_);
  if (file_ >= 0)
    ::close(file_);
}

void message_store::release_chunks() {
  for (auto& c : chunks_)
    pool_.give_back(std::move(c.memory), c.capacity);
  chunks_.clear();
  in_chunks_ = 0;
}

void message_store::fail(std::string why) {
  failure_ = std::move(why);
  discard();
}

void message_store::discard() {
  discarding_ = true;
  release_chunks();
  if (file_ >= 0)
    ::close(file_);
  file_ = -1;
}

std::span<char> message_store::room() {
  if (!current_ || filled_ == capacity_)
    next_chunk();
  return {current_.get() + filled_, capacity_ - filled_};
}

void message_store::next_chunk() {
  const bool first = !current_;
  const std::size_t capacity = first || over_budget() ? chunk_pool::small : chunk_pool::large;
  if (chunks_.size() == chunks_.capacity()) // now, while nothing is lost if there is no memory
    chunks_.reserve(2 * chunks_.size() + 8);
  auto fresh = pool_.take(capacity);
  const std::size_t left = filled_ - decided_;
  if (!first) {
    std::memcpy(fresh.get(), current_.get() + decided_, left);
    if (discarding_) {
      pool_.give_back(std::move(current_), capacity_);
    } else {
      in_chunks_ += decided_;
      chunks_.push_back({std::move(current_), capacity_, decided_});
    }
  }
  current_ = std::move(fresh);
  capacity_ = capacity;
  filled_ = left;
  decided_ = 0;
  if (in_chunks_ > limit() || (in_chunks_ != 0 && over_budget()))
    spill();
}

std::uint64_t message_store::limit() const {
  const bool plenty = chunk_pool::in_use() < settings_.memory_budget / 2;
  return plenty ? std::max(settings_.memory_limit, settings_.memory_ample) : settings_.memory_limit;
}

bool message_store::over_budget() const {
  return chunk_pool::in_use() > settings_.memory_budget;
}

std::span<char> message_store::undecided() {
  return {current_.get() + decided_, filled_ - decided_};
}

void message_store::decide(std::size_t octets) {
  decided_ += octets;
  size_ += octets;
}

void message_store::spill() {
  if (file_ < 0)
    file_ = ::open(settings_.spill_directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file_ < 0)
    return fail("cannot make a temporary file in " + settings_.spill_directory + ": " +
                std::strerror(errno));
  for (const auto& c : chunks_) {
    std::size_t done = 0;
    while (done < c.octets) {
      const ssize_t n = ::write(file_, c.memory.get() + done, c.octets - done);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return fail("cannot write a temporary file in " + settings_.spill_directory + ": " +
                    std::strerror(n < 0 ? errno : ENOSPC));
      done += static_cast<std::size_t>(n);
    }
    in_file_ += c.octets;
  }
  release_chunks();
}

void message_store::segments(std::uint64_t from, std::uint64_t to,
                             std::vector<segment>& out) const {
  std::uint64_t start = 0; // wire offset of the piece that is looked at
  const auto add = [&](const char* data, std::uint64_t octets) {
    const std::uint64_t begin = std::max(from, start);
    const std::uint64_t end = std::min(to, start + octets);
    if (begin < end) {
      segment s;
      s.size = end - begin;
      if (data != nullptr) {
        s.data = data + (begin - start);
      } else {
        s.file = file_;
        s.offset = begin;
      }
      out.push_back(s);
    }
    start += octets;
  };
  add(nullptr, in_file_);
  for (const auto& c : chunks_)
    add(c.memory.get(), c.octets);
  if (current_)
    add(current_.get(), decided_);
}

} // namespace sealonce::net
