#pragma once

#include <sealonce/config/settings.hpp>
#include <sealonce/dns/txt_answer.hpp>
#include <sealonce/result.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sealonce::dns {

/// Asks the configured name servers, or those of the system, for TXT records: many at once, with a
/// cache, each question with a deadline of its own. libunbound does it on a thread of its own;
/// whoever owns the object waits for fd() or calls look_up_txt().
///
/// With a trust anchor file answers are validated; without one nothing is ever secure or bogus.
/// There is no default anchor: behind a forwarder without DNSSEC, and for internal zones, the
/// root's would make every answer bogus.
///
/// Not thread-safe: one thread at a time uses an object. Questions that are open when it goes are
/// never answered.
class resolver {
public:
  using clock = std::chrono::steady_clock;
  using answer_handler = std::function<void(const txt_answer&)>;

  /// Fails where a server's address, resolv.conf or the trust anchor file cannot be used.
  [[nodiscard]] static result<resolver> make(const config::dns_settings& settings);

  resolver(resolver&&) noexcept;
  resolver& operator=(resolver&&) noexcept;
  ~resolver();

  /// Asks for the TXT records of `name`: labels of letters, digits, hyphens and underscores with
  /// dots between; any other name does not exist. CNAMEs are followed. `handler` is called once,
  /// from process() or expire(), never from here; it may ask again and must not destroy the object.
  void ask_txt(const std::string& name, clock::time_point now, answer_handler handler);

  /// Readable when process() has something to do.
  [[nodiscard]] int fd() const;
  /// Takes what has come and calls its handlers.
  void process();
  /// Answers what is overdue.
  void expire(clock::time_point now);
  /// When expire() is due; nothing where no question is open.
  [[nodiscard]] std::optional<clock::time_point> next_deadline() const;
  /// Questions without an answer yet.
  [[nodiscard]] std::size_t pending() const;

private:
  struct state;
  explicit resolver(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

/// All of the names at once, for commands: returns when each has its answer, after the settings'
/// timeout at the latest. The answers are in the order of the names.
[[nodiscard]] std::vector<txt_answer> look_up_txt(resolver& r, std::span<const std::string> names);

} // namespace sealonce::dns
