// NAME
//   sign - signs one message from standard input to standard output
//
// DESCRIPTION
//   With --key by that key, whoever the author is; with --config as a relay with that configuration
//   would. Writes the new fields and then the input, byte for byte.
//
// DIAGNOSTICS
//   What must not be signed (no From, several From, NUL in the header, …) gives nothing on standard
//   output, one sentence on standard error and exit status 65. A message that the configuration
//   passes unsigned comes out as it was, with exit status 1: the answer to "is it signed" is no.

#include "input_message_detail.hpp"
#include <sealonce/command/options.hpp>
#include <sealonce/command/streams.hpp>
#include <sealonce/config/load.hpp>
#include <sealonce/config/names.hpp>
#include <sealonce/dkim/signer.hpp>
#include <sealonce/message/author.hpp>
#include <sealonce/message/scanner.hpp>
#include <sealonce/policy/reason.hpp>
#include <sealonce/seal/sealer.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <unistd.h>

namespace sealonce::command {

namespace {

constexpr std::array<option, 6> arguments_of_sign{{
    {"domain", "D", "the signing domain, d="},
    {"selector", "S", "the selector, s="},
    {"key", "FILE", "the private key, PEM"},
    {"canonicalization", "C",
     "relaxed/relaxed (default), relaxed/simple, simple/relaxed, simple/simple"},
    {"config", "FILE", "sign as a relay with this configuration would"},
    {"time", "T", "what t= says, in Unix seconds (default: now)"},
}};

constexpr usage sign_usage{
    "sign",
    "--domain D --selector S --key FILE [--canonicalization C] [--time T] < message > signed\n"
    "--config FILE [--time T] < message > signed",
    "Writes the DKIM-Signature fields and then the message, byte for byte. A message whose line "
    "ends\n"
    "are all LF is taken as CRLF and keeps its LF. Exit status: 0 signed; 1 not signed and "
    "written\n"
    "as it was, because the configuration has no key for its author; 65 must not be signed: "
    "nothing\n"
    "is written; 66 no key file; 78 the configuration or its key cannot be used.\n",
    arguments_of_sign};

/// What is to be written, or the exit status after a sentence.
using answer = std::variant<std::string, int>;

int refuse(std::string_view why, int status) {
  say(sign_usage, why);
  return status;
}

/// Why a message must not be signed by anybody; empty where it may be.
std::string objection(const message::header& head) {
  if (head.oddities().over_limit)
    return "the header is over the limit";
  if (head.oddities().nul)
    return "a NUL character stands in the header";
  if (head.oddities().malformed_line)
    return "a line of the header is neither a field nor the continuation of one";
  const auto author = message::find_author(head);
  switch (author.status) {
  case message::author_status::no_from:
  case message::author_status::several_from:
  case message::author_status::malformed:
  case message::author_status::disputed:
    return author.why;
  case message::author_status::found:
  case message::author_status::several_mailboxes:
  case message::author_status::empty_group:
  case message::author_status::domain_literal:
    break;
  }
  return {};
}

/// The form with --key.
struct key_form {
  config::settings settings;
  policy::selection chosen;

  [[nodiscard]] answer sign(const input_message& m, std::int64_t time) const {
    seal::sealer sealer(settings, chosen);
    sealer.content(m.content, 0);
    const auto outcome = sealer.finish(time);
    const message::scanner& scanned = sealer.scanned();
    if (const std::string why = objection(scanned.head()); !why.empty())
      return refuse("this message must not be signed: " + why, bad_data);
    if (outcome.what == policy::action::defer)
      return refuse(outcome.detail, unavailable);
    if (outcome.what == policy::action::already_signed)
      say(sign_usage, "already signed");
    else if (scanned.longest_body_line() > 0 || scanned.head().oddities().long_line)
      say(sign_usage, "warning: a line is longer than 998 octets; a later hop may cut it and break "
                      "the signature");
    return bring_out(m, outcome, sealer.insert_at());
  }
};

/// The key form of a command line, or the exit status.
std::variant<key_form, int> read_key_form(const options& given) {
  key_form form;
  const auto domain = config::parse_domain(given.value("domain"));
  if (!domain)
    return wrong(sign_usage, "--domain: " + domain.error().what);
  const auto selector = config::parse_selector(given.value("selector"));
  if (!selector)
    return wrong(sign_usage, "--selector: " + selector.error().what);
  const auto canonical =
      dkim::parse_canonicalizations(given.value("canonicalization", "relaxed/relaxed"));
  if (!canonical)
    return wrong(sign_usage, "--canonicalization: " + canonical.error().what);
  const std::string file(given.value("key"));
  auto key = crypto::private_key::load(file);
  if (!key)
    return refuse(key.error().what, ::access(file.c_str(), R_OK) == 0 ? bad_data : no_input);
  form.chosen.keys.push_back({std::make_shared<dkim::signing_key>(dkim::signing_key{
                                  domain.value(), selector.value(), std::move(key).value()}),
                              {}});
  form.settings.signing.canonical = canonical.value();
  return form;
}

/// Whether a message that passes unsigned is one that nobody must sign.
bool is_objection(std::string_view reason) {
  namespace r = policy::reason;
  constexpr std::array<std::string_view, 10> objections{
      r::nul,          r::header_limit,   r::malformed_header,
      r::no_from,      r::several_from,   r::several_authors,
      r::empty_group,  r::malformed_from, r::domain_literal,
      r::disputed_from};
  return std::find(objections.begin(), objections.end(), reason) != objections.end();
}

/// The form with --config.
struct config_form {
  config::settings_ptr settings;

