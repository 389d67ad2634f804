// The store gives back exactly what was decided, whatever the pieces, in memory and in its file.

#include <boost/test/unit_test.hpp>

#include <deque>
#include <message_store.hpp>
#include <random>
#include <string>
#include <unistd.h>

using namespace sealonce::net;
namespace config = sealonce::config;

namespace {

std::string read_back(const message_store& store, std::uint64_t from, std::uint64_t to) {
  std::vector<segment> pieces;
  store.segments(from, to, pieces);
  std::string all;
  for (const auto& p : pieces) {
    if (p.file < 0) {
      all.append(p.data, p.size);
      continue;
    }
    std::string part(p.size, '\0');
    BOOST_REQUIRE_EQUAL(::pread(p.file, part.data(), part.size(), static_cast<off_t>(p.offset)),
                        static_cast<ssize_t>(part.size()));
    all += part;
  }
  return all;
}

/// Feeds `message` in random pieces and leaves up to two octets undecided each time, as the scanner
/// does.
void feed(message_store& store, const std::string& message, std::mt19937& random) {
  std::size_t given = 0;
  while (given < message.size()) {
    const auto room = store.room();
    BOOST_REQUIRE(!room.empty());
    const std::size_t wanted = 1 + random() % 60'000;
    const std::size_t n = std::min({wanted, room.size(), message.size() - given});
    message.copy(room.data(), n, given);
    store.received(n);
    given += n;
    const auto undecided = store.undecided();
    const std::size_t kept =
        given == message.size() ? 0 : std::min<std::size_t>(random() % 3, undecided.size());
    store.decide(undecided.size() - kept);
  }
}

std::string some_message(std::size_t size, std::mt19937& random) {
  std::string text(size, ' ');
  for (char& c : text)
    c = static_cast<char>(random());
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(message_store_suite)

BOOST_AUTO_TEST_CASE(keeps_what_was_decided) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  config::message_settings settings;
  chunk_pool pool;
  for (const std::size_t size : {0u, 1u, 100u, 32u << 10, (32u << 10) + 1, 300'000u, 1'500'000u}) {
    for (const std::uint64_t limit : {0ull, 100'000ull, 10'000'000ull}) {
      const std::string message = some_message(size, random);
      settings.memory_limit = limit;
      message_store store(pool, settings);
      feed(store, message, random);
      BOOST_TEST(store.failure() == "");
      BOOST_TEST(store.size() == size);
      BOOST_TEST((read_back(store, 0, size) == message));
      const std::uint64_t cut = size / 3;
      BOOST_TEST((read_back(store, 0, cut) + read_back(store, cut, size) == message));
      if (limit > size)
        BOOST_TEST(!store.spilled());
      if (limit == 0 && size > 300'000)
        BOOST_TEST(store.spilled());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_directory_that_refuses_is_a_failure_not_a_loss) {
  std::mt19937 random(1);
  config::message_settings settings;
  settings.memory_limit = 0;
  settings.spill_directory = "/proc/self"; // takes no files
  chunk_pool pool;
  message_store store(pool, settings);
  feed(store, some_message(900'000, random), random);
  BOOST_TEST(store.failure().find("/proc/self") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(discarding_keeps_nothing_but_goes_on) {
  std::mt19937 random(1);
  config::message_settings settings;
  settings.memory_limit = 0;
  chunk_pool pool;
  message_store store(pool, settings);
  store.discard();
  feed(store, some_message(5'000'000, random), random);
  BOOST_TEST(!store.spilled());
}

BOOST_AUTO_TEST_CASE(more_in_memory_while_there_is_plenty) {
  std::mt19937 random(1);
  config::message_settings settings;
  settings.memory_limit = 1 << 20;
  settings.memory_ample = 4 << 20;
  settings.memory_budget = 8 << 20;
  chunk_pool pool;
  const std::string message = some_message(3'000'000, random);
  message_store first(pool, settings);
  feed(first, message, random);
  BOOST_TEST(!first.spilled());
  message_store second(pool, settings); // half of the budget is used before it ends
  feed(second, message, random);
  BOOST_TEST(second.spilled());
  BOOST_TEST((read_back(second, 0, message.size()) == message));
  message_store third(pool, settings);
  feed(third, some_message(5'000'000, random), random);
  BOOST_TEST(third.spilled()); // over it in any case
}

BOOST_AUTO_TEST_CASE(many_messages_stay_within_the_budget) {
  std::mt19937 random(1);
  config::message_settings settings;
  settings.memory_limit = 10 << 20;
  settings.memory_budget = 4 << 20;
  chunk_pool pool;
  const std::string message = some_message(500'000, random);
  std::deque<message_store> stores;
  for (int i = 0; i < 40; ++i) {
    stores.emplace_back(pool, settings);
    feed(stores.back(), message, random);
    // What comes above it is one chunk a message, and the one that was filled when it was reached.
    BOOST_TEST(chunk_pool::in_use() <=
               settings.memory_budget + (i + 1) * chunk_pool::small + chunk_pool::large);
  }
  BOOST_TEST(!stores.front().spilled());
  BOOST_TEST(stores.back().spilled());
  for (const auto& store : stores)
    BOOST_TEST((read_back(store, 0, message.size()) == message));
}

BOOST_AUTO_TEST_SUITE_END()
