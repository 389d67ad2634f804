#pragma once
// Certificates for tests, made while they run: nothing in the tree expires, and no private key
// lies about.

#include <boost/test/unit_test.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <sys/stat.h>

namespace sealonce::test {

struct openssl_free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
};
using pkey_ptr = std::unique_ptr<EVP_PKEY, openssl_free>;
using x509_ptr = std::unique_ptr<X509, openssl_free>;

/// What is to be said in a certificate; `issuer` null = signed by itself.
struct certificate_request {
  std::string name = "localhost";                          ///< common name
  std::string alternatives = "DNS:localhost,IP:127.0.0.1"; ///< subjectAltName; may be empty
  bool authority = false;
  int from_day = -1; ///< from today
  int until_day = 100;
};

struct certificate {
  pkey_ptr key{EVP_EC_gen("P-256")};
  x509_ptr shown{X509_new()};

  explicit certificate(const certificate_request& about = {}, const certificate* issuer = nullptr) {
    BOOST_REQUIRE(key && shown);
    X509* const x = shown.get();
    X509_set_version(x, 2);
    static long serial = 1;
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_time_adj_ex(X509_getm_notBefore(x), about.from_day, 0, nullptr);
    X509_time_adj_ex(X509_getm_notAfter(x), about.until_day, 0, nullptr);
    X509_NAME* const subject = X509_get_subject_name(x);
    const auto* text = reinterpret_cast<const unsigned char*>(about.name.c_str());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(x,
                         issuer != nullptr ? X509_get_subject_name(issuer->shown.get()) : subject);
    X509_set_pubkey(x, key.get());
    if (about.authority)
      extend(NID_basic_constraints, "critical,CA:TRUE");
    if (!about.alternatives.empty() && !about.authority)
      extend(NID_subject_alt_name, about.alternatives);
    EVP_PKEY* const signer = issuer != nullptr ? issuer->key.get() : key.get();
    BOOST_REQUIRE(X509_sign(x, signer, EVP_sha256()) > 0);
  }

  [[nodiscard]] std::string pem() const {
    const std::unique_ptr<BIO, openssl_free> memory(BIO_new(BIO_s_mem()));
    BOOST_REQUIRE(PEM_write_bio_X509(memory.get(), shown.get()) == 1);
    return text_of(memory.get());
  }
  [[nodiscard]] std::string key_pem() const {
    const std::unique_ptr<BIO, openssl_free> memory(BIO_new(BIO_s_mem()));
    BOOST_REQUIRE(PEM_write_bio_PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                           nullptr) == 1);
    return text_of(memory.get());
  }

private:
  static std::string text_of(BIO* memory) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory, &text);
    return {text, static_cast<std::size_t>(size)};
  }

  void extend(int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, shown.get(), shown.get(), nullptr, nullptr, 0);
    X509_EXTENSION* one = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    BOOST_REQUIRE(one != nullptr);
    X509_add_ext(shown.get(), one, -1);
    X509_EXTENSION_free(one);
  }
};

/// A directory of its own, gone at the end.
class scratch_directory {
public:
  scratch_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "sealonce-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~scratch_directory() { std::filesystem::remove_all(path_); }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Writes a file that only its owner can read, and gives its whole name.
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const auto file = path_ / name;
    std::ofstream(file) << text;
    BOOST_REQUIRE(::chmod(file.c_str(), 0600) == 0);
    return file;
  }

private:
  std::filesystem::path path_;
};

} // namespace sealonce::test
