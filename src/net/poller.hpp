#pragma once

#include "asio_types.hpp"
#include "descriptor.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <sys/epoll.h>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sealonce::net {

class poller;

/// Somebody who waits: Asio's handler without its type. Needs no memory but its own, for there is
/// nobody to whom a wait that cannot begin could be reported.
class waiter {
public:
  waiter() = default;
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter() {
    if (work_ != nullptr)
      work_(room_, nullptr);
  }

  template <typename Handler>
  void keep(Handler handler) {
    static_assert(sizeof(Handler) <= sizeof room_ && alignof(Handler) <= alignof(void*) &&
                  std::is_nothrow_move_constructible_v<Handler>);
    new (room_) Handler(std::move(handler));
    work_ = work<Handler>;
  }
  [[nodiscard]] bool waits() const { return work_ != nullptr; }
  /// Calls the handler, which may destroy this object.
  void wake(error_code error) { std::exchange(work_, nullptr)(room_, &error); }

private:
  template <typename Handler>
  static void work(void* at, const error_code* error) {
    auto& kept = *std::launder(static_cast<Handler*>(at));
    Handler handler(std::move(kept));
    kept.~Handler();
    if (error != nullptr)
      std::move(handler)(*error);
  }

  alignas(void*) std::byte room_[4 * sizeof(void*)];
  void (*work_)(void*, const error_code*) = nullptr; ///< null = nobody waits
};

/// A connected socket, or one that connects, and what epoll has said of it. Owns the descriptor.
///
/// `readable` is what is known without asking: false since the socket was seen empty, true since
/// the next event. Who asks only while it is true makes no system call in vain.
class watched_socket {
public:
  explicit watched_socket(poller& watch) : poller_(watch) {}
  ~watched_socket();
  watched_socket(const watched_socket&) = delete;
  watched_socket& operator=(const watched_socket&) = delete;

  /// Takes the descriptor over, which must not block. Where epoll has no memory for it every wait
  /// fails.
  void open(net::descriptor socket);
  /// Who waits gets operation_aborted, as with cancel().
  void close();
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] asio::io_context& io() const;

  /// Until the next event that may mean octets, or their end, or room for more. One wait at a time.
  [[nodiscard]] awaitable<std::tuple<error_code>> wait_readable() { return wait(EPOLLIN); }
  [[nodiscard]] awaitable<std::tuple<error_code>> wait_writable() { return wait(EPOLLOUT); }
  /// Who waits gets operation_aborted, soon, from the event loop. Needs no memory.
  void cancel();

  bool readable = true;
  /// The other end says no more, the connection broke, or urgent octets came: always to be asked.
  bool ended = false;

private:
  friend class poller;

  [[nodiscard]] awaitable<std::tuple<error_code>> wait(std::uint32_t what);
  void note(std::uint32_t events);

  poller& poller_;
  int descriptor_ = -1;
  error_code unwatched_;
  waiter waiter_;
  std::uint32_t awaited_ = 0;      ///< the event that wakes the waiter
  bool cancelled_ = false;         ///< in the poller's list
  watched_socket* next_ = nullptr; ///< there
};

/// All sockets of a worker in one epoll instance of its own, which Asio's reactor watches as one
/// descriptor. Asio asks each socket by a recv(2) that mostly finds nothing; here an event is
/// remembered, so that nothing is asked in vain, and many events come with one system call.
class poller {
public:
  explicit poller(asio::io_context& io);
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  [[nodiscard]] asio::io_context& io() { return io_; }
  /// Looks where nobody waits, and so nobody else would: connections at rest may have closed.
  void refresh();
  /// Nobody waits any more: Asio needs not watch.
  void stop();

private:
  friend class watched_socket;
  struct start_waiting;

  [[nodiscard]] error_code add(watched_socket& socket);
  void cancel(watched_socket& socket);
  void unlist(watched_socket& socket);
  void forget(watched_socket& socket);
  void arm();
  void turn();
  [[nodiscard]] std::size_t look();
  void wake(watched_socket& socket, error_code error);
  void wake_cancelled();

  asio::io_context& io_;
  asio::posix::stream_descriptor epoll_;
  std::array<epoll_event, 64> events_;
  std::size_t next_ = 0; ///< of events_, in a turn
  std::size_t end_ = 0;
  std::size_t waiting_ = 0;             ///< sockets with somebody who waits
  watched_socket* cancelled_ = nullptr; ///< a list
  bool armed_ = false;                  ///< Asio watches; else a turn is on, or nobody waits
  bool in_turn_ = false;
};

} // namespace sealonce::net
