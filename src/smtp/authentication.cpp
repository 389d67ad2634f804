// NAME
//   authentication - AUTH with the next hop
//
// DESCRIPTION
//   Takes the first mechanism of ours that the next hop offers. PLAIN and LOGIN hand the password
//   over, so they are said inside TLS only, unless the administrator wrote otherwise. A next hop
//   that does not take a mechanism after all (504, 534) is offered the next one; one that refuses
//   the password is not asked a second time: accounts get locked.
//
// DIAGNOSTICS
//   `broken` with a sentence that goes on after the next hop's name; `refused` with the reply.
//
// SECURITY
//   Success is believed of SCRAM only after the server's proof. Lines with secrets are made in
//   line() and wiped by whoever sends them.

#include <sealonce/crypto/base64.hpp>
#include <sealonce/crypto/keyed_digest.hpp>
#include <sealonce/limits.hpp>
#include <sealonce/smtp/authentication.hpp>
#include <sealonce/smtp/text.hpp>

#include <array>
#include <utility>

namespace sealonce::smtp {
namespace {

struct known_mechanism {
  std::string_view name;
  mechanism bit;
};

constexpr std::array mechanisms{
    known_mechanism{"SCRAM-SHA-256", auth_scram_sha_256},
    known_mechanism{"PLAIN", auth_plain},
    known_mechanism{"LOGIN", auth_login},
};

/// More than any mechanism of ours asks; what goes on further is no authentication.
constexpr unsigned challenges_most = 3;

std::string encoded(std::string_view octets) {
  return crypto::base64({reinterpret_cast<const unsigned char*>(octets.data()), octets.size()});
}

/// The octets of a 334; its lines, if there are several, belong together.
result<std::string> challenge_of(const reply& answer) {
  std::string text;
  for (const auto line : answer.lines())
    text += line;
  const auto octets = crypto::decode_base64(text);
  if (!octets)
    return failure("its challenge is not base64");
  return std::string(octets.value().begin(), octets.value().end());
}

} // namespace

unsigned mechanism_named(std::string_view name) {
  for (const auto& known : mechanisms)
    if (equal_no_case(known.name, name))
      return known.bit;
  return 0;
}

std::string_view mechanism_name(mechanism m) {
  for (const auto& known : mechanisms)
    if (known.bit == m)
      return known.name;
  return {};
}

authentication::authentication(std::shared_ptr<const credentials> who, std::string nonce)
    : who_(std::move(who)), nonce_(std::move(nonce)) {}

authentication::outcome authentication::fail(std::string why) {
  why_ = std::move(why);
  return outcome::broken;
}

authentication::outcome authentication::begin(unsigned offered, bool secure) {
  offered_ = offered;
  secure_ = secure;
  return next_mechanism();
}

authentication::outcome authentication::next_mechanism() {
  bool needs_tls = false;
  while (tried_ < who_->mechanisms.size()) {
    current_ = who_->mechanisms[tried_++];
    if ((offered_ & current_) == 0)
      continue;
    const bool readable = current_ != auth_scram_sha_256;
    if (readable && !secure_ && !who_->plaintext) {
      needs_tls = true;
      continue;
    }
    answered_ = 0;
    scram_.reset();
    line_ = "AUTH " + std::string(mechanism_name(current_));
    if (current_ == auth_login)
      return outcome::say;
    auto first = response({});
    std::string initial = encoded(first.value());
    crypto::wipe(first.value());
    // RFC 4954 §4: the command is a command line like any other. What does not fit waits for a 334.
    if (line_.size() + 1 + initial.size() + 2 <= limits::command_line)
      line_ += " " + initial;
    else
      answered_ = 0;
    crypto::wipe(initial);
    return outcome::say;
  }
  if (needs_tls)
    return fail("offers only mechanisms that would show the password to the network; give the "
                "relay next_hop_tls, or write plaintext = true in next_hop_auth");
  if (offered_ == 0)
    return fail("offers no authentication that sealonce knows");
  return fail("offers no mechanism that next_hop_auth names");
}

result<std::string> authentication::response(std::string_view challenge) {
  const std::string_view password = who_->password->view();
  const unsigned number = ++answered_;
  switch (current_) {
  case auth_plain: {
    if (number > 1)
      return failure("asks for more than PLAIN has");
    std::string all;
    all.reserve(who_->username.size() + password.size() + 2);
    all.append(1, '\0').append(who_->username).append(1, '\0').append(password);
    return all;
  }
  case auth_login:
    if (number > 2)
      return failure("asks for more than LOGIN has");
    return number == 1 ? who_->username : std::string(password);
  case auth_scram_sha_256:
    break;
  }
  if (number == 1) {
    scram_.emplace(who_->username,
                   nonce_.empty() ? crypto::random_text(limits::nonce_octets) : nonce_);
    return scram_->client_first();
  }
  if (number == 2)
    return scram_->client_final(challenge, password);
  if (number > challenges_most)
    return failure("asks for more than SCRAM has");
  BOOST_OUTCOME_TRY(scram_->verify(challenge));
  proved_ = true;
  return std::string();
}

authentication::outcome authentication::step(const reply& answer) {
  crypto::wipe(line_);
  if (answer.code() == 504 || answer.code() == 534)
    return tried_ < who_->mechanisms.size() ? next_mechanism() : outcome::refused;
  if (answer.code() == 235) {
    if (current_ == auth_scram_sha_256 && !proved_)
      return fail("says that we are authenticated without having proved that it knows the "
                  "password; it may be somebody else");
    return outcome::done;
  }
  if (answer.code() != 334)
    return outcome::refused;
  auto challenge = challenge_of(answer);
  // What PLAIN and LOGIN are asked with is text for people; servers write what they like.
  if (!challenge && current_ == auth_scram_sha_256)
    return fail(challenge.error().what);
  auto made = response(challenge ? std::string_view(challenge.value()) : std::string_view());
  if (!made)
    return fail(made.error().what);
  line_ = encoded(made.value());
  crypto::wipe(made.value());
  return outcome::say;
}

} // namespace sealonce::smtp
