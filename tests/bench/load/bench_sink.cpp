// NAME
//   bench_sink - an SMTP and LMTP server that takes every message and keeps none
// SYNOPSIS
//   bench_sink ADDRESS:PORT | unix:PATH
// DESCRIPTION
//   Announces what Postfix's smtpd(8) does, and costs as little CPU as it can. At SIGTERM it prints
//   one line of JSON and ends; at SIGUSR1 it prints the line and goes on, counting from zero.
// DIAGNOSTICS
//   Status 1 and a line on standard error when it cannot listen, or a client reads no replies.
#include "clocks.hpp"
#include "endpoint.hpp"
#include "fail.hpp"
#include "sink_session.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace bench;

namespace {

constexpr int events_at_once = 256;

int signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return signalfd(-1, &set, SFD_CLOEXEC);
}

void watch(int epoll, int fd, void* data) {
  epoll_event event{EPOLLIN, {.ptr = data}};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
    fail("epoll_ctl: %s", std::strerror(errno));
  }
}

void accept_all(int epoll, int listener, sink_counts& counts) {
  while (true) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) {
      return;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // a unix socket has none
    watch(epoll, fd, new sink_session(fd, counts));           // deleted when its connection is over
  }
}

void print(sink_counts& counts, std::int64_t& since) {
  const std::int64_t now = cpu_us();
  std::printf(
      "{\"connections\": %llu, \"messages\": %llu, \"octets\": %llu, \"signed_once\": %llu, "
      "\"commands_refused\": %llu, \"cpu_us\": %lld}\n",
      static_cast<unsigned long long>(counts.connections),
      static_cast<unsigned long long>(counts.messages),
      static_cast<unsigned long long>(counts.octets),
      static_cast<unsigned long long>(counts.signed_once),
      static_cast<unsigned long long>(counts.commands_refused),
      static_cast<long long>(now - since));
  std::fflush(stdout);
  counts = {};
  since = now;
}

/// Whether to go on.
bool take_signal(int fd, sink_counts& counts, std::int64_t& since) {
  signalfd_siginfo info{};
  if (read(fd, &info, sizeof info) != sizeof info) {
    return true;
  }
  print(counts, since);
  return info.ssi_signo == SIGUSR1;
}

} // namespace

int main(int count, char** values) {
  if (count != 2) {
    fail("exactly one ADDRESS:PORT or unix:PATH");
  }
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  int listener = listen_at(values[1]), signal_fd = signals();
  watch(epoll, listener, &listener);
  watch(epoll, signal_fd, &signal_fd);
  sink_counts counts;
  std::int64_t since = 0;
  while (true) {
    epoll_event events[events_at_once];
    const int ready = epoll_wait(epoll, events, events_at_once, -1);
    for (int i = 0; i < ready; ++i) {
      void* const data = events[i].data.ptr;
      if (data == &listener) {
        accept_all(epoll, listener, counts);
      } else if (data == &signal_fd) {
        if (!take_signal(signal_fd, counts, since)) {
          return 0;
        }
      } else if (auto* const session = static_cast<sink_session*>(data); !session->on_readable()) {
        delete session;
      }
    }
  }
}
