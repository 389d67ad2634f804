#include "canonical_reference.hpp"
#include <sealonce/dkim/body_hash.hpp>

#include <boost/test/unit_test.hpp>

#include <random>

using namespace sealonce;
using dkim::body_hash;
using dkim::canonicalization;

namespace {

constexpr auto both = {canonicalization::simple, canonicalization::relaxed};

std::string code_of(const crypto::sha256_value& value) {
  return crypto::base64(value);
}

std::string hash_of(canonicalization how, std::string_view body) {
  body_hash h(how);
  h.update(body);
  const std::string code = code_of(h.finish());
  body_hash plain(how, body_hash::no_limit, false); // as on every processor
  plain.update(body);
  BOOST_TEST(code_of(plain.finish()) == code);
  return code;
}

std::string sha256_code(std::string_view text) {
  return code_of(crypto::sha256_of(text));
}

constexpr std::string_view empty_simple = "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=";
constexpr std::string_view empty_relaxed = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// Bodies of the kinds that matter to the block machine: long clean stretches, runs of blanks that
/// cross every boundary, line ends alone and in heaps, stray CR and LF, 8-bit octets.
class random_body {
public:
  explicit random_body(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }

  std::string make() {
    const std::size_t size = below(8) == 0 ? below(40'000) : below(400);
    const std::size_t mean = 1 + below(below(2) == 0 ? 4 : 100);
    std::string body;
    while (body.size() < size) {
      body += unit(mean);
    }
    return body;
  }

private:
  std::string unit(std::size_t mean) {
    switch (below(10)) {
    case 0:
      return "\r\n";
    case 1:
      return std::string(below(mean), ' ');
    case 2:
      return "\t";
    case 3:
      return " ";
    case 4:
      return ".";
    case 5:
      return below(20) == 0 ? "\r" : "\xe4";
    case 6:
      return below(20) == 0 ? "\n" : std::string(1, '\0');
    case 7:
      return below(8) == 0 ? std::string(2 * below(100), '\r') : "x";
    case 8: {
      std::string many;
      for (std::size_t n = below(mean); n != 0; --n) {
        many += "\r\n";
      }
      return many;
    }
    default:
      return std::string(below(mean) * (below(20) == 0 ? 60 : 1), 'a');
    }
  }

  std::mt19937 random_;
};

unsigned seed_of_this_run() {
  return std::random_device()();
}

} // namespace

BOOST_AUTO_TEST_SUITE(body_hash_suite)

BOOST_AUTO_TEST_CASE(the_example_of_rfc_6376_section_3_4_5) {
  constexpr std::string_view body = " C \r\nD \t E\r\n\r\n\r\n";
  BOOST_TEST(test::canonical_body(canonicalization::relaxed, body) == " C\r\nD E\r\n");
  BOOST_TEST(test::canonical_body(canonicalization::simple, body) == " C \r\nD \t E\r\n");
  BOOST_TEST(hash_of(canonicalization::relaxed, body) == sha256_code(" C\r\nD E\r\n"));
  BOOST_TEST(hash_of(canonicalization::simple, body) == sha256_code(" C \r\nD \t E\r\n"));
}

BOOST_AUTO_TEST_CASE(the_body_of_rfc_8463_appendix_a) {
  constexpr std::string_view body =
      "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
  BOOST_TEST(hash_of(canonicalization::relaxed, body) ==
             "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
}

BOOST_AUTO_TEST_CASE(empty_bodies) {
  for (const std::string_view body : {"", "\r\n", "\r\n\r\n", "\r\n\r\n\r\n\r\n"}) {
    BOOST_TEST(hash_of(canonicalization::simple, body) == empty_simple);
    BOOST_TEST(hash_of(canonicalization::relaxed, body) == empty_relaxed);
  }
  for (const std::string_view body : {" ", "\t\r\n", " \r\n \r\n", "\r\n  "}) {
    BOOST_TEST(hash_of(canonicalization::relaxed, body) == empty_relaxed);
    BOOST_TEST(hash_of(canonicalization::simple, body) != empty_simple);
  }
  body_hash never_fed(canonicalization::simple);
  BOOST_TEST(code_of(never_fed.finish()) == empty_simple);
}

BOOST_AUTO_TEST_CASE(a_last_line_without_crlf_is_taken_as_if_it_had_one) {
  for (const auto how : both) {
    BOOST_TEST(hash_of(how, "abc") == sha256_code("abc\r\n"));
    BOOST_TEST(hash_of(how, "abc\r\ndef") == sha256_code("abc\r\ndef\r\n"));
    BOOST_TEST(hash_of(how, "abc\r") == sha256_code("abc\r\r\n"));
  }
  BOOST_TEST(hash_of(canonicalization::relaxed, "abc \r\ndef \t") == sha256_code("abc\r\ndef\r\n"));
}

BOOST_AUTO_TEST_CASE(random_bodies_in_random_pieces_hash_as_the_reference_does) {
  const unsigned seed = seed_of_this_run();
  BOOST_TEST_MESSAGE("seed " << seed);
  random_body random(seed);
  struct {
    canonicalization how;
    body_hash hash;
  } objects[] = {{canonicalization::simple, body_hash(canonicalization::simple)},
                 {canonicalization::relaxed, body_hash(canonicalization::relaxed)},
                 {canonicalization::relaxed,
                  body_hash(canonicalization::relaxed, body_hash::no_limit, false)}};
  for (int round = 0; round < 600; ++round) {
    const std::string body = random.make();
    const std::size_t longest_piece = 1 + random.below(random.below(2) == 0 ? 5 : body.size() + 1);
    for (auto& [how, h] : objects) { // used again and again
      for (std::size_t at = 0; at < body.size();) {
        const std::size_t n = std::min(random.below(longest_piece + 1), body.size() - at);
        h.update({body.data() + at, n});
        at += n;
      }
      const std::string expected = test::canonical_body(how, body);
      const std::string got = code_of(h.finish());
      BOOST_TEST_REQUIRE(got == sha256_code(expected),
                         "seed " << seed << " round " << round << " size " << body.size());
      BOOST_TEST_REQUIRE(h.length() == expected.size(), "seed " << seed << " round " << round);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_split_into_three) {
  constexpr std::string_view body = "a  \r\n \t\r\n\r\nb \tc\r\rd\r\n\ne \r \r\n \r\n\t";
  for (const auto how : both) {
    const std::string expected = sha256_code(test::canonical_body(how, body));
    for (std::size_t first = 0; first <= body.size(); ++first) {
      for (std::size_t second = first; second <= body.size(); ++second) {
        body_hash h(how);
        h.update(body.substr(0, first));
        h.update(body.substr(first, second - first));
        h.update(body.substr(second));
        BOOST_TEST(code_of(h.finish()) == expected, "split at " << first << ", " << second);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(blanks_around_the_borders_of_blocks) {
  for (std::size_t before = 50; before < 140; ++before) {
    for (const std::string_view odd : {" \r\n", "  x", "\tx", " \rx", " \r", "\r\n \r\n", " "}) {
      for (const std::size_t after : {0, 1, 2, 63, 64, 65, 200}) {
        const std::string body =
            std::string(before, 'a') + std::string(odd) + std::string(after, 'b');
        BOOST_TEST(hash_of(canonicalization::relaxed, body) ==
                       sha256_code(test::canonical_body(canonicalization::relaxed, body)),
                   before << " before, " << after << " after");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_limit_hashes_the_first_octets_and_counts_all) {
  constexpr std::string_view body = "a  b \r\n\r\n\r\nc\r\n\r\n";
  for (const auto how : both) {
    const std::string canonical = test::canonical_body(how, body);
    for (std::size_t limit = 0; limit <= canonical.size() + 3; ++limit) {
      for (const std::size_t piece : {1, 3, 100}) {
        body_hash h(how, limit);
        for (std::size_t at = 0; at < body.size(); at += piece) {
          h.update(body.substr(at, piece));
        }
        BOOST_TEST(code_of(h.finish()) == sha256_code(canonical.substr(0, limit)),
                   "limit " << limit);
        BOOST_TEST(h.length() == canonical.size());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_length_is_that_of_the_canonical_body) {
  body_hash h(canonicalization::relaxed);
  BOOST_TEST(h.length() == 0);
  h.update(std::string_view("a  \r\n\r\n"));
  BOOST_TEST(h.length() == 1); // it is not known yet that a line end belongs to it
  (void)h.finish();
  BOOST_TEST(h.length() == 3);
  h.update(std::string_view("abcd"));
  BOOST_TEST(h.length() == 4);
  (void)h.finish();
  (void)h.finish(); // of an empty body
  BOOST_TEST(h.length() == 0);
}

BOOST_AUTO_TEST_CASE(an_idle_object_is_small) {
  BOOST_TEST(sizeof(body_hash) <= 64);
}

BOOST_AUTO_TEST_SUITE_END()
