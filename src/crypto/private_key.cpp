// NAME
//   private_key - a DKIM signing key
// DESCRIPTION
//   Parses PEM, refuses what a verifier would refuse, and signs. What DigestSignInit costs (2 µs)
//   is paid once: a template context is copied for every signature, which is also what makes
//   sign() callable from any thread.
// DIAGNOSTICS
//   Failures are sentences for the administrator that say what to do; the file's name is put in
//   front by load() (key_file.cpp).
// SECURITY
//   libcrypto clears the numbers of a private key when it frees it.
#include "openssl_detail.hpp"
#include "private_key_detail.hpp"
#include <sealonce/crypto/private_key.hpp>
#include <sealonce/limits.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>

namespace sealonce::crypto {
namespace {

/// Never gives a passphrase, but notes that one was asked for.
int note_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

failure no_key(std::string_view pem, bool encrypted) {
  const std::string reason = drain_errors();
  if (encrypted) {
    return failure("the key is encrypted, and nobody is there to type its passphrase: take it off "
                   "with \"openssl pkey -in OLD -out NEW\"");
  }
  if (pem.find("OPENSSH PRIVATE KEY-----") != pem.npos) {
    return failure("the key is in OpenSSH's own format: make a DKIM key with \"sealonce keygen\"");
  }
  if (pem.find("PRIVATE KEY-----") != pem.npos) {
    return failure("the PEM private key is damaged (" + reason +
                   "): restore it or make a new one with \"sealonce keygen\"");
  }
  if (pem.find("PUBLIC KEY-----") != pem.npos || pem.find("CERTIFICATE-----") != pem.npos) {
    return failure("there is a public key or a certificate, not a private key: name the file that "
                   "begins with \"-----BEGIN PRIVATE KEY-----\"");
  }
  return failure("there is no PEM private key (\"-----BEGIN PRIVATE KEY-----\"): make one with "
                 "\"sealonce keygen\"");
}

failure bad_size(int bits) {
  return failure("an RSA key of " + std::to_string(bits) + " bits cannot sign, it must have " +
                 std::to_string(limits::rsa_bits_least) + " to " +
                 std::to_string(limits::rsa_bits_most) +
                 " (RFC 8301 section 3.2): make a new one with \"sealonce keygen --bits " +
                 std::to_string(limits::rsa_bits_advised) + "\"");
}

constexpr std::size_t longest_signature = limits::rsa_bits_most / 8;

bool fit_size(int bits) {
  return bits >= limits::rsa_bits_least && bits <= limits::rsa_bits_most;
}

failure other_algorithm(const EVP_PKEY* key) {
  const char* name = EVP_PKEY_get0_type_name(key);
  return failure("a key of type " + std::string(name != nullptr ? name : "unknown") +
                 " cannot make DKIM signatures, only RSA and Ed25519 can: make one with "
                 "\"sealonce keygen\"");
}

} // namespace

private_key::private_key(std::unique_ptr<secret> s, key_type type, int bits)
    : secret_(std::move(s)), type_(type), bits_(bits) {}

private_key::~private_key() = default;

result<std::shared_ptr<const private_key>> private_key::adopt(std::unique_ptr<secret> s) {
  EVP_PKEY* const key = s->key.get();
  const int algorithm = EVP_PKEY_get_base_id(key);
  if (algorithm != EVP_PKEY_RSA && algorithm != EVP_PKEY_ED25519) {
    return other_algorithm(key);
  }
  const key_type type = algorithm == EVP_PKEY_RSA ? key_type::rsa : key_type::ed25519;
  const int bits = type == key_type::rsa ? EVP_PKEY_get_bits(key) : ed25519_bits;
  if (type == key_type::rsa && !fit_size(bits)) {
    return bad_size(bits);
  }
  ERR_clear_error();
  s->start.reset(EVP_MD_CTX_new());
  // Ed25519 takes no digest: it signs the SHA-256 value as its message (RFC 8463 §3).
  const char* digest = type == key_type::rsa ? "SHA256" : nullptr;
  if (!s->start ||
      EVP_DigestSignInit_ex(s->start.get(), nullptr, digest, nullptr, nullptr, key, nullptr) != 1) {
    return openssl_failure("the key cannot sign");
  }
  const std::string half = public_octets(key);
  BOOST_OUTCOME_TRY(s->public_half, public_key::from_octets(type, {octets(half), half.size()}));
  return std::shared_ptr<const private_key>(new private_key(std::move(s), type, bits));
}

result<std::shared_ptr<const private_key>> private_key::from_pem(std::string_view pem) {
  if (pem.size() > limits::key_file) {
    return failure("a key is never larger than " + std::to_string(limits::key_file) + " octets");
  }
  ERR_clear_error();
  bool encrypted = false;
  auto s = std::make_unique<secret>();
  const bio text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (text) {
    s->key.reset(PEM_read_bio_PrivateKey(text.get(), nullptr, note_passphrase, &encrypted));
  }
  if (!s->key) {
    return no_key(pem, encrypted);
  }
  ERR_clear_error(); // the decoders that did not match have left their reasons
  return adopt(std::move(s));
}

result<std::shared_ptr<const private_key>> private_key::generate(key_type type, int bits) {
  if (type == key_type::rsa && !fit_size(bits)) {
    return bad_size(bits);
  }
  ERR_clear_error();
  auto s = std::make_unique<secret>();
  s->key.reset(type == key_type::rsa ? EVP_RSA_gen(static_cast<unsigned>(bits))
                                     : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!s->key) {
    return openssl_failure("no key could be made");
  }
  return adopt(std::move(s));
}

// The signature's octets into `room`; 0 and a reason in libcrypto's queue on failure.
std::size_t private_key::sign_into(std::span<unsigned char> room, std::string_view data) const {
  const evp_md_ctx context(EVP_MD_CTX_new());
  if (!context || EVP_MD_CTX_copy_ex(context.get(), secret_->start.get()) != 1) {
    return 0;
  }
  sha256_value hash{};
  if (type_ == key_type::ed25519) {
    hash = sha256_of(data);
    data = {reinterpret_cast<const char*>(hash.data()), hash.size()};
  }
  std::size_t size = room.size();
  const bool done =
      EVP_DigestSign(context.get(), room.data(), &size, octets(data), data.size()) == 1;
  return done ? size : 0;
}

result<std::string> private_key::sign(std::string_view data) const {
  ERR_clear_error();
  std::array<unsigned char, longest_signature> signature;
  const std::size_t size = sign_into(signature, data);
  if (size == 0) {
    return openssl_failure("the key does not sign");
  }
  return base64({signature.data(), size});
}

bool private_key::verify(std::string_view data, std::span<const unsigned char> signature) const {
  if (type_ == key_type::ed25519) {
    ERR_clear_error();
    std::array<unsigned char, longest_signature> own;
    const std::size_t size = sign_into(own, data);
    ERR_clear_error();
    if (std::equal(own.begin(), own.begin() + size, signature.begin(), signature.end())) {
      return size != 0;
    }
  }
  return public_half().verify(data, signature);
}

const public_key& private_key::public_half() const {
  return *secret_->public_half;
}

std::string private_key::public_record() const {
  ERR_clear_error();
  const std::string key = public_octets(secret_->key.get());
  if (key.empty()) {
    throw_openssl("a private key does not give its public half");
  }
  return base64({octets(key), key.size()});
}

std::string private_key::to_pem() const {
  ERR_clear_error();
  const bio text(BIO_new(BIO_s_secmem())); // cleared when freed
  if (!text || PEM_write_bio_PKCS8PrivateKey(text.get(), secret_->key.get(), nullptr, nullptr, 0,
                                             nullptr, nullptr) != 1) {
    throw_openssl("a private key cannot be written as PEM");
  }
  char* begin = nullptr;
  const long size = BIO_get_mem_data(text.get(), &begin);
  return {begin, static_cast<std::size_t>(size)};
}

} // namespace sealonce::crypto
