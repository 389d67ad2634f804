// Both ends of TLS without a socket, cut at every octet, and every reason to refuse.

#include "certificates.hpp"
#include <sealonce/crypto/tls_session.hpp>
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

#include <openssl/ssl.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

using namespace sealonce;
using crypto::tls_context;
using crypto::tls_session;
using status = crypto::tls_session::status;

namespace {

/// An authority, a certificate by it, and their files.
struct authority {
  test::scratch_directory files;
  test::certificate ca{{"CA of " + files.path().string(), "", true}};
  std::filesystem::path ca_file = files.write("ca.pem", ca.pem());

  crypto::tls_identity identity(const test::certificate_request& about = {},
                                const std::string& name = "us") const {
    const test::certificate one(about, &ca);
    return {files.write(name + ".pem", one.pem() + ca.pem()),
            files.write(name + ".key", one.key_pem())};
  }
  std::shared_ptr<const tls_context> server(const test::certificate_request& about = {}) const {
    return tls_context::for_server(identity(about)).value();
  }
  std::shared_ptr<const tls_context> client() const {
    crypto::tls_client_rules rules;
    rules.ca_file = ca_file;
    return tls_context::for_client(rules).value();
  }
};

std::shared_ptr<const tls_context> client_with(crypto::tls_trust trust,
                                               std::vector<std::string> fingerprints = {}) {
  crypto::tls_client_rules rules;
  rules.trust = trust;
  rules.fingerprints = std::move(fingerprints);
  return tls_context::for_client(rules).value();
}

/// Carries at most `most` octets of one side's output to the other.
std::size_t carry(tls_session& from, tls_session& to, std::size_t most) {
  const std::string_view out = from.outgoing().substr(0, most);
  const auto room = to.room();
  const std::size_t n = std::min(out.size(), room.size());
  std::copy_n(out.begin(), n, room.begin());
  to.received(n);
  from.sent(n);
  return n;
}

struct outcome {
  status client;
  status server;
  std::size_t octets; ///< both ways
};

/// The handshake in pieces: `cut` octets first, then `piece` at a time.
outcome shake_hands(tls_session& client, tls_session& server, std::size_t cut, std::size_t piece) {
  outcome o{status::need_input, status::need_input, 0};
  const auto next = [&] {
    if (o.octets < cut)
      return cut - o.octets;
    return piece;
  };
  for (int idle = 0; idle < 2;) {
    o.client = client.handshake();
    const auto there = carry(client, server, next());
    o.octets += there;
    o.server = server.handshake();
    const auto back = carry(server, client, next());
    o.octets += back;
    idle = there + back == 0 ? idle + 1 : 0;
  }
  return o;
}

constexpr std::size_t everything = 1 << 20;

struct pair {
  std::unique_ptr<tls_session> client;
  std::unique_ptr<tls_session> server;
  outcome done;

