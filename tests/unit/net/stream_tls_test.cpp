// A connection inside TLS against libssl itself, over a pair of sockets: what a peer may send
// unasked, and what must never go out.

#include "certificates.hpp"
#include "stream.hpp"
#include <sealonce/crypto/tls_session.hpp>
#include <sealonce/limits.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <openssl/ssl.h>

#include <array>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace sealonce;
using namespace sealonce::net;

namespace {

struct ssl_free {
  void operator()(SSL* p) const { SSL_free(p); }
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
};

/// Our stream and libssl's server, the handshake done.
struct connected {
  asio::io_context io{1};
  poller watch{io};
  test::certificate certificate;
  std::unique_ptr<SSL_CTX, ssl_free> context{SSL_CTX_new(TLS_server_method())};
  std::unique_ptr<SSL, ssl_free> server;
  std::unique_ptr<stream> client;
  int server_end = -1;

  connected() {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    server_end = ends[1];
    SSL_CTX_use_certificate(context.get(), certificate.shown.get());
    SSL_CTX_use_PrivateKey(context.get(), certificate.key.get());
    SSL_CTX_set_num_tickets(context.get(), 0);
    server.reset(SSL_new(context.get()));
    SSL_set_fd(server.get(), server_end);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    client = std::make_unique<stream>(watch, descriptor(ends[0]));
    std::thread other([this] { BOOST_TEST(SSL_accept(server.get()) == 1); });
    BOOST_TEST(!finish(shake_hands()));
    other.join();
  }
  ~connected() { ::close(server_end); }

  awaitable<error_code> shake_hands() {
    crypto::tls_client_rules rules;
    rules.trust = crypto::tls_trust::anybody;
    const auto ours = crypto::tls_context::for_client(rules).value();
    auto tls = std::make_unique<crypto::tls_session>(ours, std::string_view("localhost"));
    const error_code error = co_await client->secure(std::move(tls));
    co_return error;
  }
  awaitable<error_code> send(std::string text) {
    deadline until;
    until.set(std::chrono::seconds(60));
    const error_code error = co_await client->write(text, until);
    co_return error;
  }
  awaitable<error_code> receive(std::string& into) {
    std::array<char, 100> piece{};
    const auto [error, octets] = co_await client->read_some(piece);
    into.append(piece.data(), octets);
    co_return error;
  }

  error_code finish(awaitable<error_code> work) {
    error_code result;
    asio::co_spawn(io, std::move(work),
                   [&result](std::exception_ptr, error_code e) { result = e; });
    io.restart();
    io.run();
    return result;
  }
  void say(const std::string& text) {
    BOOST_TEST(SSL_write(server.get(), text.data(), static_cast<int>(text.size())) > 0);
  }
  std::string heard() {
    std::array<char, 100> piece{};
    const int n = SSL_read(server.get(), piece.data(), static_cast<int>(piece.size()));
    return {piece.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(stream_tls, connected)

BOOST_AUTO_TEST_CASE(a_ticket_or_a_new_key_does_not_disturb_a_rest) {
  BOOST_TEST(client->quiet());
  BOOST_TEST(SSL_new_session_ticket(server.get()) == 1);
  BOOST_TEST(SSL_do_handshake(server.get()) == 1); // sends it
  BOOST_TEST(client->quiet());
  BOOST_TEST(SSL_key_update(server.get(), SSL_KEY_UPDATE_REQUESTED) == 1);
  BOOST_TEST(SSL_do_handshake(server.get()) == 1);
  BOOST_TEST(client->quiet());
  BOOST_TEST(!client->peer_gone());
  BOOST_TEST(!client->has_octets());
  BOOST_TEST(!finish(send("NOOP")));
  BOOST_TEST(heard() == "NOOP");
  say("250");
  std::string got;
  BOOST_TEST(!finish(receive(got)));
  BOOST_TEST(got == "250");
}

BOOST_AUTO_TEST_CASE(octets_and_the_end_do) {
  say("421 bye");
  BOOST_TEST(!client->quiet());
  BOOST_TEST(client->has_octets());
  BOOST_TEST(!client->peer_gone());
  std::string got;
  BOOST_TEST(!finish(receive(got)));
  BOOST_TEST(got == "421 bye"); // looking took nothing away
  BOOST_TEST(client->quiet());
  SSL_shutdown(server.get());
  BOOST_TEST(!client->quiet());
  BOOST_TEST(client->peer_gone());
  BOOST_TEST((finish(receive(got)) == asio::error::eof));
}

BOOST_AUTO_TEST_CASE(an_end_without_a_word_is_one_too) {
  ::shutdown(server_end, SHUT_RDWR);
  BOOST_TEST(!client->quiet());
  BOOST_TEST(client->peer_gone());
}

// Records that were made before are faster than any reader.
BOOST_AUTO_TEST_CASE(others_have_their_turn) {
  constexpr std::size_t records = limits::reads_at_once * 10;
  for (std::size_t i = 0; i < records; ++i)
    say("x");
  std::string got;
  std::size_t seen_by_other = records;
  const auto read_all = [](connected& self, std::string& into) -> awaitable<error_code> {
    error_code error;
    while (!error && into.size() < records)
      error = co_await self.receive(into);
    co_return error;
  };
  asio::post(io, [&] { asio::post(io, [&] { seen_by_other = got.size(); }); });
  BOOST_TEST(!finish(read_all(*this, got)));
  BOOST_TEST(got.size() == records);
  BOOST_TEST(seen_by_other <= 3 * limits::reads_at_once);
}

BOOST_AUTO_TEST_CASE(a_close_is_told) {
  client.reset();
  std::array<char, 1> octet{};
  BOOST_TEST(SSL_read(server.get(), octet.data(), 1) == 0);
  BOOST_TEST(SSL_get_error(server.get(), 0) == SSL_ERROR_ZERO_RETURN);
}

BOOST_AUTO_TEST_CASE(what_was_given_up_never_goes_out) {
  const std::string large(4u << 20, 'x');
  error_code result;
  asio::co_spawn(io, send(large), [&result](std::exception_ptr, error_code e) { result = e; });
  io.restart();
  while (io.poll_one() != 0) { // until the socket takes no more
  }
  client->cancel();
  io.run();
  BOOST_TEST((result == asio::error::operation_aborted));
  // Now there is room again, and another word of ours would bring the rest along.
  std::string raw(1u << 20, '\0');
  ssize_t in_kernel = 0;
  for (ssize_t n = 1; n > 0; in_kernel += n > 0 ? n : 0)
    n = ::recv(server_end, raw.data(), raw.size(), MSG_DONTWAIT);
  BOOST_TEST(in_kernel > 0);
  BOOST_TEST(!!finish(send(".\r\n")));
  client.reset();
  BOOST_TEST(::recv(server_end, raw.data(), raw.size(), MSG_DONTWAIT) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
