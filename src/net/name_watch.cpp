// NAME
//   name_watch - the addresses behind next hops' names, kept fresh
//
// DESCRIPTION
//   Every minute, and soon after no address of a relay could be reached, all names of the current
//   settings are looked up. Where one has other addresses than before, a new snapshot with the same
//   settings takes the old one's place, for the sessions that begin after it.
//
// DIAGNOSTICS
//   New addresses are a line with level info. A name that cannot be looked up keeps the addresses
//   that it had, with one warning until it can be again.

#include "name_watch.hpp"

#include "resolve.hpp"
#include <sealonce/limits.hpp>

#include <condition_variable>
#include <mutex>
#include <utility>

namespace sealonce::net {

struct name_watch::shared {
  explicit shared(process_state& process) : state(process) {}
  process_state& state; ///< not touched any more once `stopped` is set
  std::mutex mutex;
  std::condition_variable wake;
  bool stopped = false;
  bool wanted = false;
  bool looking = false; ///< in the resolver: the thread may be there for long
};

name_watch::name_watch(process_state& state) : shared_(std::make_shared<shared>(state)) {}

name_watch::~name_watch() {
  bool looking = false;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopped = true;
    looking = shared_->looking;
  }
  shared_->wake.notify_all();
  if (!thread_.joinable())
    return;
  if (looking)
    thread_.detach(); // it holds `shared`, and touches nothing else any more
  else
    thread_.join();
}

void name_watch::start() {
  if (!thread_.joinable() && has_names(*shared_->state.current.load()->settings))
    thread_ = std::thread(run, shared_);
}

void name_watch::hurry() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->wanted = true;
  }
  shared_->wake.notify_all();
}

void name_watch::run(std::shared_ptr<shared> s) {
  std::unique_lock lock(s->mutex);
  name_complaints complained;
  while (!s->stopped) {
    s->wake.wait_for(lock, limits::next_hop_names_least, [&s] { return s->stopped; });
    s->wake.wait_for(lock, limits::next_hop_names - limits::next_hop_names_least,
                     [&s] { return s->stopped || s->wanted; });
    if (s->stopped)
      return;
    s->wanted = false;
    s->looking = true;
    snapshot_ptr before = s->state.current.load();
    lock.unlock();
    auto renewed = resolve_again(*before, complained);
    lock.lock();
    s->looking = false;
    if (s->stopped)
      return;
    log::logger out(before->settings->log);
    for (const auto& [level, text] : renewed.lines)
      out.line(level, text);
    // A reload in between has looked its names up itself.
    if (renewed.made)
      s->state.current.compare_exchange_strong(before, renewed.made);
  }
}

} // namespace sealonce::net
