// The examples of the RFCs, in both directions: what they signed verifies, and their private keys
// give the printed signatures again (both algorithms are deterministic).
#include "../crypto/rfc8463_keys.hpp"
#include "parsed_message.hpp"

#include <boost/test/unit_test.hpp>

using namespace sealonce;

namespace {

// RFC 6376 appendix C.
constexpr auto rfc6376_public =
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/"
    "zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/"
    "NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB";

parsed_message corpus(const std::string& name) {
  const std::string text = file_text(SEALONCE_TEST_DATA "/dkim/" + name);
  BOOST_REQUIRE_MESSAGE(!text.empty(), "missing: " << name);
  return parsed_message(text);
}

bool verifies(const message::header& head, const signature_field& s, crypto::key_type type,
              std::string_view record) {
  const auto octets = crypto::decode_base64(record).value();
  const auto key = crypto::public_key::from_octets(type, octets).value();
  return key.verify(s.data(head), s.octets("b"));
}

std::string without_blanks(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c <= ' '; });
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(rfc_examples)

BOOST_AUTO_TEST_CASE(rfc_8463_appendix_a_verifies) {
  const parsed_message m = corpus("01-rfc8463-two-keys.eml");
  const auto signatures = signatures_of(m.head());
  BOOST_REQUIRE(signatures.size() == 2);
  BOOST_TEST(signatures[0].body_matches(m.body()));
  BOOST_TEST(signatures[1].body_matches(m.body()));
  BOOST_TEST(verifies(m.head(), signatures[0], crypto::key_type::ed25519, rfc8463::ed25519_public));
  BOOST_TEST(verifies(m.head(), signatures[1], crypto::key_type::rsa, rfc8463::rsa_public));
}

BOOST_AUTO_TEST_CASE(the_private_keys_of_rfc_8463_give_its_signatures) {
  const parsed_message m = corpus("01-rfc8463-two-keys.eml");
  const auto signatures = signatures_of(m.head());
  BOOST_REQUIRE(signatures.size() == 2);
  const char* const keys[] = {rfc8463::ed25519_private, rfc8463::rsa_private};
  for (int i = 0; i < 2; ++i) {
    const auto key = crypto::private_key::from_pem(keys[i]).value();
    BOOST_TEST(key->sign(signatures[i].data(m.head())).value() ==
               without_blanks(signatures[i].tag("b")));
  }
}

BOOST_AUTO_TEST_CASE(rfc_6376_appendix_a_verifies_as_corrected) {
  const parsed_message m = corpus("02-rfc6376-simple.eml");
  const auto signatures = signatures_of(m.head());
  BOOST_REQUIRE(signatures.size() == 1);
  BOOST_TEST(signatures[0].body_matches(m.body()));
  BOOST_TEST(verifies(m.head(), signatures[0], crypto::key_type::rsa, rfc6376_public));
}

BOOST_AUTO_TEST_CASE(rfc_6376_appendix_a_as_printed_is_another_message) {
  const parsed_message m = corpus("03-rfc6376-as-printed.eml");
  const auto signatures = signatures_of(m.head());
  BOOST_REQUIRE(signatures.size() == 1);
  BOOST_TEST(!signatures[0].body_matches(m.body()));
  BOOST_TEST(!verifies(m.head(), signatures[0], crypto::key_type::rsa, rfc6376_public));
}

BOOST_AUTO_TEST_SUITE_END()
