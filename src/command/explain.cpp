// NAME
//   explain - what would be done with a message, and why
//
// DESCRIPTION
//   Makes the header of such a message, asks select_keys and decide as a relay would, and prints
//   each rule as it is looked at: the very functions that serve uses, so that it tells what serve
//   does. The body and the rest of the header are taken to be harmless.
//
// DIAGNOSTICS
//   Exit status 0 where the message would be signed, 1 where not, 78 where the configuration is
//   wrong.

#include <sealonce/command/options.hpp>
#include <sealonce/command/streams.hpp>
#include <sealonce/config/load.hpp>
#include <sealonce/message/author.hpp>
#include <sealonce/message/scanner.hpp>
#include <sealonce/policy/decide.hpp>
#include <sealonce/policy/key_selection.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <variant>

namespace sealonce::command {

namespace {

constexpr std::array<option, 7> arguments_of_explain{{
    {"config", "FILE", "the configuration (default: /etc/sealonce/sealonce.toml)"},
    {"from", "ADDRESS", "the From field: an address, or all of the field's value"},
    {"sender", "ADDRESS", "the Sender field and the envelope sender"},
    {"recipient", "ADDRESS", "the only recipient"},
    {"header", "FIELD", "one more header field, such as \"List-Id: <l.example.com>\""},
    {"client", "IP", "who sends it (default: the upstream's own machine)"},
    {"relay", "NAME", "the relay that it comes in by (default: the first one that signs)"},
}};

constexpr usage explain_usage{
    "explain", "[--config FILE] --from ADDRESS [--sender ADDRESS] [--client IP] [--relay NAME]",
    "Tells which rules are looked at for such a message, in their order, and which keys sign it "
    "or\n"
    "why none does.\n"
    "Exit status: 0 it would be signed; 1 it would not; 78 the configuration is wrong.\n",
    arguments_of_explain};

struct no_body final : message::body_sink {
  void header_complete(const message::header&) override {}
  void body(std::span<const char>) override {}
};

/// Writes each rule as it is looked at.
class rules_on_output final : public policy::selection_trace {
public:
  void looked_at(std::string sentence) override { text_ += "  " + std::move(sentence) + "\n"; }
  [[nodiscard]] const std::string& text() const { return text_; }

private:
  std::string text_;
};

std::string_view mode_name(config::relay_mode mode) {
  constexpr std::array<std::string_view, 4> names{"sign", "verify", "both", "pass"};
  return names[static_cast<std::size_t>(mode)];
}

/// The relay of that name, or the first one that signs; null where there is none of that name.
const config::relay_settings* find_relay(const config::settings& s, const options& given) {
  const std::string_view name = given.value("relay");
  const auto found = std::find_if(s.relays.begin(), s.relays.end(), [&](const auto& relay) {
    return given.has("relay") ? relay.name == name : policy::signs(relay.mode);
  });
  if (found != s.relays.end())
    return &*found;
  return given.has("relay") ? nullptr : &s.relays.front();
}

/// The header of the message; nothing where an argument would make more of it than it says.
std::optional<std::string> header_of(const options& given) {
  std::string text;
  for (const auto& [name, prefix] :
       {std::pair("from", "From: "), std::pair("sender", "Sender: "), std::pair("header", "")}) {
    const std::string value(given.value(name));
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      return std::nullopt;
    if (given.has(name))
      text += prefix + value + "\r\n";
  }
  return text + "\r\n";
}

std::string key_line(const policy::selected_key& one) {
  const bool rsa = one.key->key->type() == crypto::key_type::rsa;
  return "  d=" + one.key->domain + " s=" + one.key->selector +
         (rsa ? " a=rsa-sha256" : " a=ed25519-sha256") +
         (one.identity.empty() ? "" : " i=" + one.identity) + "\n";
}

/// The last words, and the exit status.
exit_status conclude(const policy::decision& decided, std::string& out) {
  const bool signs = decided.what == policy::action::sign;
  if (signs) {
    out += "signed by:\n";
    for (const auto& key : decided.keys)
      out += key_line(key);
    if (!decided.detail.empty())
      out += "but: " + decided.detail + "\n";
    return done;
  }
  std::string_view verb = "passes unsigned: ";
  if (decided.what == policy::action::defer)
    verb = "deferred with 451 4.7.5: ";
  else if (decided.what == policy::action::refuse)
    verb = "refused: ";
  out.append(verb).append(decided.reason).append(": ").append(decided.detail).append("\n");
  return answer_is_no;
}

exit_status explain_message(const config::settings& s, const config::relay_settings& relay,
                            const std::string& text, const options& given) {
  no_body sink;
  message::scanner scanner(sink);
  scanner.content(std::span(text), 0);
  scanner.finish();
  const auto author = message::find_author(scanner.head());
  std::vector<std::string> recipients;
  if (given.has("recipient"))
    recipients.emplace_back(given.value("recipient"));
  policy::author_query query;
  query.author = &author;
  query.head = &scanner.head();
  query.reverse_path = given.value("sender");
  query.recipients = recipients;
  query.origin.peer = given.value("client", "127.0.0.1");
  query.origin.source = given.has("client") ? "" : "LOCAL";
  query.relay = relay.name;

  rules_on_output trace;
  policy::selection chosen;
  if (policy::signs(relay.mode))
    chosen = policy::select_keys(query, s, &trace);
  policy::facts facts;
  facts.head = &scanner.head();
  const auto decided = policy::decide(facts, chosen, relay.mode, s);
  std::string out = "relay " + relay.name + ", mode " + std::string(mode_name(relay.mode)) + "\n";
  out += trace.text();
  const exit_status status = conclude(decided, out);
  return write_output(out) ? status : cannot_create;
}

} // namespace

int explain(std::span<char* const> arguments) {
  const auto read = read_options(explain_usage, arguments);
  if (const auto* status = std::get_if<exit_status>(&read))
    return *status;
  const options& given = std::get<options>(read);
  if (!given.has("from"))
    return wrong(explain_usage, "--from is missing");
  const auto header = header_of(given);
  if (!header)
    return wrong(explain_usage, "an argument has more than one line");
  const auto loaded = config::load(std::string(given.value("config", config::default_file)));
  if (const auto* errors = std::get_if<config::errors>(&loaded)) {
    for (const std::string& line : errors->lines)
      say(explain_usage, line);
    return bad_configuration;
  }
  const auto& s = *std::get<config::settings_ptr>(loaded);
  const auto* relay = find_relay(s, given);
  if (relay == nullptr)
    return wrong(explain_usage, "there is no relay \"" + std::string(given.value("relay")) + "\"");
  return explain_message(s, *relay, *header, given);
}

} // namespace sealonce::command
