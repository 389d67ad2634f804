#include <sealonce/octets/block_masks.hpp>

#include <boost/test/unit_test.hpp>

#include <random>
#include <vector>

using namespace sealonce::octets;

namespace {

constexpr wanted_octets line_octets = {'\r', '\n', '.'};

bool is_set(std::uint64_t mask, std::size_t bit) {
  return (mask >> bit & 1) != 0;
}

/// Each finder by itself, on blocks that begin at `text`.
void check_all_finders(const char* text, std::size_t blocks) {
  for (const octet_finder& finder : octet_finders()) {
    if (!finder.usable) {
      BOOST_TEST_MESSAGE("this processor has no " << finder.name);
      continue;
    }
    std::vector<block_masks> found(blocks, {~0u, ~0u, ~0u});
    finder.find(text, line_octets, found);
    for (std::size_t i = 0; i < blocks * block_size; ++i) {
      const block_masks& block = found[i / block_size];
      const std::size_t bit = i % block_size;
      BOOST_REQUIRE_MESSAGE(is_set(block.first, bit) == (text[i] == '\r') &&
                                is_set(block.second, bit) == (text[i] == '\n') &&
                                is_set(block.third, bit) == (text[i] == '.'),
                            finder.name << " at octet " << i);
    }
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(block_masks_test)

BOOST_AUTO_TEST_CASE(every_finder_finds_each_octet_at_each_place) {
  for (std::size_t at = 0; at < 2 * block_size; ++at) {
    for (const char c : line_octets) {
      std::vector<char> text(2 * block_size, 'x');
      text[at] = c;
      check_all_finders(text.data(), 2);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_finder_finds_no_other_octet) {
  std::vector<char> text(4 * block_size);
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = static_cast<char>(i);
  }
  check_all_finders(text.data(), 4);
}

BOOST_AUTO_TEST_CASE(blocks_may_begin_anywhere) {
  std::mt19937 any(7);
  std::vector<char> text(9 * block_size);
  for (char& c : text) {
    c = "\r\n. \tab"[any() % 7];
  }
  for (std::size_t begin = 0; begin <= block_size; ++begin) {
    check_all_finders(text.data() + begin, 8);
  }
}

BOOST_AUTO_TEST_CASE(the_one_that_is_taken_finds_the_same) {
  const std::string text = "a.b\r\n" + std::string(59, 'x');
  block_masks found;
  find_octets(text.data(), line_octets, {&found, 1});
  BOOST_TEST(found.first == 1u << 3);
  BOOST_TEST(found.second == 1u << 4);
  BOOST_TEST(found.third == 1u << 1);
  find_octets(text.data(), line_octets, {});
}

BOOST_AUTO_TEST_SUITE_END()
