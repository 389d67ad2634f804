// NAME
//   client - one connection of the load driver
// DESCRIPTION
//   A machine of a few states over one socket. What the manner of the plan asks for must be
//   offered: a measurement that quietly did something else would lie.
// DIAGNOSTICS
//   An unexpected reply, an early end or an extension that is not offered ends the process.
#include "client.hpp"

#include "clocks.hpp"
#include "endpoint.hpp"
#include "fail.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {
namespace {

constexpr std::size_t read_octets = 16 * 1024;
constexpr std::size_t code_octets = 3;
constexpr int greeted = 220;
constexpr int bye = 221;
constexpr int done = 250;

} // namespace

void client::open() {
  if (tally_.left == 0) {
    state_ = state::ended;
    return;
  }
  fd_ = connect_to(plan_.where);
  ++connections_;
  pipelining_ = xforward_ = waits_for_room_ = false;
  state_ = state::greeting;
  epoll_event event{EPOLLIN, {.ptr = this}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &event) != 0) {
    fail("epoll_ctl: %s", std::strerror(errno));
  }
}

void client::on_event(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) {
    flush();
  }
  if ((events & ~EPOLLOUT) != 0) {
    read();
  }
}

void client::begin_transaction() {
  if (tally_.left == 0) {
    quit();
    return;
  }
  --tally_.left;
  state_ = state::commands;
  position_ = 0;
  accepted_ = 0;
  began_ = wall_us();
  send(plan_.pipelined ? std::string_view(plan_.group) : plan_.commands[0].line);
}

void client::finish_transaction() {
  tally_.latency_us.push_back(static_cast<std::uint32_t>(wall_us() - began_));
  if (plan_.kept) {
    begin_transaction();
  } else if (plan_.pipelined) {
    close(); // QUIT went with the dot
  } else {
    quit();
  }
}

void client::quit() {
  state_ = state::quit;
  send("QUIT\r\n");
}

void client::close() {
  ::close(fd_); // leaves the epoll instance, too
  fd_ = -1;
  input_.clear();
  output_ = {};
  open();
}

void client::read() {
  static char buffer[read_octets];
  const ssize_t got = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (got <= 0) {
    fail("the connection ended early: %s", got < 0 ? std::strerror(errno) : "end of file");
  }
  std::string_view octets(buffer, static_cast<std::size_t>(got));
  const unsigned connection = connections_;
  while (!octets.empty()) {
    const auto end = octets.find('\n');
    if (end == octets.npos) {
      input_ += octets;
      return;
    }
    if (input_.empty()) {
      take_line(octets.substr(0, end + 1));
    } else {
      const std::string line = input_.append(octets.substr(0, end + 1));
      input_.clear();
      take_line(line);
    }
    if (fd_ < 0 || connections_ != connection) {
      return;
    }
    octets.remove_prefix(end + 1);
  }
}

void client::take_line(std::string_view line) {
  int code = 0;
  if (line.size() < code_octets + 2 || !line.ends_with("\r\n") ||
      std::from_chars(line.data(), line.data() + code_octets, code).ptr !=
          line.data() + code_octets) {
    fail("not a reply: %.*s", static_cast<int>(line.size()), line.data());
  }
  const bool last = line[code_octets] != '-';
  if (state_ == state::hello) {
    take_hello(line.substr(code_octets + 1));
  }
  if (last) {
    ++tally_.replies;
    take_reply(code, line);
  }
}

void client::take_hello(std::string_view line) {
  pipelining_ |= line.starts_with("PIPELINING");
  xforward_ |= line.starts_with("XFORWARD");
}

void client::expect(int code, int wanted, std::string_view line) const {
  if (code != wanted) {
    const char* const to = state_ == state::commands  ? plan_.commands[position_].line.c_str()
                           : state_ == state::content ? "the final dot"
                           : state_ == state::hello   ? plan_.hello.c_str()
                                                      : "connection";
    fail("%d wanted, not: %.*s  in answer to: %s", wanted, static_cast<int>(line.size()),
         line.data(), to);
  }
}

void client::take_reply(int code, std::string_view line) {
  switch (state_) {
  case state::greeting:
    expect(code, greeted, line);
    state_ = state::hello;
    return send(plan_.hello);
  case state::hello:
    expect(code, done, line);
    if ((plan_.pipelined && !pipelining_) || (plan_.xforward && !xforward_)) {
      fail("not offered: %s", plan_.pipelined && !pipelining_ ? "PIPELINING" : "XFORWARD");
    }
    return begin_transaction();
  case state::commands:
    expect(code, plan_.commands[position_].code, line);
    if (++position_ == plan_.commands.size()) {
      state_ = state::content;
      send(plan_.content);
    } else if (!plan_.pipelined) {
      send(plan_.commands[position_].line);
    }
    return;
  case state::content:
    expect(code, done, line);
    if (++accepted_ == (plan_.lmtp ? plan_.recipients : 1)) {
      finish_transaction();
    }
    return;
  case state::quit:
    expect(code, bye, line);
    return close();
  case state::ended:
    fail("a reply behind the end");
  }
}

void client::send(std::string_view octets) {
  output_ = octets;
  flush();
}

void client::flush() {
  const std::size_t before = output_.size();
  if (before == 0) {
    return;
  }
  const ssize_t sent = ::send(fd_, output_.data(), before, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    fail("send: %s", std::strerror(errno));
  }
  output_.remove_prefix(sent > 0 ? static_cast<std::size_t>(sent) : 0);
  epoll_event event{EPOLLIN, {.ptr = this}};
  event.events |= output_.empty() ? 0U : static_cast<std::uint32_t>(EPOLLOUT);
  // Asked for only by a message that the socket did not take at once, and taken back behind it.
  if (!output_.empty() || waits_for_room_) {
    epoll_ctl(epoll_, EPOLL_CTL_MOD, fd_, &event);
    waits_for_room_ = !output_.empty();
  }
}

} // namespace bench
