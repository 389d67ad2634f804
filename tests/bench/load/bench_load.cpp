// NAME
//   bench_load - a load of SMTP or LMTP transactions, in the manner of Postfix's smtp(8)
// SYNOPSIS
//   bench_load [OPTION]... ADDRESS:PORT | unix:PATH
// DESCRIPTION
//   -c N  connections at a time (1)              -m N  messages altogether (1000)
//   -n    a new connection for each message      -s N  octets of the message (4096)
//   -f F  the message is in file F               -r N  recipients of each message (1)
//   -l    lock-step, as smtp-source(1)           -L    LMTP
//   -x    XFORWARD before each MAIL              -S A, -R A  sender, recipient
//   Without -l, MAIL, RCPT and DATA go in one write, the message with its dot in another. Prints
//   one line of JSON: messages, seconds, messages/s, replies, latency from MAIL to the last reply
//   in µs, own CPU in µs.
// DIAGNOSTICS
//   Status 1 and a line on standard error at the first thing that is not as expected.
#include "client.hpp"
#include "clocks.hpp"
#include "endpoint.hpp"
#include "fail.hpp"
#include "message.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <sys/epoll.h>
#include <unistd.h>

using namespace bench;

namespace {

constexpr int patience_ms = 60'000; // without anything from anybody
constexpr int events_at_once = 256;
constexpr std::size_t default_octets = 4096;

struct arguments {
  plan what;
  long connections = 1;
  long messages = 1000;
  std::size_t octets = default_octets;
  const char* file = nullptr;
  std::string sender = "alice@bench.example";
  std::string recipient = "bob@rcpt.example";
};

long number(const char* text) {
  char* end = nullptr;
  const long value = std::strtol(text, &end, 10);
  if (*text == 0 || *end != 0 || value < 1) {
    fail("not a number above 0: %s", text);
  }
  return value;
}

arguments parse(int count, char** values) {
  arguments a;
  for (int option = 0; (option = getopt(count, values, "c:m:ns:f:r:lLxS:R:")) != -1;) {
    switch (option) {
    case 'c':
      a.connections = number(optarg);
      break;
    case 'm':
      a.messages = number(optarg);
      break;
    case 'n':
      a.what.kept = false;
      break;
    case 's':
      a.octets = static_cast<std::size_t>(number(optarg));
      break;
    case 'f':
      a.file = optarg;
      break;
    case 'r':
      a.what.recipients = static_cast<int>(number(optarg));
      break;
    case 'l':
      a.what.pipelined = false;
      break;
    case 'L':
      a.what.lmtp = true;
      break;
    case 'x':
      a.what.xforward = true;
      break;
    case 'S':
      a.sender = optarg;
      break;
    case 'R':
      a.recipient = optarg;
      break;
    default:
      fail("see the head of bench_load.cpp");
    }
  }
  if (optind + 1 != count) {
    fail("exactly one ADDRESS:PORT or unix:PATH");
  }
  a.what.where = values[optind];
  write_script(a.what, a.sender, a.recipient,
               a.file != nullptr ? message_in(a.file)
                                 : usual_message(a.octets, a.sender, a.recipient));
  return a;
}

/// Until the last reply behind a dot; the farewells are not waited for.
void run(std::deque<client>& clients, const tally& t, std::size_t messages, int epoll) {
  for (client& c : clients) {
    c.open();
  }
  while (t.latency_us.size() < messages) {
    epoll_event events[events_at_once];
    const int ready = epoll_wait(epoll, events, events_at_once, patience_ms);
    if (ready == 0) {
      fail("nothing happened for %d s; %zu of %zu messages were accepted", patience_ms / 1000,
           t.latency_us.size(), messages);
    }
    for (int i = 0; i < ready; ++i) {
      static_cast<client*>(events[i].data.ptr)->on_event(events[i].events);
    }
  }
}

void print(tally& t, std::int64_t took, std::int64_t cpu) {
  std::sort(t.latency_us.begin(), t.latency_us.end());
  const auto percentile = [&](std::size_t p) {
    return t.latency_us[(t.latency_us.size() - 1) * p / 100];
  };
  const double seconds = static_cast<double>(took) / 1e6;
  std::printf("{\"messages\": %zu, \"seconds\": %.6f, \"messages_per_second\": %.1f, "
              "\"replies\": %ld, \"latency_us\": {\"p50\": %u, \"p90\": %u, \"p99\": %u}, "
              "\"cpu_us\": %lld}\n",
              t.latency_us.size(), seconds, static_cast<double>(t.latency_us.size()) / seconds,
              t.replies, percentile(50), percentile(90), percentile(99),
              static_cast<long long>(cpu));
}

} // namespace

int main(int count, char** values) {
  const arguments a = parse(count, values);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  tally t;
  t.left = a.messages;
  t.latency_us.reserve(static_cast<std::size_t>(a.messages));
  std::deque<client> clients;
  for (long i = 0; i < std::min(a.connections, a.messages); ++i) {
    clients.emplace_back(a.what, t, epoll);
  }
  const std::int64_t began = wall_us(), cpu_before = cpu_us();
  run(clients, t, static_cast<std::size_t>(a.messages), epoll);
  print(t, wall_us() - began, cpu_us() - cpu_before);
}
