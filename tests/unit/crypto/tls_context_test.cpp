// Certificates and keys that cannot be used: the file's name, and what to do.

#include "certificates.hpp"
#include <sealonce/crypto/tls_context.hpp>
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace sealonce;
using crypto::tls_context;

namespace {

struct identity_files : test::scratch_directory {
  crypto::tls_identity make(const test::certificate_request& about = {}) const {
    const test::certificate one(about);
    return {write("c.pem", one.pem()), write("k.pem", one.key_pem())};
  }
  static std::string refusal(const crypto::tls_identity& us) {
    const auto made = tls_context::for_server(us);
    return made ? "accepted" : made.error().what;
  }
  std::string in_here(const std::string& sentence) const {
    return path().string() + "/" + sentence;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(tls_context_suite, identity_files)

BOOST_AUTO_TEST_CASE(a_certificate_with_its_key) {
  BOOST_TEST(refusal(make()) == "accepted");
  BOOST_TEST(tls_context::for_server(make()).value()->warning() == "");
}

BOOST_AUTO_TEST_CASE(files_that_are_not_there_or_hold_something_else) {
  auto us = make();
  us.certificate = path() / "none.pem";
  BOOST_TEST(refusal(us) == in_here("none.pem: cannot open the certificate: No such file or "
                                    "directory"));
  us = make();
  us.key = path() / "none.key";
  BOOST_TEST(refusal(us) == in_here("none.key: cannot open the key: No such file or directory"));
  us = make();
  write("c.pem", "no certificate");
  BOOST_TEST(refusal(us).starts_with(in_here("c.pem: there is no certificate in PEM form (")));
  us = make();
  write("k.pem", test::certificate().pem());
  BOOST_TEST(refusal(us).starts_with(in_here("k.pem: there is no private key in PEM form (")));
}

BOOST_AUTO_TEST_CASE(a_key_of_another_certificate) {
  const auto us = make();
  write("k.pem", test::certificate().key_pem());
  BOOST_TEST(refusal(us) == in_here("k.pem: the key does not belong to the certificate in ") +
                                in_here("c.pem, whose own certificate must stand first"));
}

BOOST_AUTO_TEST_CASE(a_key_that_others_can_read) {
  const auto us = make();
  BOOST_REQUIRE(::chmod(us.key.c_str(), 0644) == 0);
  BOOST_TEST(
      refusal(us).starts_with(in_here("k.pem: its mode 0644 lets others at the key: chmod ")));
}

BOOST_AUTO_TEST_CASE(an_encrypted_key) {
  const auto us = make();
  const test::certificate one;
  const std::unique_ptr<BIO, test::openssl_free> memory(BIO_new(BIO_s_mem()));
  std::string secret = "secret";
  BOOST_REQUIRE(PEM_write_bio_PrivateKey(memory.get(), one.key.get(), EVP_aes_128_cbc(),
                                         reinterpret_cast<unsigned char*>(secret.data()), 6,
                                         nullptr, nullptr) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  write("k.pem", std::string(text, static_cast<std::size_t>(size)));
  BOOST_TEST(refusal(us).starts_with(in_here("k.pem: the key is encrypted")), refusal(us));
}

BOOST_AUTO_TEST_CASE(the_end_of_a_certificate_is_foretold) {
  const auto warning = [this](int from, int until) {
    test::certificate_request about;
    about.from_day = from;
    about.until_day = until;
    return tls_context::for_server(make(about)).value()->warning();
  };
  BOOST_TEST(warning(-1, limits::certificate_days + 1) == "");
  BOOST_TEST(warning(-1, limits::certificate_days - 1)
                 .starts_with(in_here("c.pem: the certificate expires on ")));
  BOOST_TEST(warning(-2, -1).starts_with(in_here("c.pem: the certificate expired on ")));
  BOOST_TEST(warning(1, 2).starts_with(in_here("c.pem: the certificate is valid from ")));
}

BOOST_AUTO_TEST_CASE(a_file_of_authorities_must_hold_some) {
  crypto::tls_client_rules rules;
  rules.ca_file = path() / "ca.pem";
  const auto refused = [&rules] { return tls_context::for_client(rules).error().what; };
  BOOST_TEST(refused() == in_here("ca.pem: cannot open the CA certificate: No such file or "
                                  "directory"));
  write("ca.pem", "nobody");
  BOOST_TEST(refused().starts_with(in_here("ca.pem: there is no CA certificate in PEM form (")));
  write("ca.pem", test::certificate().pem());
  BOOST_TEST(tls_context::for_client(rules).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