  [[nodiscard]] config::relay_mode mode() const {
    for (const auto& relay : settings->relays)
      if (relay.mode == config::relay_mode::sign || relay.mode == config::relay_mode::both)
        return relay.mode;
    return settings->relays.front().mode;
  }

  /// `status` becomes answer_is_no where the message comes out unsigned.
  [[nodiscard]] answer sign(const input_message& m, std::int64_t time, int& status) const {
    if (m.content.size() > settings->message.max_size)
      return refuse("a relay would refuse this message: it is larger than message.max_size",
                    bad_data);
    seal::sealer sealer(*settings, mode());
    sealer.content(m.content, 0);
    const auto outcome = sealer.finish(time);
    const std::string why =
        std::string(outcome.reason) + (outcome.detail.empty() ? "" : ": ") + outcome.detail;
    switch (outcome.what) {
    case policy::action::sign:
    case policy::action::replace:
      break;
    case policy::action::already_signed:
      say(sign_usage, "already signed");
      break;
    case policy::action::pass_unsigned:
      if (is_objection(outcome.reason))
        return refuse("this message must not be signed: " + why, bad_data);
      say(sign_usage, "not signed: " + why);
      status = answer_is_no;
      break;
    case policy::action::refuse:
      return refuse("a relay would refuse this message: " + why, bad_data);
    case policy::action::defer:
      return refuse("a relay would defer this message: " + why,
                    outcome.reason == policy::reason::key_unusable ? bad_configuration : temporary);
    }
    return bring_out(m, outcome, sealer.insert_at());
  }
};

std::variant<config_form, int> read_config_form(const options& given) {
  const auto loaded = config::load(std::string(given.value("config")));
  if (const auto* errors = std::get_if<config::errors>(&loaded)) {
    for (const std::string& line : errors->lines)
      say(sign_usage, line);
    return bad_configuration;
  }
  return config_form{std::get<config::settings_ptr>(loaded)};
}

using form = std::variant<key_form, config_form>;

/// Which of the two forms, or the exit status.
std::variant<form, int> read_form(const options& given) {
  const bool with_key = given.has("domain") || given.has("selector") || given.has("key") ||
                        given.has("canonicalization");
  if (given.has("config") == with_key)
    return wrong(sign_usage, "either --config or --domain, --selector and --key are needed");
  if (!with_key) {
    auto read = read_config_form(given);
    if (const int* status = std::get_if<int>(&read))
      return *status;
    return form(std::get<config_form>(std::move(read)));
  }
  for (const char* needed : {"domain", "selector", "key"})
    if (!given.has(needed))
      return wrong(sign_usage, std::string("--") + needed + " is missing");
  auto read = read_key_form(given);
  if (const int* status = std::get_if<int>(&read))
    return *status;
  return form(std::get<key_form>(std::move(read)));
}

int sign_input(const form& how, std::int64_t time) {
  auto raw = read_input();
  if (!raw)
    return refuse(raw.error().what, no_input);
  const auto* by_config = std::get_if<config_form>(&how);
  const auto stray =
      by_config != nullptr ? by_config->settings->message.stray : config::stray_cr_lf::replace;
  const auto message = bring_in(std::move(raw).value(), stray);
  if (!message)
    return refuse("this message must not be signed: " + message.error().what, bad_data);
  int status = done;
  const answer a = by_config != nullptr ? by_config->sign(message.value(), time, status)
                                        : std::get<key_form>(how).sign(message.value(), time);
  if (const int* refused = std::get_if<int>(&a))
    return *refused;
  if (!write_output(std::get<std::string>(a)))
    return refuse("standard output cannot be written", cannot_create);
  return status;
}

} // namespace

int sign(std::span<char* const> arguments) {
  const auto read = read_options(sign_usage, arguments);
  if (const auto* status = std::get_if<exit_status>(&read))
    return *status;
  const options& given = std::get<options>(read);
  const auto time = given.has("time") ? parse_unix_time(given.value("time")) : std::time(nullptr);
  if (!time)
    return wrong(sign_usage, "--time: a whole number of Unix seconds is expected");
  const auto how = read_form(given);
  if (const int* status = std::get_if<int>(&how))
    return *status;
  return sign_input(std::get<form>(how), *time);
}

} // namespace sealonce::command
