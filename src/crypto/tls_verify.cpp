// NAME
//   tls_verify - whom we speak to, and why a handshake failed
// DESCRIPTION
//   A certificate is verified by libcrypto against the authorities and the name, or by its
//   fingerprint alone. A failure becomes a sentence about the peer with what an administrator can
//   do about it; libssl's own reason stands in it where we know no better.
// DIAGNOSTICS
//   explain_tls never fails.
#include "tls_detail.hpp"
#include <sealonce/crypto/digest.hpp>
#include <sealonce/limits.hpp>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

namespace sealonce::crypto {
namespace {

std::string hex(std::span<const unsigned char> octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const unsigned char c : octets)
    (out += digits[c >> 4u]) += digits[c & 15u];
  return out;
}

using x509_digest = int (*)(const X509*, const EVP_MD*, unsigned char*, unsigned int*);

std::string digest_text(const X509* certificate, x509_digest digest) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned size = 0;
  if (digest(certificate, EVP_sha256(), value.data(), &size) != 1)
    return {};
  return hex({value.data(), size});
}

/// SHA-256 of SubjectPublicKeyInfo in DER.
std::string key_digest_text(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0)
    return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned length = 0;
  const int made =
      EVP_Digest(der, static_cast<std::size_t>(size), value.data(), &length, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  return made == 1 ? hex({value.data(), length}) : std::string();
}

/// A few names that the certificate is for.
std::string names_in(const X509* certificate) {
  using names = std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>>;
  const names found(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string out;
  for (int i = 0; found && i < sk_GENERAL_NAME_num(found.get()); ++i) {
    const GENERAL_NAME* one = sk_GENERAL_NAME_value(found.get(), i);
    if (one->type != GEN_DNS || out.size() > limits::shown_signature)
      continue;
    const unsigned char* text = ASN1_STRING_get0_data(one->d.dNSName);
    const auto size = static_cast<std::size_t>(ASN1_STRING_length(one->d.dNSName));
    out.append(out.empty() ? "" : ", ").append(reinterpret_cast<const char*>(text), size);
  }
  return out.empty() ? "no host name" : out;
}

std::string explain_verification(SSL* connection, const std::string& ca_file,
                                 std::string_view name) {
  const long code = SSL_get_verify_result(connection);
  const x509& peer = static_cast<const shown_certificate*>(SSL_get_app_data(connection))->peer;
  switch (code) {
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH:
    return "its certificate is not for " + std::string(name) + " but for " +
           (peer ? names_in(peer.get()) : "another") +
           ": set next_hop_tls.name, or have the certificate corrected";
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return "a certificate of it has expired" +
           (peer ? " (its own is valid until " + time_text(X509_get0_notAfter(peer.get())) + ")"
                 : std::string()) +
           ": it must be renewed there";
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return "its certificate is not valid yet: look at the clocks of both machines";
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_CERT_SIGNATURE_FAILURE: // another CA that has the same name
    return "its certificate is by no authority of " + (ca_file.empty() ? "this system" : ca_file) +
           " (" + X509_verify_cert_error_string(code) +
           "): set next_hop_tls.ca_file to its CA's certificate, or give its fingerprint";
  case X509_V_ERR_APPLICATION_VERIFICATION:
    return "its certificate has none of the fingerprints in next_hop_tls.fingerprints: it shows " +
           (peer ? fingerprints_of(peer.get()).front() : "none");
  default:
    return std::string("its certificate is refused: ") + X509_verify_cert_error_string(code);
  }
}

} // namespace

std::string time_text(const ASN1_TIME* at) {
  const bio memory(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  if (!memory || ASN1_TIME_print(memory.get(), at) != 1)
    return "an unreadable time";
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::vector<std::string> fingerprints_of(const X509* certificate) {
  return {digest_text(certificate, X509_digest), key_digest_text(certificate)};
}

int verify_certificate(X509_STORE_CTX* chain, void* rules) {
  const auto& state = *static_cast<const tls_state*>(rules);
  const auto& known = state.fingerprints;
  X509* const shown = X509_STORE_CTX_get0_cert(chain);
  const auto* connection = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* note = static_cast<shown_certificate*>(SSL_get_app_data(connection));
  if (note != nullptr && shown != nullptr && X509_up_ref(shown) == 1)
    note->peer.reset(shown);
  if (state.trust == tls_trust::authority)
    return X509_verify_cert(chain);
  if (shown == nullptr)
    return 0;
  for (const std::string& one : fingerprints_of(shown))
    if (!one.empty() && std::find(known.begin(), known.end(), one) != known.end()) {
      X509_STORE_CTX_set_error(chain, X509_V_OK);
      return 1;
    }
  X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

bool expect_name(SSL* connection, std::string_view name, tls_trust trust) {
  const std::string text(name);
  X509_VERIFY_PARAM* rules = SSL_get0_param(connection);
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  using octet_string = std::unique_ptr<ASN1_OCTET_STRING, freed_by<ASN1_OCTET_STRING_free>>;
  const octet_string address(a2i_IPADDRESS(text.c_str()));
  ERR_clear_error();
  if (!address && !text.empty() && SSL_set_tlsext_host_name(connection, text.c_str()) != 1)
    return false;
  if (trust != tls_trust::authority)
    return true;
  if (text.empty())
    return false; // any name would do otherwise
  return address ? X509_VERIFY_PARAM_set1_ip_asc(rules, text.c_str()) == 1
                 : X509_VERIFY_PARAM_set1_host(rules, text.data(), text.size()) == 1;
}

std::string explain_tls(SSL* connection, bool server, const std::string& ca_file,
                        std::string_view name) {
  const int reason = ERR_GET_REASON(ERR_peek_error());
  const std::string text = drain_errors();
  switch (reason) {
  case SSL_R_CERTIFICATE_VERIFY_FAILED:
    return explain_verification(connection, ca_file, name);
  case SSL_R_WRONG_VERSION_NUMBER:
  case SSL_R_HTTP_REQUEST:
  case SSL_R_HTTPS_PROXY_REQUEST:
  case SSL_R_RECORD_LENGTH_MISMATCH:
  case SSL_R_PACKET_LENGTH_TOO_LONG:
    return "what it says is not TLS (" + text + ")";
  case SSL_R_UNSUPPORTED_PROTOCOL:
  case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
  case SSL_R_UNKNOWN_PROTOCOL:
  case SSL_R_VERSION_TOO_LOW:
    return "it knows no TLS 1.2 or later (" + text + ")";
  case SSL_R_NO_SHARED_CIPHER:
  case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    return "it knows no cipher that we take, or wants a certificate that we do not have (" + text +
           ")";
  case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    return "it wants a certificate of ours: set " +
           std::string(server ? "tls.certificate" : "next_hop_tls.certificate");
  case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
  case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
  case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
  case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
  case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
  case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    return "it does not take our certificate (" + text + ")";
  default:
    return "TLS failed: " + text;
  }
}

} // namespace sealonce::crypto
