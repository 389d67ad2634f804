// NAME
//   tls_session - one TLS connection without a socket
// DESCRIPTION
//   libssl reads and writes a BIO of our own, whose two sides are buffers: what came from the wire
//   and is not decrypted yet, and what is to go there. So the shell keeps its one way to wait, and
//   a test can cut the wire at every octet.
// DIAGNOSTICS
//   failure(): a sentence; see tls_verify.cpp.
#include "tls_detail.hpp"
#include <sealonce/crypto/tls_session.hpp>
#include <sealonce/limits.hpp>

#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

namespace sealonce::crypto {
namespace {

/// Both directions of the wire.
struct wire {
  std::unique_ptr<char[]> in; ///< limits::tls_input octets, once there is something
  std::size_t in_begin = 0;
  std::size_t in_end = 0;
  std::string out;
  std::size_t out_begin = 0;
};

int wire_read(BIO* b, char* into, std::size_t size, std::size_t* got) {
  auto& w = *static_cast<wire*>(BIO_get_data(b));
  BIO_clear_retry_flags(b);
  *got = std::min(size, w.in_end - w.in_begin);
  if (*got == 0) {
    BIO_set_retry_read(b);
    return -1;
  }
  std::memcpy(into, w.in.get() + w.in_begin, *got);
  w.in_begin += *got;
  return 1;
}

int wire_write(BIO* b, const char* octets, std::size_t size, std::size_t* put) {
  auto& w = *static_cast<wire*>(BIO_get_data(b));
  BIO_clear_retry_flags(b);
  try {
    w.out.append(octets, size);
  } catch (const std::bad_alloc&) { // no exception goes through libssl
    return 0;
  }
  *put = size;
  return 1;
}

long wire_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

using bio_method = std::unique_ptr<BIO_METHOD, freed_by<BIO_meth_free>>;

BIO_METHOD* wire_method() {
  static const bio_method method = [] {
    bio_method m(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sealonce wire"));
    if (!m || BIO_meth_set_read_ex(m.get(), wire_read) != 1 ||
        BIO_meth_set_write_ex(m.get(), wire_write) != 1 ||
        BIO_meth_set_ctrl(m.get(), wire_control) != 1)
      throw_openssl("TLS cannot be set up");
    return m;
  }();
  return method.get();
}

} // namespace

struct tls_session::connection {
  wire octets; // outlives the BIO that points to it
  shown_certificate shown;
  ssl handle;
};

tls_session::tls_session(std::shared_ptr<const tls_context> context, std::string_view name)
    : connection_(std::make_unique<connection>()), context_(std::move(context)), name_(name) {
  const auto& rules = *context_->state_;
  ERR_clear_error();
  connection_->handle.reset(SSL_new(rules.context.get()));
  bio both(BIO_new(wire_method()));
  SSL* const handle = connection_->handle.get();
  if (handle == nullptr || !both)
    throw_openssl("a TLS connection cannot be made");
  BIO_set_data(both.get(), &connection_->octets);
  BIO_set_init(both.get(), 1);
  BIO* const shared = both.release();
  SSL_set_bio(handle, shared, shared);
  SSL_set_app_data(handle, &connection_->shown);
  if (rules.server) {
    SSL_set_accept_state(handle);
    return;
  }
  SSL_set_connect_state(handle);
  if (!expect_name(handle, name_, rules.trust))
    throw_openssl("a certificate cannot be for \"" + name_ + "\"");
}

tls_session::~tls_session() = default;

std::span<char> tls_session::room() {
  wire& w = connection_->octets;
  if (!w.in)
    w.in = std::make_unique<char[]>(limits::tls_input);
  if (w.in_begin != 0) {
    std::memmove(w.in.get(), w.in.get() + w.in_begin, w.in_end - w.in_begin);
    w.in_end -= w.in_begin;
    w.in_begin = 0;
  }
  return {w.in.get() + w.in_end, limits::tls_input - w.in_end};
}

void tls_session::received(std::size_t octets) {
  connection_->octets.in_end += octets;
}

tls_session::status tls_session::outcome(int returned) {
  if (returned > 0)
    return status::done;
  switch (SSL_get_error(connection_->handle.get(), returned)) {
  case SSL_ERROR_WANT_READ:
    return status::need_input;
  case SSL_ERROR_ZERO_RETURN:
    return status::closed;
  default:
    failed_ = true;
    failure_ = explain_tls(connection_->handle.get(), context_->state_->server,
                           context_->state_->ca_file, name_);
    return status::failed;
  }
}

tls_session::status tls_session::handshake() {
  if (failed_)
    return status::failed;
  ERR_clear_error();
  const status what = outcome(SSL_do_handshake(connection_->handle.get()));
  if (what != status::closed)
    return what;
  failed_ = true;
  failure_ = "it ended the connection in the TLS handshake";
  return status::failed;
}

tls_session::read_result tls_session::read(std::span<char> into) {
  if (failed_)
    return {status::failed, 0};
  ERR_clear_error();
  std::size_t got = 0;
  const int returned = SSL_read_ex(connection_->handle.get(), into.data(), into.size(), &got);
  const status what = outcome(returned);
  return {what, what == status::done ? got : 0};
}

tls_session::status tls_session::peek() {
  if (failed_)
    return status::failed;
  ERR_clear_error();
  char octet = 0;
  std::size_t got = 0;
  return outcome(SSL_peek_ex(connection_->handle.get(), &octet, 1, &got));
}

bool tls_session::write(std::string_view plaintext) {
  ERR_clear_error();
  std::size_t put = 0;
  if (failed_)
    return false;
  if (plaintext.empty())
    return true;
  // Our BIO takes everything, so there is no half of a write.
  const int returned =
      SSL_write_ex(connection_->handle.get(), plaintext.data(), plaintext.size(), &put);
  return outcome(returned) == status::done;
}

void tls_session::close() {
  if (failed_ || SSL_is_init_finished(connection_->handle.get()) == 0)
    return;
  ERR_clear_error();
  (void)SSL_shutdown(connection_->handle.get());
  ERR_clear_error();
}

std::string_view tls_session::outgoing() const {
  const wire& w = connection_->octets;
  return std::string_view(w.out).substr(w.out_begin);
}

void tls_session::sent(std::size_t octets) {
  wire& w = connection_->octets;
  w.out_begin += octets;
  if (w.out_begin != w.out.size() && w.out_begin < limits::tls_output)
    return;
  w.out.erase(0, w.out_begin);
  w.out_begin = 0;
  if (w.out.empty() && w.out.capacity() > limits::tls_kept)
    std::string().swap(w.out);
}

std::string tls_session::description() const {
  const SSL* handle = connection_->handle.get();
  return std::string(SSL_get_version(handle)) + "/" + SSL_get_cipher_name(handle);
}

bool tls_session::authenticated() const {
  return context_->state_->trust != tls_trust::anybody &&
         SSL_is_init_finished(connection_->handle.get()) == 1;
}

} // namespace sealonce::crypto
