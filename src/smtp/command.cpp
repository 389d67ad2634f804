// NAME
//   command - command lines of SMTP
//
// DESCRIPTION
//   Takes verbs, paths and parameters apart. The judgement of addresses is the next hop's: we look
//   only for what would let an address become something else on the next line or in the log
//   (controls, a missing or second bracket, octets over 127 without SMTPUTF8), so that odd but
//   deliverable addresses go through exactly as they are. Source routes too (RFC 5321 §4.1.1.3,
//   appendix C): the next hop may ignore or refuse them, an envelope is not ours to change.
//
// DIAGNOSTICS
//   Each refusal is a reply of its own: 501 5.5.4 (syntax), 501 5.1.7 / 5.1.3 (address), 553 5.6.7
//   (UTF-8 without SMTPUTF8, or not
//   well-formed), 555 5.5.4 (parameter or a value of BODY that is not carried).

#include <sealonce/limits.hpp>
#include <sealonce/smtp/command.hpp>
#include <sealonce/smtp/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace sealonce::smtp {
namespace {

struct verb_name {
  std::string_view name;
  verb what;
};

constexpr std::array verbs{
    verb_name{"LHLO", verb::lhlo},         verb_name{"HELO", verb::helo},
    verb_name{"EHLO", verb::ehlo},         verb_name{"MAIL", verb::mail},
    verb_name{"RCPT", verb::rcpt},         verb_name{"DATA", verb::data},
    verb_name{"RSET", verb::rset},         verb_name{"NOOP", verb::noop},
    verb_name{"VRFY", verb::vrfy},         verb_name{"HELP", verb::help},
    verb_name{"QUIT", verb::quit},         verb_name{"XFORWARD", verb::xforward},
    verb_name{"XCLIENT", verb::xclient},   verb_name{"EXPN", verb::expn},
    verb_name{"STARTTLS", verb::starttls}, verb_name{"BDAT", verb::bdat},
    verb_name{"GET", verb::http},          verb_name{"POST", verb::http},
    verb_name{"PUT", verb::http},          verb_name{"HEAD", verb::http},
    verb_name{"CONNECT", verb::http},      verb_name{"OPTIONS", verb::http},
    verb_name{"DELETE", verb::http},       verb_name{"PATCH", verb::http},
    verb_name{"TRACE", verb::http},        verb_name{"PRI", verb::http},
    verb_name{"PROXY", verb::proxy},
};

bool is_control(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet < ' ' || octet == 0x7f;
}

bool is_eight_bit(char c) {
  return static_cast<unsigned char>(c) > 0x7f;
}

/// Length of the path at the front of `text` with both brackets; 0 = there is none. Brackets and
/// blanks inside a quoted string belong to the local part (RFC 5321 §4.1.2).
std::size_t path_length(std::string_view text) {
  if (text.empty() || text.front() != '<')
    return 0;
  bool quoted = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (is_control(c))
      return 0;
    if (quoted && c == '\\') {
      ++i;
      if (i < text.size() && is_control(text[i]))
        return 0;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '<' || c == ' ')) {
      return 0;
    } else if (!quoted && c == '>') {
      return i + 1;
    }
  }
  return 0;
}

bool is_keyword_octet(char c) {
  return (to_upper(c) >= 'A' && to_upper(c) <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/// RFC 5321 §4.1.2: esmtp-param.
bool valid_parameter(std::string_view word) {
  const auto equals = std::min(word.find('='), word.size());
  const auto key = word.substr(0, equals);
  const auto value = word.substr(equals);
  return !key.empty() && key.front() != '-' &&
         std::all_of(key.begin(), key.end(), is_keyword_octet) && value != "=" &&
         std::none_of(value.begin(), value.end(), is_control);
}

struct parameter {
  std::string_view key;
  unsigned needs;
  bool value; ///< it has one
};

constexpr std::array mail_parameters{
    parameter{"SIZE", message_size, true},
    parameter{"BODY", eight_bit_mime, true},
    parameter{"SMTPUTF8", smtp_utf8, false},
    parameter{"RET", dsn, true},
    parameter{"ENVID", dsn, true},
    parameter{"REQUIRETLS", require_tls, false},
    parameter{"BY", deliver_by, true},
    parameter{"MT-PRIORITY", mt_priority, true},
    parameter{"HOLDFOR", future_release, true},
    parameter{"HOLDUNTIL", future_release, true},
    parameter{"MTRK", tracking, true},
    parameter{"SOLICIT", no_soliciting, true},
};
constexpr std::array rcpt_parameters{
    parameter{"NOTIFY", dsn, true},
    parameter{"ORCPT", dsn, true},
    parameter{"RRVS", rrvs, true},
};

std::optional<std::uint64_t> parse_size(std::string_view digits) {
  std::uint64_t size = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, size);
  if (end != last || error == std::errc::invalid_argument)
    return std::nullopt;
  return error == std::errc::result_out_of_range ? std::numeric_limits<std::uint64_t>::max() : size;
}

bool has_eight_bit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_eight_bit);
}

