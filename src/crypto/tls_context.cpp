// NAME
//   tls_context - the rules of TLS connections, with certificate and key
// DESCRIPTION
//   TLS 1.2 and 1.3; ECDHE and DHE with AEAD, and ECDHE with AES in CBC mode for old servers.
//   Nothing is resumed: a connection between two mail servers is kept open and carries many
//   messages, so a session ticket saves little, and its key would be one more secret to guard. The
//   key file is read once, under the rules for DKIM keys.
// DIAGNOSTICS
//   "FILE: what is wrong: remedy".
// SECURITY
//   The text of the key is wiped; libcrypto clears the key when the context goes.
#include "key_file_detail.hpp"
#include "tls_detail.hpp"
#include <sealonce/limits.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace sealonce::crypto {
namespace {

constexpr const char* tls12_ciphers =
    "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL:!PSK:!SRP";

int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

ssl_ctx make_context(const SSL_METHOD* method) {
  ERR_clear_error();
  ssl_ctx context(SSL_CTX_new(method));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), tls12_ciphers) != 1)
    throw_openssl("TLS cannot be set up");
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                         SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_dh_auto(context.get(), 1);
  // Buffers of 34 KiB for each idle connection are not worth keeping.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

failure unreadable(const std::string& file, const std::string& what, std::string_view remedy) {
  const int code = ::access(file.c_str(), R_OK) == 0 ? 0 : errno;
  const std::string reason = drain_errors();
  if (code != 0)
    return failure(file + ": cannot open the " + what + ": " + std::strerror(code));
  return failure(file + ": there is no " + what + " in PEM form (" + reason +
                 "): " + std::string(remedy));
}

result<evp_pkey> read_key(const std::string& file, const std::optional<key_account>& later) {
  BOOST_OUTCOME_TRY(const auto text, read_key_file(file, later));
  ERR_clear_error();
  const bio memory(BIO_new_mem_buf(text.view().data(), static_cast<int>(text.view().size())));
  bool encrypted = false;
  evp_pkey key(PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, &encrypted));
  if (key)
    return key;
  const std::string reason = drain_errors();
  if (encrypted)
    return failure(file + ": the key is encrypted, and nobody is there to type its passphrase: "
                          "take it off with \"openssl pkey -in OLD -out NEW\"");
  return failure(file + ": there is no private key in PEM form (" + reason +
                 "): name the file that begins with \"-----BEGIN PRIVATE KEY-----\"");
}

result<void> use_identity(tls_state& s, const tls_identity& us,
                          const std::optional<key_account>& later) {
  const std::string& certificate = us.certificate.native();
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(s.context.get(), certificate.c_str()) != 1)
    return unreadable(certificate, "certificate",
                      "name the file whose first part is this server's certificate, \"-----BEGIN "
                      "CERTIFICATE-----\"");
  BOOST_OUTCOME_TRY(const auto key, read_key(us.key.native(), later));
  if (SSL_CTX_use_PrivateKey(s.context.get(), key.get()) != 1 ||
      SSL_CTX_check_private_key(s.context.get()) != 1) {
    const int reason = ERR_GET_REASON(ERR_peek_error());
    const std::string text = drain_errors();
    if (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)
      return failure(us.key.native() + ": the key does not belong to the certificate in " +
                     certificate + ", whose own certificate must stand first");
    return failure(us.key.native() + ": the key cannot be used: " + text);
  }
  s.certificate_file = certificate;
  return success();
}

result<void> use_authorities(tls_state& s) {
  ERR_clear_error();
  if (!s.ca_file.empty() && SSL_CTX_load_verify_file(s.context.get(), s.ca_file.c_str()) != 1)
    return unreadable(s.ca_file, "CA certificate", "name the file with the CA's certificate");
  if (s.ca_file.empty() && SSL_CTX_set_default_verify_paths(s.context.get()) != 1)
    return openssl_failure("the system's certificate authorities cannot be read");
  return success();
}

} // namespace

tls_context::tls_context(std::unique_ptr<const tls_state> s) : state_(std::move(s)) {}
tls_context::~tls_context() = default;

result<std::shared_ptr<const tls_context>>
tls_context::for_server(const tls_identity& us, std::optional<key_account> later) {
  auto s = std::make_unique<tls_state>();
  s->server = true;
  s->context = make_context(TLS_server_method());
  BOOST_OUTCOME_TRY(use_identity(*s, us, later));
  return std::shared_ptr<const tls_context>(new tls_context(std::move(s)));
}

result<std::shared_ptr<const tls_context>>
tls_context::for_client(const tls_client_rules& rules, std::optional<key_account> later) {
  auto s = std::make_unique<tls_state>();
  s->context = make_context(TLS_client_method());
  s->trust = rules.trust;
  s->fingerprints = rules.fingerprints;
  s->ca_file = rules.ca_file.native();
  if (rules.trust == tls_trust::authority) {
    BOOST_OUTCOME_TRY(use_authorities(*s));
  }
  if (rules.trust != tls_trust::anybody) {
    SSL_CTX_set_verify(s->context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(s->context.get(), verify_certificate, s.get());
  }
  if (rules.identity) {
    BOOST_OUTCOME_TRY(use_identity(*s, *rules.identity, later));
  }
  return std::shared_ptr<const tls_context>(new tls_context(std::move(s)));
}

std::string tls_context::warning() const {
  const X509* ours = SSL_CTX_get0_certificate(state_->context.get());
  if (ours == nullptr)
    return {};
  const ASN1_TIME* from = X509_get0_notBefore(ours);
  const ASN1_TIME* until = X509_get0_notAfter(ours);
  const std::string& file = state_->certificate_file;
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, from) == 1 && (days > 0 || seconds > 0))
    return file + ": the certificate is valid from " + time_text(from) +
           " only: peers that look at it refuse it until then";
  if (ASN1_TIME_diff(&days, &seconds, nullptr, until) != 1)
    return file + ": the certificate's end of validity cannot be read";
  if (days < 0 || seconds < 0)
    return file + ": the certificate expired on " + time_text(until) +
           ": peers that look at it refuse it; renew it and reload";
  if (days < limits::certificate_days)
    return file + ": the certificate expires on " + time_text(until) + ": renew it and reload";
  return {};
}

} // namespace sealonce::crypto
