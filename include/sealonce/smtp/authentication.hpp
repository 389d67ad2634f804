#pragma once

#include <sealonce/crypto/secret_text.hpp>
#include <sealonce/result.hpp>
#include <sealonce/smtp/reply.hpp>
#include <sealonce/smtp/scram.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::smtp {

/// Mechanisms of AUTH (RFC 4954), as bits of a set.
enum mechanism : unsigned {
  auth_plain = 1u << 0,         ///< RFC 4616
  auth_login = 1u << 1,         ///< draft-murchison-sasl-login
  auth_scram_sha_256 = 1u << 2, ///< RFC 7677
};

/// The mechanism with this name (ASCII case folded), or 0.
[[nodiscard]] unsigned mechanism_named(std::string_view name);
[[nodiscard]] std::string_view mechanism_name(mechanism m);

/// Who we are to a next hop. Immutable; the password is wiped with the last owner.
struct credentials {
  std::string username;
  std::shared_ptr<const crypto::secret_text> password;
  std::vector<mechanism> mechanisms; ///< the first that the next hop offers is taken
  bool plaintext = false;            ///< PLAIN and LOGIN outside TLS, too
};

/// Our half of AUTH with one next hop: which command to say, and what to answer to its 334. Knows
/// no socket; the caller sends lines and gives replies.
class authentication {
public:
  enum class outcome {
    say,     ///< line() is to be sent, without CRLF
    done,    ///< we are known
    refused, ///< the reply says no; credentials or the account are not in order
    broken,  ///< why() says what the next hop did wrong, or why nothing can be tried
  };

  /// `nonce`: for SCRAM; empty = a random one.
  authentication(std::shared_ptr<const credentials> who, std::string nonce);

  /// The first command, for a next hop that offers these mechanisms, inside TLS or not.
  [[nodiscard]] outcome begin(unsigned offered, bool secure);
  /// The next hop's reply to the last line. 504 and 534 (this mechanism will not do) go on to the
  /// next one.
  [[nodiscard]] outcome step(const reply& answer);

  /// To be wiped by the caller once it is sent.
  [[nodiscard]] std::string& line() { return line_; }
  [[nodiscard]] const std::string& why() const { return why_; }

private:
  outcome next_mechanism();
  outcome fail(std::string why);
  [[nodiscard]] result<std::string> response(std::string_view challenge);

  std::shared_ptr<const credentials> who_;
  std::string nonce_;
  unsigned offered_ = 0;
  bool secure_ = false;
  std::size_t tried_ = 0; ///< of who_->mechanisms
  mechanism current_ = auth_plain;
  std::optional<scram_client> scram_;
  unsigned answered_ = 0; ///< challenges of the current mechanism, an initial response too
  bool proved_ = false;   ///< SCRAM: the server knows the password
  std::string line_;
  std::string why_;
};

} // namespace sealonce::smtp
