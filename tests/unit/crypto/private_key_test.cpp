#include "rfc8463_keys.hpp"
#include <sealonce/crypto/private_key.hpp>
#include <sealonce/crypto/public_key.hpp>
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace sealonce;
using crypto::key_type;
using crypto::private_key;

namespace {

// Made with OpenSSL for these tests only.
constexpr auto p256_private = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6VHbY0D7StZQTVDN
IgQY6vEtGvWF2VbdlDf+NNoPVtqhRANCAASyb4YNNSGs8QOtPzjGi2rklHbLD+Gt
U1vxZ19VtJ83dkQXxZhkSUIsZ5CXvcJj5pl7wwKiIoyo9foFA+hIzQBp
-----END PRIVATE KEY-----
)";
constexpr auto rsa_512_private = R"(-----BEGIN PRIVATE KEY-----
MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAvrdVJhzwxhj9ZmMO
BzSYk3wvLvRYmaejnpWnWjkUUYUWUxAz/Eyal/WZ9oWDNGZCl3OjIzDPX36xEhux
fEiXhwIDAQABAkEApMCtrzIbEZau+U8i5DicgfQqso5lJ7/5CdtQahGbKtulJ6ks
V8dpNzAg27kLLVJNy0qCI/fRBt39HdlJzML42QIhAPNJhQrbkVdz/RVDqDuYnNOt
SNV1/Ku3OLY0R4HBPZ2bAiEAyK6QaRDex+ImfIh1rECgNAeP1f1t2cS84m1VnVoH
goUCIC4NvsedZNf/NuttkU0myJkxdlYiLaB74JptLxQa9oT9AiBfaM7zhLfGJDjU
ADSh3l/MHMQ/oqt1W1nJ9N09YC4t2QIgaOHbxCHH4+su5CJfld8aqxhNcxfn9dk9
EOooKwO7plQ=
-----END PRIVATE KEY-----
)";
constexpr auto ed25519_encrypted = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgoMSamfdLfjgICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEJlvzAmzjZ0qXt2ig7RKT5oEQBAz
NaE+mnKx3+5LL4qsVTOkhB9CLc2U13Xc8yn4nbHrTJk0JwRcd09dINNWcEPvCGhm
L/znyMmZXMozfgpNnY8=
-----END ENCRYPTED PRIVATE KEY-----
)";

