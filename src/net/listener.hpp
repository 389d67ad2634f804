#pragma once

#include "worker.hpp"
#include <sealonce/result.hpp>

#include <string>

namespace sealonce::net {

/// A bound and listening socket; owns the descriptor.
class listening_socket {
public:
  /// Binds an address of the configuration. `shared`: the address is bound once for each worker
  /// (SO_REUSEPORT; TCP only). A stale unix socket is replaced; one that answers is an error.
  /// `relay` says whose it is, and its mode.
  [[nodiscard]] static result<listening_socket>
  open(const config::endpoint& at, const config::relay_settings& relay, bool shared);
  listening_socket(listening_socket&& other) noexcept;
  listening_socket& operator=(listening_socket&& other) noexcept;
  ~listening_socket();

  /// Another descriptor of the same socket, for a further worker.
  [[nodiscard]] int duplicate() const;
  /// The address that it is bound to, with the port that was chosen where 0 was asked for.
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] bool unix_domain() const { return !path_.empty(); }

private:
  explicit listening_socket(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
  std::string path_;
};

/// Accepts connections for one relay on a worker until the worker stops. Takes the descriptor over.
void accept_on(worker& w, int descriptor, std::string relay);

} // namespace sealonce::net
