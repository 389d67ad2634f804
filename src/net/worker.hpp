#pragma once

#include "client_table.hpp"
#include "message_store.hpp"
#include "next_hop_pool.hpp"
#include "poller.hpp"
#include <sealonce/config/settings.hpp>
#include <sealonce/log/logger.hpp>

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace sealonce::net {

class session;

/// What one configuration means for the network: the settings, and the next hops' addresses
/// resolved. Immutable; a session keeps the one under which it began.
struct snapshot {
  config::settings_ptr settings;
  std::unordered_map<std::string, std::vector<hop_address>> next_hops; ///< by relay name
};
using snapshot_ptr = std::shared_ptr<const snapshot>;

/// What all workers share.
struct process_state {
  std::atomic<snapshot_ptr> current;
  std::atomic<std::size_t> sessions{0};
  /// From any thread: the next hops' names are to be looked up again soon.
  void want_names();
  std::function<void()> on_want_names; ///< set before the workers run
  client_table clients;
};

/// One thread's world: event loop, sessions, idle connections, memory, log. Nothing in it is
/// touched by another thread but through post().
class worker {
public:
  worker(process_state& shared, const config::log_settings& log_settings);
  ~worker();

  asio::io_context io{1};
  poller watch{io};
  process_state& shared;
  chunk_pool chunks;

  /// Runs until everything is over. For the worker's own thread.
  void run();
  /// Stops accepting, lets idle sessions go with 421 and transactions finish. Callable from any
  /// thread.
  void stop();
  [[nodiscard]] bool stopping() const { return stopping_; }

  void add(session& s) { sessions_.insert(&s); }
  void remove(session& s);
  void add_acceptor(std::function<void()> close) { close_acceptors_.push_back(std::move(close)); }

  [[nodiscard]] next_hop_pool& pool(const std::string& relay) { return pools_[relay]; }

  /// One line for a transaction, written at the end of this turn of the loop.
  void record(const log::transaction& t);
  void log(config::log_level level, std::string_view text);

private:
  [[nodiscard]] awaitable<void> tick();
  void look_after(deadline::clock::time_point now);
  void flush_soon();
  void begin_stop();

  asio::steady_timer timer_{io};
  log::logger logger_;
  bool flush_pending_ = false;
  bool stopping_ = false;
  deadline::clock::time_point stop_by_{};
  std::unordered_set<session*> sessions_;
  std::unordered_map<std::string, next_hop_pool> pools_;
  std::vector<std::function<void()>> close_acceptors_;
};

} // namespace sealonce::net