std::string refusal(std::string_view pem) {
  const auto key = private_key::from_pem(pem);
  return key ? "accepted" : key.error().what;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

std::vector<unsigned char> octets(std::string_view code) {
  return crypto::decode_base64(code).value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(private_key_suite)

BOOST_AUTO_TEST_CASE(the_keys_of_rfc_8463_give_the_records_of_rfc_8463) {
  const auto ed25519 = private_key::from_pem(rfc8463::ed25519_private).value();
  BOOST_TEST((ed25519->type() == key_type::ed25519));
  BOOST_TEST(ed25519->bits() == 256);
  BOOST_TEST(ed25519->public_record() == rfc8463::ed25519_public);

  const auto rsa = private_key::from_pem(rfc8463::rsa_private).value(); // PKCS#1
  BOOST_TEST((rsa->type() == key_type::rsa));
  BOOST_TEST(rsa->bits() == 1024);
  BOOST_TEST(rsa->public_record() == rfc8463::rsa_public);
}

BOOST_AUTO_TEST_CASE(pem_goes_round_as_pkcs_8) {
  for (const auto* pem : {rfc8463::ed25519_private, rfc8463::rsa_private}) {
    const auto key = private_key::from_pem(pem).value();
    const std::string again = key->to_pem();
    BOOST_TEST(again.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    BOOST_TEST(private_key::from_pem(again).value()->public_record() == key->public_record());
  }
  BOOST_TEST(private_key::from_pem(rfc8463::ed25519_private).value()->to_pem() ==
             rfc8463::ed25519_private);
}

BOOST_AUTO_TEST_CASE(text_around_the_key_and_other_line_ends_do_not_matter) {
  std::string crlf;
  for (const char c : std::string_view(rfc8463::rsa_private)) {
    crlf += c == '\n' ? "\r\n" : std::string(1, c);
  }
  BOOST_TEST(refusal(crlf) == "accepted");
  BOOST_TEST(refusal("key of example.com\n\n" + std::string(rfc8463::rsa_private) + "\nend\n") ==
             "accepted");
}

BOOST_AUTO_TEST_CASE(an_rsa_signature_is_that_of_rfc_8017_and_always_the_same) {
  // openssl dgst -sha256 -sign gives the same octets: PKCS#1 v1.5 has no random part.
  const auto key = private_key::from_pem(rfc8463::rsa_private).value();
  const std::string first = key->sign("hello").value();
  BOOST_TEST(first == "IZX9WD5I19+sAdD8+ju4eDq7mJw9sgq7SQwRJHABvphU7EwzsgKcQr9E0rrI/"
                      "CzPbOiasfbHE8zLb3QXYVlI0wt7b8B8EcieGVzYp1IeDHrLEPS78zJw/"
                      "6xvnZLZypB2NCyvaVMebaWdnSqbcfYPVdlEWcdTTS2GBRauC0GPHuo=");
  BOOST_TEST(key->sign("hello").value() == first);
  BOOST_TEST(key->sign("hellp").value() != first);
}

BOOST_AUTO_TEST_CASE(an_ed25519_signature_is_over_the_hash) {
  const auto key = private_key::from_pem(rfc8463::ed25519_private).value();
  BOOST_TEST(
      key->sign("hello").value() ==
      "xS50gTn3f8/HZhDqUx8t6pzZXgg0rsT3D9xrC2EWVzKLWeNrPKiJHhdymjs5n/iqwC5zb38OMObclW1ryhM7DQ==");
}

BOOST_AUTO_TEST_CASE(every_refusal_names_its_remedy) {
  BOOST_TEST(contains(refusal(ed25519_encrypted), "openssl pkey -in OLD -out NEW"));
  BOOST_TEST(contains(refusal(p256_private), "type EC cannot make DKIM signatures"));
  BOOST_TEST(contains(refusal(rsa_512_private), "512 bits cannot sign, it must have 1024 to 8192"));
  BOOST_TEST(contains(refusal(rsa_512_private), "sealonce keygen --bits 2048"));
  BOOST_TEST(contains(refusal(""), "there is no PEM private key"));
  BOOST_TEST(contains(refusal("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n"),
                      "there is no PEM private key"));
  BOOST_TEST(contains(refusal("-----BEGIN PUBLIC KEY-----\n" + std::string(rfc8463::rsa_public) +
                              "\n-----END PUBLIC KEY-----\n"),
                      "a public key or a certificate"));
  BOOST_TEST(contains(refusal("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"
                              "-----END OPENSSH PRIVATE KEY-----\n"),
                      "OpenSSH's own format"));
  BOOST_TEST(contains(refusal(std::string(limits::key_file + 1, 'x')), "never larger"));
}

BOOST_AUTO_TEST_CASE(an_old_encrypted_key_is_recognized_too) {
  BOOST_TEST(contains(refusal("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                              "DEK-Info: AES-128-CBC,40C447B30E4E4D6D2A9E4E5EE36E4DE1\n\n"
                              "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                              "-----END RSA PRIVATE KEY-----\n"),
                      "the key is encrypted"));
}

BOOST_AUTO_TEST_CASE(every_cut_and_many_flips_of_a_key_are_refused_or_another_key) {
  const std::string pem = rfc8463::rsa_private;
  for (std::size_t size = 0; size + 30 < pem.size(); size += 7) {
    BOOST_TEST(refusal(pem.substr(0, size)) != "accepted", "cut at " << size);
  }
  for (std::size_t at = 0; at < pem.size(); at += 11) {
    std::string flipped = pem;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    BOOST_TEST(!refusal(flipped).empty()); // no crash; most are refused
  }
}

BOOST_AUTO_TEST_CASE(generated_keys_sign_and_verify) {
  for (const auto& [type, bits] : {std::pair{key_type::ed25519, 0}, {key_type::rsa, 1024}}) {
    const auto key = private_key::generate(type, bits).value();
    BOOST_TEST((key->type() == type));
    BOOST_TEST(key->bits() == (bits == 0 ? 256 : bits));
    const auto signature = octets(key->sign("text").value());
    BOOST_TEST(crypto::public_key::of(*key).value().verify("text", signature));
    BOOST_TEST(private_key::generate(type, bits).value()->public_record() != key->public_record());
  }
  for (const int bits : {-1, 0, 512, 1023, 8193}) {
    BOOST_TEST(contains(private_key::generate(key_type::rsa, bits).error().what, "1024 to 8192"));
  }
}

BOOST_AUTO_TEST_CASE(threads_may_sign_with_one_key) {
  for (const auto* pem : {rfc8463::ed25519_private, rfc8463::rsa_private}) {
    const auto key = private_key::from_pem(pem).value();
    const std::string expected = key->sign("text").value();
    const auto many = [&](bool& good) {
      good = true;
      for (int i = 0; i < 20; ++i) {
        good = good && key->sign("text").value() == expected;
      }
    };
    bool good[2] = {};
    std::thread other(many, std::ref(good[0]));
    many(good[1]);
    other.join();
    BOOST_TEST(good[0]);
    BOOST_TEST(good[1]);
  }
}

BOOST_AUTO_TEST_CASE(a_private_key_verifies_as_its_public_half_does) {
  for (const auto* pem : {rfc8463::ed25519_private, rfc8463::rsa_private}) {
    const auto key = private_key::from_pem(pem).value();
    const auto good = octets(key->sign("text").value());
    std::vector<std::vector<unsigned char>> tried{good, {}, {0}, good, good, good};
    tried[3].pop_back();
    tried[4].push_back(0);
    tried[5][10] ^= 1;
    for (const auto& signature : tried) {
      for (const char* text : {"text", "other"}) {
        BOOST_TEST(key->verify(text, signature) == key->public_half().verify(text, signature));
      }
    }
    BOOST_TEST(key->verify("text", good));
    BOOST_TEST(!key->verify("other", good));
  }
}

BOOST_AUTO_TEST_SUITE_END()
