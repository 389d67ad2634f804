// NAME
//   server - the process: sockets, threads, signals
//
// DESCRIPTION
//   The main thread only waits for signals; each worker thread has an event loop of its own with
//   its own acceptors. SIGHUP puts a new snapshot in place for the sessions that begin after it.
//
// DIAGNOSTICS
//   Sentences on standard error at start; in the log while running. A reload that fails says why
//   and changes nothing.

#include "listener.hpp"
#include "name_watch.hpp"
#include "privileges.hpp"
#include "resolve.hpp"
#include "worker.hpp"
#include <sealonce/limits.hpp>
#include <sealonce/net/server.hpp>

#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <thread>

namespace sealonce::net {
namespace {

void say(const std::string& sentence) {
  std::fprintf(stderr, "sealonce: %s\n", sentence.c_str());
}

struct bound_address {
  std::string relay;
  config::endpoint at;
  std::vector<listening_socket> sockets; ///< one for each worker, or one for all (unix)
};

/// Opens everything the relays listen on, `threads` times where that is possible.
result<std::vector<bound_address>> bind_all(const config::settings& s) {
  std::vector<bound_address> bound;
  for (const auto& relay : s.relays)
    for (const auto& at : relay.listen) {
      bound_address here{relay.name, at, {}};
      const bool shareable = at.what != config::endpoint::kind::unix_socket;
      const unsigned copies = shareable ? s.server.threads : 1;
      config::endpoint next = at;
      for (unsigned i = 0; i < copies; ++i) {
        BOOST_OUTCOME_TRY(auto socket, listening_socket::open(next, relay, copies > 1));
        if (shareable && next.port == 0) // the port that the first socket got is everyone's
          next.port = socket.port();
        here.sockets.push_back(std::move(socket));
      }
      bound.push_back(std::move(here));
    }
  return bound;
}

std::string ready_line(const std::vector<bound_address>& bound, const config::settings& s) {
  std::string line = "ready:";
  for (const auto& b : bound)
    line += " relay " + b.relay + " on " + b.sockets.front().address() + ",";
  line += " " + std::to_string(s.domains.size()) + (s.domains.size() == 1 ? " domain" : " domains");
  return line;
}

/// The running process, seen from the main thread.
class control {
public:
  control(snapshot_ptr first, const reload_function& reload)
      : reload_(reload), logger_(first->settings->log) {
    state_.current = std::move(first);
    state_.on_want_names = [this] { names_.hurry(); };
    names_.start();
  }

  process_state& state() { return state_; }

  void start(std::vector<bound_address>& bound, unsigned threads) {
    const auto current = state_.current.load();
    for (unsigned i = 0; i < threads; ++i)
      workers_.push_back(std::make_unique<worker>(state_, current->settings->log));
    for (auto& b : bound)
      for (unsigned i = 0; i < threads; ++i)
        accept_on(*workers_[i], b.sockets[b.sockets.size() > 1 ? i : 0].duplicate(), b.relay);
    for (auto& w : workers_)
      threads_.emplace_back([&w] { w->run(); });
  }

  void log(config::log_level level, const std::string& text) {
    logger_.line(level, text);
    logger_.flush();
  }

  /// What an administrator must know of a configuration that is in force.
  void log_state(const config::settings& s) {
    for (const auto& warning : s.warnings)
      log(config::log_level::warning, warning);
    for (const auto& [name, domain] : s.domains)
      for (const auto& key : domain.unusable)
        log(config::log_level::error, "domain " + name + ", selector " + key.selector + ": " +
                                          key.why + "; mail of this domain is deferred");
  }

  void reload() {
    auto read = reload_(*state_.current.load()->settings);
    if (const auto* wrong = std::get_if<config::errors>(&read)) {
      for (const auto& line : wrong->lines)
        log(config::log_level::error, line);
      log(config::log_level::error, "reload failed: the old configuration stays");
      return;
    }
    auto next = resolve(std::get<config::settings_ptr>(read));
    if (!next) {
      log(config::log_level::error, next.error().what + "; the old configuration stays");
      return;
    }
    for (const auto& line : next.value()->settings->kept)
      log(config::log_level::error, line);
    log_state(*next.value()->settings);
    state_.current = next.value();
    names_.start();
    log(config::log_level::info,
        "configuration reloaded: " + std::to_string(next.value()->settings->domains.size()) +
            " domains; addresses to listen on change at a restart");
  }

  void stop() {
    for (auto& w : workers_)
      w->stop();
    for (auto& t : threads_)
      t.join();
  }

private:
  process_state state_;
  name_watch names_{state_};
  const reload_function& reload_;
  log::logger logger_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::vector<std::thread> threads_;
};

void wait_for_signals(control& process, asio::io_context& io, asio::signal_set& signals) {
  std::function<void()> wait = [&] {
    signals.async_wait([&](error_code error, int number) {
      if (error)
        return;
      if (number == SIGHUP) {
        notify_service_manager("RELOADING=1");
        process.reload();
        notify_service_manager("READY=1");
        wait();
      }
    });
  };
  wait();
  notify_service_manager("READY=1");
  io.run();
  notify_service_manager("STOPPING=1");
}

} // namespace

bool run_server(config::settings_ptr settings, const reload_function& reload) {
  std::signal(SIGPIPE, SIG_IGN);
  set_process_limits();
  auto first = resolve(settings);
  if (!first) {
    say(first.error().what);
    return false;
  }
  auto bound = bind_all(*settings);
  if (!bound) {
    say(bound.error().what);
    return false;
  }
  auto became = drop_privileges(settings->server);
  if (!became) {
    say(became.error().what);
    return false;
  }
  forbid_core_dumps();
  // Caught from here to the end: a second signal, or a SIGHUP, while transactions are being
  // finished must not kill the process between a next hop's 250 and ours.
  asio::io_context io{1};
  asio::signal_set signals(io, SIGTERM, SIGINT, SIGHUP);
  control process(first.value(), reload);
  process.log_state(*settings);
  if (!became.value().empty())
    process.log(config::log_level::warning, became.value());
  process.start(bound.value(), settings->server.threads);
  say(ready_line(bound.value(), *settings));
  wait_for_signals(process, io, signals);
  process.log(config::log_level::info, "stopping: transactions in hand are finished");
  bound.value().clear(); // nobody is let in any more
  process.stop();
  process.log(config::log_level::info, "stopped");
  return true;
}

} // namespace sealonce::net
