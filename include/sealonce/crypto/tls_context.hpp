#pragma once

#include <sealonce/crypto/private_key.hpp>
#include <sealonce/result.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sealonce::crypto {

/// Who we say we are: PEM files.
struct tls_identity {
  std::filesystem::path certificate; ///< our certificate first, then those up to the CA's
  std::filesystem::path key;         ///< not encrypted; guarded as private_key::load demands
};

/// What a server must show before anything is said to it.
enum class tls_trust {
  anybody,     ///< nothing: the conversation is secret to those who only listen
  authority,   ///< a certificate by a known CA, valid now, for the server's name
  fingerprint, ///< a certificate or a public key that is known beforehand, whatever else it says
};

struct tls_client_rules {
  tls_trust trust = tls_trust::authority;
  std::filesystem::path ca_file;         ///< PEM; empty = the system's authorities
  std::vector<std::string> fingerprints; ///< SHA-256 in lower-case hex, of the certificate or of
                                         ///< its SubjectPublicKeyInfo (as DANE-EE, RFC 6698 §2.1)
  std::optional<tls_identity> identity;  ///< shown to a server that asks
};

struct tls_state;

/// What all TLS connections of one kind share: certificate, key, authorities, and the rules: TLS
/// 1.2 at least, ciphers with forward secrecy, no compression, no renegotiation, no resumption (a
/// ticket key that is kept would open old conversations, and connections are kept open anyway).
/// Immutable; may be used from any thread.
class tls_context {
public:
  /// For those who connect to us. `later` as in private_key::load. Fails with the file's name and
  /// the remedy: no or another certificate, a key that is not the certificate's, loose permissions.
  [[nodiscard]] static result<std::shared_ptr<const tls_context>>
  for_server(const tls_identity& us, std::optional<key_account> later = std::nullopt);

  /// For those to whom we connect.
  [[nodiscard]] static result<std::shared_ptr<const tls_context>>
  for_client(const tls_client_rules& rules, std::optional<key_account> later = std::nullopt);

  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  /// What is to be said of our certificate at this moment: it has expired, is not valid yet, or
  /// expires within limits::certificate_days. A sentence with the file's name, or empty.
  [[nodiscard]] std::string warning() const;

private:
  friend class tls_session;
  explicit tls_context(std::unique_ptr<const tls_state> s);

  std::unique_ptr<const tls_state> state_;
};

} // namespace sealonce::crypto
