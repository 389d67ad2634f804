#include <sealonce/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

using namespace sealonce::crypto;

namespace {

std::string hex(const sha256_value& value) {
  std::string out;
  for (const unsigned char c : value) {
    out += "0123456789abcdef"[c >> 4];
    out += "0123456789abcdef"[c & 15];
  }
  return out;
}

// FIPS 180-2 appendix B.1 and B.2.
constexpr auto of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view long_text = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
constexpr auto of_long_text = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";

} // namespace

BOOST_AUTO_TEST_SUITE(digest_suite)

BOOST_AUTO_TEST_CASE(known_values) {
  BOOST_TEST(hex(sha256_of("abc")) == of_abc);
  BOOST_TEST(hex(sha256_of(long_text)) == of_long_text);
  BOOST_TEST(base64(sha256_of("")) == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

BOOST_AUTO_TEST_CASE(pieces_give_the_value_of_the_whole_and_the_object_starts_anew) {
  sha256 running;
  for (std::size_t split = 0; split <= long_text.size(); ++split) {
    running.update(long_text.substr(0, split));
    running.update(long_text.substr(split));
    BOOST_TEST(hex(running.finish()) == of_long_text);
  }
  running.update(std::string_view("thrown away"));
  running.reset();
  running.update(std::string_view("abc"));
  BOOST_TEST(hex(running.finish()) == of_abc);
}

BOOST_AUTO_TEST_CASE(a_running_value_can_be_moved) {
  sha256 first;
  first.update(std::string_view("ab"));
  sha256 second(std::move(first));
  second.update(std::string_view("c"));
  first = std::move(second);
  BOOST_TEST(hex(first.finish()) == of_abc);
}

BOOST_AUTO_TEST_SUITE_END()
