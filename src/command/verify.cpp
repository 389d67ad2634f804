// NAME
//   verify - verifies the DKIM signatures of one message from standard input
//
// DESCRIPTION
//   The message is scanned and its body hashed; then all key records are asked for at once. Writes
//   one line for each signature and the Authentication-Results field that says the same to
//   programs. Nothing is asked where no signature needs a key.
//
// DIAGNOSTICS
//   The answer is the exit status: 0 at least one signature passes; 75 none does and a lookup
//   failed for now; 1 otherwise, also for a message without signatures.

#include "input_message_detail.hpp"
#include <sealonce/command/options.hpp>
#include <sealonce/command/streams.hpp>
#include <sealonce/config/endpoint.hpp>
#include <sealonce/config/load.hpp>
#include <sealonce/dkim/authentication_results.hpp>
#include <sealonce/dkim/verifier.hpp>
#include <sealonce/dns/resolver.hpp>
#include <sealonce/message/scanner.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>

namespace sealonce::command {

namespace {

constexpr std::array<option, 3> arguments_of_verify{{
    {"config", "FILE", "take resolvers, timeout, trust anchor and host name from it"},
    {"dns-server", "A:P", "ask this name server, an address with or without a port"},
    {"now", "T", "the clock, in Unix seconds (default: now)"},
}};

constexpr usage verify_usage{
    "verify", "[--config FILE] [--dns-server A:P] [--now T] < message",
    "Verifies the DKIM signatures of a message (RFC 6376) with the keys that DNS has. Prints a\n"
    "line for each signature, from the top of the header, and an Authentication-Results field.\n"
    "Without --config the system's resolvers are asked, and DNSSEC proves nothing. Exit status:\n"
    "0 at least one signature passes; 1 none does; 75 none does, and for one DNS gave no answer;\n"
    "65 line ends that the configuration refuses; 78 the configuration cannot be used.\n",
    arguments_of_verify};

constexpr std::uint16_t dns_port = 53;

int refuse(std::string_view why, int status) {
  say(verify_usage, why);
  return status;
}

/// Makes the verifier when the header is there and feeds it the body.
class verifying_sink final : public message::body_sink {
public:
  explicit verifying_sink(std::int64_t now) : now_(now) {}
  void header_complete(const message::header& head) override { verifier_.emplace(head, now_); }
  void body(std::span<const char> piece) override { verifier_->body(piece); }
  dkim::verifier& verifier() { return *verifier_; }

private:
  std::int64_t now_;
  std::optional<dkim::verifier> verifier_;
};

/// The settings, or the exit status after a sentence.
std::variant<config::settings, int> read_settings(const options& given) {
  const std::string file(given.value("config"));
  const auto loaded =
      given.has("config") ? config::load(file) : config::parse("", "the built-in configuration");
  if (const auto* errors = std::get_if<config::errors>(&loaded)) {
    for (const std::string& line : errors->lines)
      say(verify_usage, line);
    return bad_configuration;
  }
  config::settings settings = *std::get<config::settings_ptr>(loaded);
  if (given.has("dns-server")) {
    config::endpoint_rules rules;
    rules.unix_sockets = false;
    rules.default_port = dns_port;
    auto server = config::parse_endpoint(given.value("dns-server"), rules);
    if (!server)
      return wrong(verify_usage, "--dns-server: " + server.error().what);
    settings.dns.servers = {std::move(server).value()};
  }
  return settings;
}

/// "fail d=example.com s=mail a=rsa-sha256 b=dOc/2Eq0: why (notes)".
std::string line_of(const dkim::verdict& v, const std::string& prefix) {
  std::string line(dkim::name_of(v.result));
  const std::array<std::pair<const char*, const std::string*>, 4> names{
      {{" d=", &v.domain}, {" s=", &v.selector}, {" a=", &v.algorithm}, {" b=", &prefix}}};
  for (const auto& [name, value] : names)
    line += name + (value->empty() ? "?" : *value);
  if (!v.reason.empty())
    line += ": " + v.reason;
  for (std::size_t i = 0; i < v.notes.size(); ++i)
    line += (i == 0 ? " (" : "; ") + v.notes[i];
  return line + (v.notes.empty() ? "\n" : ")\n");
}

std::string report(std::span<const dkim::verdict> verdicts, std::string_view host) {
  std::string out;
  const auto prefixes = dkim::signature_prefixes(verdicts);
  for (std::size_t i = 0; i < verdicts.size(); ++i)
    out += line_of(verdicts[i], prefixes[i]);
  std::string field = dkim::authentication_results(host, dkim::method_results(verdicts));
  std::erase(field, '\r');
  return out + field;
}

int status_of(std::span<const dkim::verdict> verdicts) {
  const auto any = [&](dkim::verdict_result result) {
    return std::any_of(verdicts.begin(), verdicts.end(),
                       [&](const dkim::verdict& v) { return v.result == result; });
  };
  if (any(dkim::verdict_result::pass))
    return done;
  return any(dkim::verdict_result::temperror) ? temporary : answer_is_no;
}

/// `configured`: the settings are the user's, not the built-in ones.
int verify_input(const config::settings& settings, bool configured, std::int64_t now) {
  auto raw = read_input();
  if (!raw)
    return refuse(raw.error().what, no_input);
  const auto message = bring_in(std::move(raw).value(), settings.message.stray);
  if (!message)
    return refuse("this message cannot be verified: " + message.error().what, bad_data);
  verifying_sink sink(now);
  message::scanner scanner(sink);
  scanner.content(message.value().content, 0);
  scanner.finish();
  dkim::verifier& verifier = sink.verifier();
  verifier.end_of_body();
  std::vector<dns::txt_answer> answers;
  if (!verifier.key_names().empty()) {
    auto resolver = dns::resolver::make(settings.dns);
    if (!resolver)
      return refuse(resolver.error().what, configured ? bad_configuration : unavailable);
    answers = dns::look_up_txt(resolver.value(), verifier.key_names());
  }
  const auto verdicts = verifier.verdicts(answers);
  if (!write_output(report(verdicts, settings.server.hostname)))
    return refuse("standard output cannot be written", cannot_create);
  return status_of(verdicts);
}

} // namespace

int verify(std::span<char* const> arguments) {
  const auto read = read_options(verify_usage, arguments);
  if (const auto* status = std::get_if<exit_status>(&read))
    return *status;
  const options& given = std::get<options>(read);
  const auto now =
      given.has("now") ? parse_unix_time(given.value("now")) : std::optional(std::time(nullptr));
  if (!now)
    return wrong(verify_usage, "--now: a whole number of Unix seconds is expected");
  const auto settings = read_settings(given);
  if (const int* status = std::get_if<int>(&settings))
    return *status;
  return verify_input(std::get<config::settings>(settings), given.has("config"), *now);
}

} // namespace sealonce::command
