#include <sealonce/crypto/base64.hpp>

#include <boost/test/unit_test.hpp>

#include <random>

using namespace sealonce::crypto;

namespace {

std::string encoded(std::string_view text) {
  return base64({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

std::string decoded(std::string_view text) {
  const auto bytes = decode_base64(text);
  return bytes ? std::string(bytes.value().begin(), bytes.value().end())
               : "failed: " + bytes.error().what;
}

} // namespace

BOOST_AUTO_TEST_SUITE(base64_suite)

BOOST_AUTO_TEST_CASE(the_examples_of_rfc_4648_section_10) {
  const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, code] : examples) {
    BOOST_TEST(encoded(plain) == code);
    BOOST_TEST(decoded(code) == plain);
  }
}

BOOST_AUTO_TEST_CASE(blanks_and_folds_are_skipped_wherever_they_stand) {
  BOOST_TEST(decoded(" Zm9v\r\n\tYmE\r\n =\t") == "fooba");
  BOOST_TEST(decoded("Z m 8 =") == "fo");
  BOOST_TEST(decoded(" \r\n ") == "");
}

BOOST_AUTO_TEST_CASE(padding_may_be_left_out_as_a_whole) {
  BOOST_TEST(decoded("Zg") == "f");
  BOOST_TEST(decoded("Zm8") == "fo");
}

BOOST_AUTO_TEST_CASE(what_is_not_base64_is_refused) {
  using namespace std::string_view_literals;
  for (const std::string_view bad :
       {"Zg="sv, "Zg==="sv, "Z"sv, "Z==="sv, "="sv, "===="sv, "Zm9v="sv, "Zg==Zg=="sv, "Zm=9"sv,
        "Zm9v!"sv, "Zm-_"sv, "Zm9v\0"sv, "Zm9v\xff"sv, "Zm9v;"sv, "Zm9v\v"sv}) {
    BOOST_TEST(!decode_base64(bad).has_value(), "accepted: " << bad);
  }
  BOOST_TEST(decode_base64("Zm9v!").error().what ==
             "not base64: an octet outside the alphabet at octet 5");
}

BOOST_AUTO_TEST_CASE(decoding_undoes_encoding) {
  std::mt19937 random(4648);
  for (std::size_t size = 0; size < 200; ++size) {
    std::string octets(size, '\0');
    for (char& c : octets) {
      c = static_cast<char>(random());
    }
    BOOST_TEST((decoded(encoded(octets)) == octets), "size " << size);
  }
}

BOOST_AUTO_TEST_SUITE_END()
