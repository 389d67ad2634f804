// Sockets that are waited for: what wakes, what must not be lost, and what may go while others
// wait.

#include "poller.hpp"
#include "stream.hpp"
#include <sealonce/limits.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <memory>
#include <random>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

using namespace sealonce;
using namespace sealonce::net;

namespace {

struct loop {
  asio::io_context io{1};
  poller watch{io};

  /// Until nobody waits for anything.
  void run() {
    io.restart();
    io.run();
  }
};

/// A stream and the other end of it, which blocks.
struct pair_of_ends {
  explicit pair_of_ends(loop& l) {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    const timeval soon{5, 0};
    ::setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
    far = std::make_unique<descriptor>(ends[1]);
    near = std::make_unique<stream>(l.watch, descriptor(ends[0]));
  }
  void say(const std::string& text) const {
    BOOST_TEST(::send(far->get(), text.data(), text.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(text.size()));
  }
  std::unique_ptr<stream> near;
  std::unique_ptr<descriptor> far;
};

/// Reads until the end or `most` octets.
awaitable<void> read_all(stream& from, std::string& into, error_code& end,
                         std::size_t most = SIZE_MAX, std::size_t piece = 7) {
  std::vector<char> room(piece);
  while (into.size() < most) {
    const auto [error, octets] = co_await from.read_some(room);
    end = error;
    if (error)
      co_return;
    into.append(room.data(), octets);
  }
}

template <typename Work>
void start(loop& l, Work work) {
  asio::co_spawn(l.io, std::move(work), [](std::exception_ptr broken) { BOOST_TEST(!broken); });
}

} // namespace

BOOST_AUTO_TEST_SUITE(poller_of_a_worker)

BOOST_AUTO_TEST_CASE(octets_that_are_there_and_octets_that_come) {
  loop l;
  pair_of_ends ends(l);
  std::string heard;
  error_code end;
  ends.say("early ");
  start(l, read_all(*ends.near, heard, end));
  std::thread other([&ends] {
    ends.say("late");
    ends.far.reset();
  });
  l.run();
  other.join();
  BOOST_TEST(heard == "early late");
  BOOST_TEST(end == asio::error::eof);
}

BOOST_AUTO_TEST_CASE(the_loop_ends_when_nobody_waits) {
  loop l;
  const pair_of_ends ends(l);
  l.run(); // would hang
  std::string heard;
  error_code end;
  ends.say("1234567");
  start(l, read_all(*ends.near, heard, end, 7));
  l.run();
  BOOST_TEST(heard == "1234567");
}

BOOST_AUTO_TEST_CASE(what_was_read_short_is_not_asked_again) {
  loop l;
  const pair_of_ends ends(l);
  ends.say("abc");
  io_result got;
  std::array<char, 10> room{};
  BOOST_TEST(ends.near->read_at_once(room, got));
  BOOST_TEST(std::get<1>(got) == 3U);
  BOOST_TEST(ends.near->quiet());
  ends.say("d"); // no turn since: it is not known yet, and nothing is lost
  BOOST_TEST(ends.near->heard_nothing());
  BOOST_TEST(!ends.near->quiet());
  std::string heard;
  error_code end;
  start(l, read_all(*ends.near, heard, end, 1));
  l.run();
  BOOST_TEST(heard == "d");
}

BOOST_AUTO_TEST_CASE(a_resting_connection_that_closes_or_speaks_is_not_quiet) {
  loop l;
  const pair_of_ends waiting(l);
  pair_of_ends closes(l);
  pair_of_ends speaks(l);
  std::array<char, 10> room{};
  io_result got;
  BOOST_TEST(!closes.near->read_at_once(room, got));
  BOOST_TEST(!speaks.near->read_at_once(room, got));
  BOOST_TEST(closes.near->quiet());
  BOOST_TEST(speaks.near->quiet());
  std::string heard;
  error_code end;
  start(l, read_all(*waiting.near, heard, end, 1));
  asio::post(l.io, [&] { // the reader waits: there will be a turn
    closes.far.reset();
    speaks.say("421 bye\r\n");
    waiting.say("x");
  });
  l.run();
  BOOST_TEST(!closes.near->heard_nothing());
  BOOST_TEST(!speaks.near->heard_nothing());
  BOOST_TEST(!closes.near->quiet());
  BOOST_TEST(!speaks.near->quiet());
  BOOST_TEST(closes.near->peer_gone());
  BOOST_TEST(!speaks.near->peer_gone());
  BOOST_TEST(speaks.near->has_octets());
}

BOOST_AUTO_TEST_CASE(cancelled_from_outside_and_not_at_once) {
  loop l;
  const pair_of_ends ends(l);
  std::string heard;
  error_code end;
  start(l, read_all(*ends.near, heard, end));
  asio::post(l.io, [&] {
    ends.near->cancel();
    ends.near->cancel();
    BOOST_TEST(!end); // who walks over the sessions must not see them change
  });
  l.run();
  BOOST_TEST(end == asio::error::operation_aborted);
  ends.say("after"); // and it still works
  start(l, read_all(*ends.near, heard, end, 5));
  l.run();
  BOOST_TEST(heard == "after");
}

BOOST_AUTO_TEST_CASE(closed_under_a_reader) {
  loop l;
  const pair_of_ends ends(l);
  std::string heard;
  error_code end;
  start(l, read_all(*ends.near, heard, end));
  asio::post(l.io, [&] { ends.near->close(); });
  l.run();
  BOOST_TEST(!!end);
  start(l, read_all(*ends.near, heard, end)); // the next one hears it too, at once
  l.run();
  BOOST_TEST(!!end);
  BOOST_TEST(!ends.near->quiet());
}

// Both have an event in the same turn; whoever is first destroys the other.
BOOST_AUTO_TEST_CASE(a_handler_destroys_a_socket_whose_event_comes_next) {
  for (int round = 0; round < 20; ++round) {
    loop l;
    std::vector<std::unique_ptr<pair_of_ends>> all;
    for (int i = 0; i < 8; ++i)
      all.push_back(std::make_unique<pair_of_ends>(l));
    std::array<char, 10> room{};
    io_result got;
    for (const auto& one : all)
      BOOST_TEST(!one->near->read_at_once(room, got));
    int woken = 0;
    const auto wait = [](std::vector<std::unique_ptr<pair_of_ends>>& everybody, std::size_t self,
                         int& count) -> awaitable<void> {
      std::array<char, 10> into{};
      const auto [error, octets] = co_await everybody[self]->near->read_some(into);
      if (!error)
        ++count;
      for (std::size_t i = self + 2; i < everybody.size(); i += 2)
        everybody[i].reset(); // nobody waits for these
    };
    start(l, wait(all, 1, woken));
    start(l, wait(all, 3, woken));
    asio::post(l.io, [&all] {
      for (const auto& one : all)
        one->say("x");
    });
    l.run();
    BOOST_TEST(woken >= 1);
  }
}

BOOST_AUTO_TEST_CASE(a_writer_waits_for_room) {
  loop l;
  pair_of_ends ends(l);
  const std::string much(4U << 20U, 'm');
  error_code wrote = asio::error::fault;
  const auto write = [](stream& to, const std::string& text,
                        error_code& result) -> awaitable<void> {
    deadline until;
    until.set(std::chrono::seconds(60));
    result = co_await to.write(text, until);
  };
  start(l, write(*ends.near, much, wrote));
  std::size_t read = 0;
  std::thread other([&] {
    std::vector<char> room(50'000);
    while (read < much.size()) {
      const ssize_t n = ::recv(ends.far->get(), room.data(), room.size(), 0);
      if (n <= 0)
        break;
      read += static_cast<std::size_t>(n);
    }
  });
  l.run();
  other.join();
  BOOST_TEST(!wrote);
  BOOST_TEST(read == much.size());
}

// No octet and no wake-up is lost, whatever the sizes of pieces and rooms are.
BOOST_AUTO_TEST_CASE(many_sizes) {
  std::mt19937 random(1);
  for (int round = 0; round < 30; ++round) {
    loop l;
    pair_of_ends ends(l);
    std::string said;
    for (std::size_t i = 0; i < 20'000; ++i)
      said += static_cast<char>('a' + random() % 26);
    const std::size_t room = 1 + random() % 3000;
    std::string heard;
    error_code end;
    start(l, read_all(*ends.near, heard, end, SIZE_MAX, room));
    const auto seed = random();
    std::thread other([&ends, &said, seed] {
      std::mt19937 own(seed);
      for (std::size_t at = 0; at < said.size();) {
        const std::size_t piece = std::min<std::size_t>(1 + own() % 4000, said.size() - at);
        ends.say(said.substr(at, piece));
        at += piece;
        if (own() % 3 == 0)
          std::this_thread::yield();
      }
      ends.far.reset();
    });
    l.run();
    other.join();
    BOOST_TEST(heard == said);
    BOOST_TEST(end == asio::error::eof);
  }
}

// Somebody who sends without end must not keep the others from their turn.
BOOST_AUTO_TEST_CASE(others_have_their_turn) {
  loop l;
  pair_of_ends loud(l);
  const std::string much(limits::reads_at_once * 20, 'x');
  loud.say(much);
  std::string heard;
  error_code end;
  std::size_t seen_by_other = 0;
  start(l, read_all(*loud.near, heard, end, much.size(), 1));
  asio::post(l.io, [&] { seen_by_other = heard.size(); });
  l.run();
  BOOST_TEST(heard.size() == much.size());
  BOOST_TEST(seen_by_other <= 2 * limits::reads_at_once);
}

BOOST_AUTO_TEST_SUITE_END()
