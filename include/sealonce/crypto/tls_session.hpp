#pragma once

#include <sealonce/crypto/tls_context.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sealonce::crypto {

/// One TLS connection without a socket: octets of the wire go in and out, plaintext comes out and
/// goes in. Never throws on what the peer says but std::bad_alloc; not thread-safe.
///
/// The caller's loop: handshake() until it is not need_input; then read() and write(). After every
/// call send outgoing(), also after a failure: it may hold the alert that tells the peer why.
class tls_session {
public:
  enum class status {
    done,       ///< the handshake is complete; or read() has octets
    need_input, ///< nothing more without octets of the peer
    closed,     ///< the peer said that nothing more will come (close_notify)
    failed,     ///< failure() says why; nothing can be read any more
  };
  struct read_result {
    status what;
    std::size_t octets; ///< plaintext, where `what` is done
  };

  /// As the side that the context is for. `name` is the server's host name or IP address, for a
  /// client: it is asked for (SNI) and looked for in the certificate; may be empty where the trust
  /// is not tls_trust::authority.
  tls_session(std::shared_ptr<const tls_context> context, std::string_view name);
  ~tls_session();
  tls_session(const tls_session&) = delete;
  tls_session& operator=(const tls_session&) = delete;

  /// Where octets of the wire are to be put; never empty, as long as read() or handshake() has said
  /// need_input since the last received(). Valid until the next call.
  [[nodiscard]] std::span<char> room();
  void received(std::size_t octets);

  [[nodiscard]] status handshake();
  /// Decrypts into `into`, which is not empty.
  [[nodiscard]] read_result read(std::span<char> into);
  /// What read() would say, without taking octets away.
  [[nodiscard]] status peek();
  /// Encrypts all of it. Fails only on a connection that has failed.
  [[nodiscard]] bool write(std::string_view plaintext);
  /// Says close_notify, where that still can be said.
  void close();

  /// Octets for the wire.
  [[nodiscard]] std::string_view outgoing() const;
  void sent(std::size_t octets);

  /// Why it failed: a sentence about the peer ("its certificate expired on …: …").
  [[nodiscard]] const std::string& failure() const { return failure_; }
  /// "TLSv1.3/TLS_AES_256_GCM_SHA384", once the handshake is complete.
  [[nodiscard]] std::string description() const;
  /// The peer has proved who it is, by authority or fingerprint.
  [[nodiscard]] bool authenticated() const;

private:
  struct connection;
  [[nodiscard]] status outcome(int returned);

  std::unique_ptr<connection> connection_;
  std::shared_ptr<const tls_context> context_;
  std::string name_;
  std::string failure_;
  bool failed_ = false;
};

} // namespace sealonce::crypto
