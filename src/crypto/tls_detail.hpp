#pragma once
// libssl's objects with an owner, and what a failed handshake means. Private to crypto/.

#include "openssl_detail.hpp"
#include <sealonce/crypto/tls_context.hpp>

#include <openssl/ssl.h>

#include <string>
#include <string_view>
#include <vector>

namespace sealonce::crypto {

using ssl_ctx = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using ssl = std::unique_ptr<SSL, freed_by<SSL_free>>;
using x509 = std::unique_ptr<X509, freed_by<X509_free>>;

struct tls_state {
  ssl_ctx context;
  bool server = false;
  tls_trust trust = tls_trust::anybody;
  std::vector<std::string> fingerprints;
  std::string ca_file;          ///< empty = the system's
  std::string certificate_file; ///< ours; empty = none
};

/// SHA-256 of the certificate and of its SubjectPublicKeyInfo, lower-case hex.
[[nodiscard]] std::vector<std::string> fingerprints_of(const X509* certificate);

/// In the place of libssl's own verification: by authority and name, or the certificate is one of
/// `rules`' fingerprints. `rules` is the tls_state; the certificate is noted in the connection's
/// shown_certificate, which libssl forgets where it is refused.
int verify_certificate(X509_STORE_CTX* chain, void* rules);

/// The application's data of every SSL object of ours.
struct shown_certificate {
  x509 peer;
};

/// Sets what the server's certificate has to say, and the name that is asked for.
[[nodiscard]] bool expect_name(SSL* connection, std::string_view name, tls_trust trust);

/// A sentence about the peer, out of libcrypto's error queue, which is empty afterwards.
[[nodiscard]] std::string explain_tls(SSL* connection, bool server, const std::string& ca_file,
                                      std::string_view name);

/// "Nov 20 14:00:00 2026 GMT".
[[nodiscard]] std::string time_text(const ASN1_TIME* at);

} // namespace sealonce::crypto
