// NAME
//   worker - one thread with its event loop
//
// DESCRIPTION
//   A tick, four times a second, wakes what has waited too long, closes idle connections to next
//   hops and sees upstreams that are gone. Log lines are written when the handlers that are ready
//   now have run: many lines in one write under load, at once when there is none.

#include "worker.hpp"

#include "session.hpp"
#include <sealonce/limits.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <vector>

namespace sealonce::net {

void process_state::want_names() {
  if (on_want_names)
    on_want_names();
}

worker::worker(process_state& state, const config::log_settings& log_settings)
    : shared(state), logger_(log_settings) {
  asio::co_spawn(io, tick(), [](std::exception_ptr) {});
}

worker::~worker() = default;

void worker::run() {
  io.run();
}

void worker::remove(session& s) {
  sessions_.erase(&s);
}

void worker::stop() {
  asio::post(io, [this] { begin_stop(); });
}

void worker::begin_stop() {
  if (stopping_)
    return;
  stopping_ = true;
  stop_by_ = deadline::clock::now() + limits::stop_grace;
  for (auto& close : close_acceptors_)
    close();
  for (auto* s : sessions_)
    s->on_stop();
}

awaitable<void> worker::tick() {
  for (;;) {
    timer_.expires_after(limits::tick);
    const auto [error] = co_await timer_.async_wait(as_result);
    if (error)
      co_return;
    const auto now = deadline::clock::now();
    watch.refresh();
    look_after(now);
    if (!stopping_)
      continue;
    if (sessions_.empty())
      break;
    if (now >= stop_by_)
      for (auto* s : sessions_)
        s->abort();
    else
      for (auto* s : sessions_)
        s->on_stop();
  }
  pools_.clear();
  watch.stop();
}

/// What has no memory for its look now is looked at next time; the others are looked at all the
/// same.
void worker::look_after(deadline::clock::time_point now) {
  const auto try_to = [](auto look) {
    try {
      look();
    } catch (const std::exception&) {
    }
  };
  // Cancelling only queues completions: the set does not change under the loop.
  for (auto* s : sessions_)
    try_to([s, now] { s->on_tick(now); });
  const snapshot_ptr current = shared.current.load();
  for (auto& [name, pool] : pools_)
    try_to([&pool = pool, now, &current] { pool.expire(now, current->settings); });
}

void worker::record(const log::transaction& t) {
  logger_.record(t);
  flush_soon();
}

void worker::log(config::log_level level, std::string_view text) {
  logger_.line(level, text);
  flush_soon();
}

void worker::flush_soon() {
  if (flush_pending_)
    return;
  flush_pending_ = true;
  asio::post(io, [this] {
    flush_pending_ = false;
    logger_.flush();
  });
}

} // namespace sealonce::net