  pair(std::shared_ptr<const tls_context> c, std::shared_ptr<const tls_context> s,
       std::string_view name = "localhost", std::size_t cut = 0, std::size_t piece = everything)
      : client(std::make_unique<tls_session>(std::move(c), name)),
        server(std::make_unique<tls_session>(std::move(s), "")),
        done(shake_hands(*client, *server, cut, piece)) {}
};

/// All plaintext that can be read now.
std::string read_all(tls_session& s) {
  std::string out;
  std::array<char, 5000> piece{};
  for (;;) {
    const auto got = s.read(piece);
    if (got.what != status::done)
      return out;
    out.append(piece.data(), got.octets);
  }
}

std::string carry_text(tls_session& from, tls_session& to, std::string_view text) {
  BOOST_TEST(from.write(text));
  std::string out;
  while (!from.outgoing().empty()) {
    carry(from, to, everything);
    out += read_all(to);
  }
  return out;
}

const std::string& refusal(const pair& p) {
  BOOST_TEST((p.done.client == status::failed));
  BOOST_TEST((p.done.server != status::done));
  return p.client->failure();
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(tls_session_suite, authority)

BOOST_AUTO_TEST_CASE(a_handshake_cut_at_every_octet) {
  const auto ours = server();
  const auto theirs = client();
  const pair whole(theirs, ours);
  BOOST_TEST_REQUIRE((whole.done.client == status::done && whole.done.server == status::done));
  const std::size_t total = whole.done.octets;
  for (std::size_t cut = 1; cut < total; cut += 7)
    BOOST_TEST_CONTEXT("cut at octet " << cut) {
      const pair p(theirs, ours, "localhost", cut);
      BOOST_TEST((p.done.client == status::done && p.done.server == status::done));
    }
  const pair single(theirs, ours, "localhost", 0, 1);
  BOOST_TEST((single.done.client == status::done && single.done.server == status::done));
}

BOOST_AUTO_TEST_CASE(plaintext_goes_both_ways_and_nothing_of_it_is_on_the_wire) {
  pair p(client(), server());
  BOOST_TEST(p.client->description().starts_with("TLSv1.3/TLS_"));
  BOOST_TEST(p.client->authenticated());
  BOOST_TEST(!p.server->authenticated());
  BOOST_TEST(p.client->write("EHLO secret"));
  BOOST_TEST(p.client->outgoing().find("EHLO") == std::string_view::npos);
  BOOST_TEST(carry_text(*p.client, *p.server, " and more") == "EHLO secret and more");
  std::string large;
  for (int i = 0; large.size() < 300'000; ++i)
    large += std::to_string(i) + "\r\n";
  BOOST_TEST((carry_text(*p.server, *p.client, large) == large));
  BOOST_TEST((carry_text(*p.client, *p.server, large) == large));
}

BOOST_AUTO_TEST_CASE(a_look_takes_nothing_away) {
  pair p(client(), server());
  BOOST_TEST((p.server->peek() == status::need_input));
  BOOST_TEST(p.client->write("x"));
  carry(*p.client, *p.server, everything);
  BOOST_TEST((p.server->peek() == status::done));
  BOOST_TEST(read_all(*p.server) == "x");
  p.client->close();
  carry(*p.client, *p.server, everything);
  BOOST_TEST((p.server->peek() == status::closed));
  std::array<char, 1> octet{};
  BOOST_TEST((p.server->read(octet).what == status::closed));
}

BOOST_AUTO_TEST_CASE(nothing_is_left_for_resumption) {
  pair p(client(), server());
  BOOST_TEST(p.server->outgoing().size() == 0u); // no ticket
  BOOST_TEST((p.client->peek() == status::need_input));
}

BOOST_AUTO_TEST_CASE(the_certificate_must_be_for_the_name) {
  const auto ours = server({"mail.example", "DNS:mail.example,DNS:*.wild.example,IP:192.0.2.1"});
  const auto theirs = client();
  for (const std::string_view good : {"mail.example", "a.wild.example", "192.0.2.1"})
    BOOST_TEST((pair(theirs, ours, good).done.client == status::done), good);
  for (const std::string bad : {"example", "a.b.wild.example", "192.0.2.2", "mail.example.org"}) {
    const pair p(theirs, ours, bad);
    BOOST_TEST(refusal(p) == "its certificate is not for " + bad +
                                 " but for mail.example, *.wild.example: set next_hop_tls.name, or "
                                 "have the certificate corrected");
  }
}

BOOST_AUTO_TEST_CASE(without_a_name_nobody_is_verified) {
  BOOST_CHECK_THROW(tls_session(client(), ""), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(expired_or_not_yet_valid) {
  const pair late(client(), server({"localhost", "DNS:localhost", false, -20, -10}));
  BOOST_TEST(refusal(late).starts_with("a certificate of it has expired (its own is valid until "));
  const pair early(client(), server({"localhost", "DNS:localhost", false, 10, 20}));
  BOOST_TEST(refusal(early) ==
             "its certificate is not valid yet: look at the clocks of both machines");
}

BOOST_AUTO_TEST_CASE(an_unknown_authority) {
  const authority other;
  const pair p(other.client(), server());
  BOOST_TEST(refusal(p).starts_with("its certificate is by no authority of " +
                                    other.ca_file.string() + " ("));
  BOOST_TEST(refusal(p).ends_with("set next_hop_tls.ca_file to its CA's certificate, or give its "
                                  "fingerprint"));
  carry(*p.client, *p.server, everything);
  BOOST_TEST((p.server->handshake() == status::failed));
  BOOST_TEST(p.server->failure().starts_with("it does not take our certificate ("));
  BOOST_TEST(!p.client->write("never"));
  const auto systems = client_with(crypto::tls_trust::authority);
  BOOST_TEST(refusal(pair(systems, server())).find("no authority of this system") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(anybody_is_taken_where_that_is_said) {
  const pair p(client_with(crypto::tls_trust::anybody), server({"x", "DNS:x", false, -20, -10}),
               "");
  BOOST_TEST((p.done.client == status::done));
  BOOST_TEST(!p.client->authenticated());
}

BOOST_AUTO_TEST_CASE(a_fingerprint_is_enough_and_needed) {
  const auto us = identity({"x", "DNS:x", false, -20, -10});
  const auto ours = tls_context::for_server(us).value();
  const std::string none(64, '0');
  const pair wrong(client_with(crypto::tls_trust::fingerprint, {none}), ours);
  const std::string said = refusal(wrong);
  const std::string told = "it shows ";
  BOOST_TEST_REQUIRE(said.find(told) != std::string::npos);
  const std::string shown = said.substr(said.find(told) + told.size());
  BOOST_TEST(shown.size() == 64u);
  const pair right(client_with(crypto::tls_trust::fingerprint, {none, shown}), ours, "");
  BOOST_TEST((right.done.client == status::done));
  BOOST_TEST(right.client->authenticated());
}

BOOST_AUTO_TEST_CASE(what_is_not_tls_is_said_to_be_so) {
  for (const std::string_view said : {"EHLO client.example\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    tls_session s(server(), "");
    const auto room = s.room();
    std::copy(said.begin(), said.end(), room.begin());
    s.received(said.size());
    BOOST_TEST((s.handshake() == status::failed));
    BOOST_TEST(s.failure().starts_with("what it says is not TLS"), s.failure());
  }
}

BOOST_AUTO_TEST_CASE(tls_1_1_is_refused) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> old(SSL_CTX_new(TLS_client_method()),
                                                              SSL_CTX_free);
  SSL_CTX_set_security_level(old.get(), 0);
  SSL_CTX_set_min_proto_version(old.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(old.get(), TLS1_1_VERSION);
  const std::unique_ptr<SSL, decltype(&SSL_free)> client(SSL_new(old.get()), SSL_free);
  BIO* const out = BIO_new(BIO_s_mem());
  SSL_set_bio(client.get(), BIO_new(BIO_s_mem()), out);
  BOOST_TEST(SSL_connect(client.get()) == -1);
  tls_session s(server(), "");
  const auto room = s.room();
  const int size = BIO_read(out, room.data(), static_cast<int>(room.size()));
  BOOST_TEST_REQUIRE(size > 0);
  s.received(static_cast<std::size_t>(size));
  BOOST_TEST((s.handshake() == status::failed));
  BOOST_TEST(s.failure().starts_with("it knows no TLS 1.2 or later"), s.failure());
  BOOST_TEST(!s.outgoing().empty()); // the alert
}

BOOST_AUTO_TEST_CASE(damaged_octets_end_it) {
  pair p(client(), server());
  BOOST_TEST(p.client->write("MAIL FROM:<a@b>\r\n"));
  std::string wire(p.client->outgoing());
  wire.back() = static_cast<char>(wire.back() ^ 1);
  const auto room = p.server->room();
  std::copy(wire.begin(), wire.end(), room.begin());
  p.server->received(wire.size());
  BOOST_TEST(read_all(*p.server).empty());
  BOOST_TEST((p.server->peek() == status::failed));
  BOOST_TEST(!p.server->failure().empty());
}

BOOST_AUTO_TEST_SUITE_END()