/// Fills in what the parameter `word` means; an empty code = all is well.
template <std::size_t n>
reply take_parameter(std::string_view word, const std::array<parameter, n>& known,
                     const extensions& offered, envelope_command& into) {
  const auto equals = word.find('=');
  const auto key = word.substr(0, equals);
  const auto value = equals == word.npos ? std::string_view() : word.substr(equals + 1);
  for (const auto& p : known) {
    if (!equal_no_case(p.key, key) || !offered.has(p.needs))
      continue;
    if (p.value != (equals != word.npos))
      return {501, "5.5.4", "Syntax: " + std::string(p.key) + (p.value ? "=value" : "")};
    if (p.needs == message_size) {
      into.size = parse_size(value);
      return into.size ? reply() : reply(501, "5.5.4", "Bad message size syntax");
    }
    if (p.needs == eight_bit_mime && !equal_no_case(value, "8BITMIME") &&
        !equal_no_case(value, "7BIT"))
      return {equal_no_case(value, "BINARYMIME") ? 555 : 501, "5.5.4",
              "Unsupported body type: only 7BIT and 8BITMIME are carried"};
    into.utf8 = into.utf8 || p.needs == smtp_utf8;
    into.needs |= p.needs;
    into.parameters.append(" ").append(word);
    return {};
  }
  return {555, "5.5.4", "Unsupported parameter: " + printable(key)};
}

/// The path at the front of `text` goes into `into`, `text` becomes what follows it.
reply take_path(std::string_view& text, std::string_view address_status, envelope_command& into) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  const auto length = path_length(text);
  if (length == 0)
    return {501, address_status, "Bad address syntax: an address in angle brackets is wanted"};
  into.path = text.substr(0, length);
  text.remove_prefix(length);
  if (!text.empty() && text.front() != ' ')
    return {501, address_status, "Bad address syntax: text after the closing bracket"};
  return {};
}

template <std::size_t n>
reply take_envelope(std::string_view argument, std::string_view prefix,
                    std::string_view address_status, const std::array<parameter, n>& known,
                    const extensions& offered, envelope_command& into) {
  if (!equal_no_case(argument.substr(0, prefix.size()), prefix))
    return {501, "5.5.4", "Syntax: " + std::string(prefix) + "<address>"};
  argument.remove_prefix(prefix.size());
  if (reply wrong = take_path(argument, address_status, into); wrong.code() != 0)
    return wrong;
  for (auto word = next_word(argument); !word.empty(); word = next_word(argument)) {
    if (!valid_parameter(word))
      return {501, "5.5.4", "Syntax error in parameters"};
    if (reply wrong = take_parameter(word, known, offered, into); wrong.code() != 0)
      return wrong;
  }
  if (!into.utf8 && (has_eight_bit(into.path) || has_eight_bit(into.parameters)))
    return {553, "5.6.7", "Octets over 127 in an address need SMTPUTF8"};
  if (!is_utf8(into.path) || !is_utf8(into.parameters))
    return {553, "5.6.7", "An address is not well-formed UTF-8"};
  return {};
}

} // namespace

command parse_command(std::string_view line) {
  while (!line.empty() && line.back() == ' ')
    line.remove_suffix(1);
  const auto name = next_word(line);
  while (!line.empty() && line.front() == ' ')
    line.remove_prefix(1);
  for (const auto& known : verbs)
    if (equal_no_case(known.name, name))
      return {known.what, line};
  return {verb::unknown, line};
}

std::optional<chunk_command> parse_bdat(std::string_view argument) {
  chunk_command chunk;
  std::string_view rest = argument;
  const auto digits = next_word(rest);
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, chunk.size);
  if (digits.empty() || end != last || error != std::errc())
    return std::nullopt;
  const auto word = next_word(rest);
  chunk.last = equal_no_case(word, "LAST");
  if ((!word.empty() && !chunk.last) || !next_word(rest).empty())
    return std::nullopt;
  return chunk;
}

envelope_parse parse_mail(std::string_view argument, const extensions& offered) {
  envelope_parse parsed;
  auto& mail = parsed.command.emplace();
  parsed.refusal = take_envelope(argument, "FROM:", "5.1.7", mail_parameters, offered, mail);
  if (parsed.refusal.code() != 0)
    parsed.command.reset();
  return parsed;
}

envelope_parse parse_rcpt(std::string_view argument, const extensions& offered, bool utf8) {
  envelope_parse parsed;
  auto& rcpt = parsed.command.emplace();
  rcpt.utf8 = utf8;
  parsed.refusal = take_envelope(argument, "TO:", "5.1.3", rcpt_parameters, offered, rcpt);
  if (parsed.refusal.code() == 0 && rcpt.path == "<>")
    parsed.refusal = reply(501, "5.1.3", "Bad recipient address syntax: empty address");
  if (parsed.refusal.code() != 0)
    parsed.command.reset();
  return parsed;
}

} // namespace sealonce::smtp
