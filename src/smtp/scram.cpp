// NAME
//   scram - SCRAM-SHA-256, the client's half
//
// DESCRIPTION
//   Two round trips: names and nonces; proof and the server's signature. A server that wants few
//   iterations could collect proofs that are cheap to guess from, one that wants very many would
//   keep a worker from all other mail.
//
// DIAGNOSTICS
//   Each failure says what the server did. An error of the server's own (e=) is repeated.
//
// SECURITY
//   Keys derived from the password are wiped; the signature is compared in constant time.

#include <sealonce/crypto/base64.hpp>
#include <sealonce/crypto/keyed_digest.hpp>
#include <sealonce/limits.hpp>
#include <sealonce/smtp/scram.hpp>
#include <sealonce/smtp/text.hpp>

#include <algorithm>
#include <charconv>

namespace sealonce::smtp {
namespace {

constexpr std::string_view no_binding = "n,,";       // gs2-header, RFC 5802 §7
constexpr std::string_view binding_of_none = "biws"; // its base64, for c=

std::string_view view(const crypto::sha256_value& value) {
  return {reinterpret_cast<const char*>(value.data()), value.size()};
}

/// saslname: "=" and "," have a meaning of their own, RFC 5802 §5.1.
std::string escaped(std::string_view username) {
  std::string out;
  for (const char c : username)
    if (c == '=')
      out += "=3D";
    else if (c == ',')
      out += "=2C";
    else
      out += c;
  return out;
}

/// Takes "x=value" and the comma behind it off the front; empty where something else stands there.
std::string_view attribute(std::string_view& rest, char name) {
  if (rest.size() < 2 || rest[0] != name || rest[1] != '=')
    return {};
  const auto end = std::min(rest.find(','), rest.size());
  const auto value = rest.substr(2, end - 2);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return value;
}

/// base64 as RFC 5802 §7 writes it, without blanks; empty where it is not.
std::string decoded(std::string_view text) {
  if (text.size() % 4 != 0 || text.find_first_of(" \t\r\n") != text.npos)
    return {};
  const auto octets = crypto::decode_base64(text);
  if (!octets)
    return {};
  return {octets.value().begin(), octets.value().end()};
}

struct server_first_message {
  std::string nonce;
  std::string salt;
  unsigned iterations = 0;
};

result<server_first_message> parse_first(std::string_view text) {
  if (text.starts_with("m="))
    return failure("it demands a SCRAM extension that does not exist");
  server_first_message made;
  std::string_view rest = text;
  made.nonce = attribute(rest, 'r');
  made.salt = decoded(attribute(rest, 's'));
  const auto count = attribute(rest, 'i');
  const auto [end, error] =
      std::from_chars(count.data(), count.data() + count.size(), made.iterations);
  const bool number = error == std::errc() && end == count.data() + count.size() &&
                      !count.empty() && count[0] != '0';
  if (made.nonce.empty() || made.salt.empty() || !number)
    return failure("its first SCRAM message is malformed");
  return made;
}

} // namespace

scram_client::scram_client(std::string_view username, std::string nonce)
    : first_bare_("n=" + escaped(username) + ",r=" + nonce), nonce_(std::move(nonce)) {}

scram_client::~scram_client() {
  crypto::wipe(server_signature_);
}

std::string scram_client::client_first() const {
  return std::string(no_binding) + first_bare_;
}

result<std::string> scram_client::client_final(std::string_view server_first,
                                               std::string_view password) {
  BOOST_OUTCOME_TRY(const auto server, parse_first(server_first));
  if (server.nonce.size() <= nonce_.size() || !server.nonce.starts_with(nonce_))
    return failure("its SCRAM nonce does not continue ours");
  if (server.iterations < limits::scram_iterations_least)
    return failure("it wants " + std::to_string(server.iterations) +
                   " SCRAM iterations, which makes the password easy to guess; RFC 7677 asks for " +
                   std::to_string(limits::scram_iterations_least));
  if (server.iterations > limits::scram_iterations_most)
    return failure("it wants " + std::to_string(server.iterations) +
                   " SCRAM iterations; more than " + std::to_string(limits::scram_iterations_most) +
                   " are not computed");
  const std::string unproved = "c=" + std::string(binding_of_none) + ",r=" + server.nonce;
  const std::string signed_text =
      first_bare_ + "," + std::string(server_first) + "," + unproved; // AuthMessage
  auto salted = crypto::pbkdf2_sha256(password, server.salt, server.iterations);
  auto client_key = crypto::hmac_sha256(view(salted), "Client Key");
  auto server_key = crypto::hmac_sha256(view(salted), "Server Key");
  auto stored_key = crypto::sha256_of(view(client_key));
  auto proof = crypto::hmac_sha256(view(stored_key), signed_text);
  for (std::size_t i = 0; i < proof.size(); ++i)
    proof[i] = static_cast<unsigned char>(proof[i] ^ client_key[i]);
  server_signature_ = view(crypto::hmac_sha256(view(server_key), signed_text));
  for (auto* secret : {&salted, &client_key, &server_key, &stored_key})
    crypto::wipe(*secret);
  return unproved + ",p=" + crypto::base64(proof);
}

result<void> scram_client::verify(std::string_view server_final) {
  std::string_view rest = server_final;
  if (const auto error = attribute(rest, 'e'); !error.empty())
    return failure("it says " + printable(error));
  const std::string signature = decoded(attribute(rest, 'v'));
  if (server_signature_.empty() || !crypto::equal_in_constant_time(signature, server_signature_))
    return failure("it does not prove that it knows the password; it may be somebody else");
  return success();
}

} // namespace sealonce::smtp
