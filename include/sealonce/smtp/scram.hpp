#pragma once

#include <sealonce/result.hpp>

#include <string>
#include <string_view>

namespace sealonce::smtp {

/// The client's half of SCRAM-SHA-256 (RFC 5802, 7677) without channel binding ("n"). Pure: octets
/// of the server's messages in, octets of ours out, both without base64. The server never learns
/// the password, and it must prove that it knows it (or what was derived from it) itself.
///
/// `username` and `password` must be printable US-ASCII, for which SASLprep (RFC 4013) changes
/// nothing. Order: client_first, client_final, verify; each once.
class scram_client {
public:
  /// `nonce`: printable, without comma, never used before.
  scram_client(std::string_view username, std::string nonce);
  ~scram_client();
  scram_client(const scram_client&) = delete;
  scram_client& operator=(const scram_client&) = delete;

  [[nodiscard]] std::string client_first() const;
  /// Takes the server's first message and computes our proof. Fails where it is not of the form
  /// RFC 5802 §7 gives, does not continue our nonce, or asks for fewer than
  /// limits::scram_iterations_least or more than limits::scram_iterations_most iterations.
  [[nodiscard]] result<std::string> client_final(std::string_view server_first,
                                                 std::string_view password);
  /// Takes the server's last message; fails where the server refuses, or does not prove that it
  /// knows the password.
  [[nodiscard]] result<void> verify(std::string_view server_final);

private:
  std::string first_bare_;
  std::string nonce_;
  std::string server_signature_; ///< what verify() expects; empty before client_final()
};

} // namespace sealonce::smtp
