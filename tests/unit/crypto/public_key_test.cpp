#include "rfc8463_keys.hpp"
#include <sealonce/crypto/public_key.hpp>

#include <boost/test/unit_test.hpp>

using namespace sealonce::crypto;

namespace {

std::vector<unsigned char> octets(std::string_view code) {
  return decode_base64(code).value();
}

public_key key_of(key_type type, std::string_view record) {
  return public_key::from_octets(type, octets(record)).value();
}

// One 512 bit key in both forms and its signature of "hello", made with openssl for this test.
constexpr auto rsa_512_subject_public_key_info =
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL63VSYc8MYY/WZjDgc0mJN8Ly70WJmno56Vp1o5FFGFFlMQM/"
    "xMmpf1mfaFgzRmQpdzoyMwz19+sRIbsXxIl4cCAwEAAQ==";
constexpr auto rsa_512_pkcs_1 =
    "MEgCQQC+"
    "t1UmHPDGGP1mYw4HNJiTfC8u9FiZp6OeladaORRRhRZTEDP8TJqX9Zn2hYM0ZkKXc6MjMM9ffrESG7F8SJeHAgMBAAE=";
constexpr auto rsa_512_signature =
    "PZmJdSQABrab5O/EJtwSI+yUGCOdx37IKARELkRy2yUCgkyCjJeKTSX7hjscEhgkUde5ZpBJiZk6+dwqcM+9EA==";

std::vector<unsigned char> as_pkcs_1(std::vector<unsigned char> info) {
  // The bit string behind the algorithm: 22 octets into a SubjectPublicKeyInfo of 1024 bits.
  info.erase(info.begin(), info.begin() + 22);
  return info;
}

} // namespace

BOOST_AUTO_TEST_SUITE(public_key_suite)

BOOST_AUTO_TEST_CASE(records_give_type_and_size) {
  const auto rsa = key_of(key_type::rsa, rfc8463::rsa_public);
  BOOST_TEST((rsa.type() == key_type::rsa));
  BOOST_TEST(rsa.bits() == 1024);
  const auto ed25519 = key_of(key_type::ed25519, rfc8463::ed25519_public);
  BOOST_TEST((ed25519.type() == key_type::ed25519));
  BOOST_TEST(ed25519.bits() == 256);
}

BOOST_AUTO_TEST_CASE(a_small_key_is_read_and_its_size_told) {
  for (const auto* form : {rsa_512_subject_public_key_info, rsa_512_pkcs_1}) {
    const auto key = key_of(key_type::rsa, form);
    BOOST_TEST(key.bits() == 512);
    BOOST_TEST(key.verify("hello", octets(rsa_512_signature)));
    BOOST_TEST(!key.verify("hellp", octets(rsa_512_signature)));
  }
}

BOOST_AUTO_TEST_CASE(a_bare_pkcs_1_key_is_the_same_key) {
  const auto key =
      public_key::from_octets(key_type::rsa, as_pkcs_1(octets(rfc8463::rsa_public))).value();
  const auto secret = private_key::from_pem(rfc8463::rsa_private).value();
  BOOST_TEST(key.verify("text", octets(secret->sign("text").value())));
}

BOOST_AUTO_TEST_CASE(only_the_very_signature_of_the_very_data_verifies) {
  for (const auto* pem : {rfc8463::rsa_private, rfc8463::ed25519_private}) {
    const auto secret = private_key::from_pem(pem).value();
    const auto key = public_key::of(*secret).value();
    const auto good = octets(secret->sign("text").value());
    BOOST_TEST(key.verify("text", good));
    BOOST_TEST(!key.verify("tex", good));
    BOOST_TEST(!key.verify("text\r\n", good));
    BOOST_TEST(!key.verify("text", {}));
    for (std::size_t i = 0; i < good.size(); ++i) {
      auto bad = good;
      bad[i] ^= 0x10;
      BOOST_TEST(!key.verify("text", bad), "octet " << i);
      BOOST_TEST(!key.verify("text", std::span(good).first(i)), "cut at " << i);
    }
    auto longer = good;
    longer.push_back(0);
    BOOST_TEST(!key.verify("text", longer));
  }
}

BOOST_AUTO_TEST_CASE(a_signature_of_the_other_type_does_not_verify) {
  const auto rsa = private_key::from_pem(rfc8463::rsa_private).value();
  const auto ed25519 = private_key::from_pem(rfc8463::ed25519_private).value();
  BOOST_TEST(!public_key::of(*rsa).value().verify("text", octets(ed25519->sign("text").value())));
  BOOST_TEST(!public_key::of(*ed25519).value().verify("text", octets(rsa->sign("text").value())));
}

BOOST_AUTO_TEST_CASE(octets_that_are_no_key_are_refused) {
  const auto refused = [](key_type type, std::span<const unsigned char> p) {
    return !public_key::from_octets(type, p).has_value();
  };
  const auto rsa = octets(rfc8463::rsa_public);
  const auto ed25519 = octets(rfc8463::ed25519_public);
  BOOST_TEST(refused(key_type::rsa, {}));
  BOOST_TEST(refused(key_type::rsa, ed25519));
  BOOST_TEST(refused(key_type::ed25519, {}));
  BOOST_TEST(refused(key_type::ed25519, rsa));
  BOOST_TEST(refused(key_type::ed25519, std::span(ed25519).first(31)));
  for (std::size_t i = 0; i < rsa.size(); ++i) {
    BOOST_TEST(refused(key_type::rsa, std::span(rsa).first(i)), "cut at " << i);
  }
  auto longer = rsa;
  longer.push_back(0);
  BOOST_TEST(refused(key_type::rsa, longer));
  longer = as_pkcs_1(rsa);
  longer.push_back(0);
  BOOST_TEST(refused(key_type::rsa, longer));
  BOOST_TEST(refused(key_type::rsa, std::vector<unsigned char>(100'000, 0x30)));
}

BOOST_AUTO_TEST_CASE(an_ed25519_key_in_subject_public_key_info_is_not_an_rsa_key) {
  // RFC 8410 §4: the DER prefix of an Ed25519 SubjectPublicKeyInfo.
  std::vector<unsigned char> info = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                     0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
  const auto point = octets(rfc8463::ed25519_public);
  info.insert(info.end(), point.begin(), point.end());
  const auto key = public_key::from_octets(key_type::rsa, info);
  BOOST_REQUIRE(!key.has_value());
  BOOST_TEST(key.error().what == "the public key is not an RSA key, though k= says so");
}

BOOST_AUTO_TEST_CASE(flipped_octets_of_a_key_never_do_harm) {
  const auto secret = private_key::from_pem(rfc8463::rsa_private).value();
  const auto good = octets(secret->sign("text").value());
  const auto rsa = octets(rfc8463::rsa_public);
  constexpr std::size_t modulus = 29; // in front of it are tags and lengths
  for (std::size_t i = 0; i < rsa.size(); ++i) {
    for (const unsigned flip : {0x01u, 0x80u, 0xffu}) {
      auto bad = rsa;
      bad[i] = static_cast<unsigned char>(bad[i] ^ flip);
      const auto key = public_key::from_octets(key_type::rsa, bad);
      if (key && i >= modulus) {
        BOOST_TEST(!key.value().verify("text", good), "octet " << i);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
