#pragma once

#include "plan.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// One connection of the driver at a time: connects, greets and sends messages as its plan says
/// until the tally has none left. Registers itself with an epoll(7) instance, `this` as its data.
/// Fails the process at every reply that is not the expected one.
class client {
public:
  client(const plan& p, tally& t, int epoll) : plan_(p), tally_(t), epoll_(epoll) {}
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Connects, when a message is left.
  void open();
  /// What epoll said of its descriptor.
  void on_event(std::uint32_t events);
  /// No message is left for it, and its connection has ended.
  bool ended() const { return state_ == state::ended; }

private:
  enum class state { greeting, hello, commands, content, quit, ended };

  void begin_transaction();
  void finish_transaction();
  void close();
  void quit();
  void read();
  void take_line(std::string_view line);
  void take_reply(int code, std::string_view line);
  void take_hello(std::string_view line);
  void send(std::string_view octets);
  void flush();
  void expect(int code, int wanted, std::string_view line) const;

  const plan& plan_;
  tally& tally_;
  const int epoll_;
  int fd_ = -1;
  state state_ = state::ended;
  std::size_t position_ = 0;    ///< the command whose reply is awaited
  int accepted_ = 0;            ///< replies behind the dot
  std::int64_t began_ = 0;      ///< wall_us at MAIL
  std::string input_;           ///< the beginning of a line
  std::string_view output_;     ///< what the socket did not take yet; the plan owns it
  bool pipelining_ = false;     ///< offered on this connection
  bool xforward_ = false;       ///< likewise
  bool waits_for_room_ = false; ///< epoll was asked for EPOLLOUT
  unsigned connections_ = 0;    ///< made so far: lines behind a close are not of the next one
};

} // namespace bench
