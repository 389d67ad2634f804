// NAME
//   command - command lines of SMTP
//
// DESCRIPTION
//   Takes verbs, paths and parameters apart. The judgement of addresses is the next hop's: we look
//   only for what would let an address become something else on the next line or in the log
//   (controls, a missing or second bracket, octets over 127 without SMTPUTF8), so that odd but
//   deliverable addresses go through exactly as they are.
//
// DIAGNOSTICS
//   Each refusal is a reply of its own: 501 5.5.4 (syntax), 501 5.1.7 / 5.1.3 (address), 553 5.6.7
//   (UTF-8 without SMTPUTF8), 555 5.5.4 (parameter), 501 5.5.4 (BINARYMIME).

#include <sealonce/limits.hpp>
#include <sealonce/smtp/command.hpp>
#include <sealonce/smtp/text.hpp>

#include <array>
#include <charconv>

namespace sealonce::smtp {
namespace {

struct verb_name {
  std::string_view name;
  verb what;
};

constexpr std::array verbs{
    verb_name{"HELO", verb::helo},         verb_name{"EHLO", verb::ehlo},
    verb_name{"MAIL", verb::mail},         verb_name{"RCPT", verb::rcpt},
    verb_name{"DATA", verb::data},         verb_name{"RSET", verb::rset},
    verb_name{"NOOP", verb::noop},         verb_name{"VRFY", verb::vrfy},
    verb_name{"HELP", verb::help},         verb_name{"QUIT", verb::quit},
    verb_name{"XFORWARD", verb::xforward}, verb_name{"EXPN", verb::expn},
    verb_name{"STARTTLS", verb::starttls},
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

bool valid_parameter(std::string_view word) {
  const auto equals = std::min(word.find('='), word.size());
  const auto key = word.substr(0, equals);
  if (key.empty())
    return false;
  for (const char c : key)
    if (!((to_upper(c) >= 'A' && to_upper(c) <= 'Z') || (c >= '0' && c <= '9') || c == '-'))
      return false;
  const auto value = word.substr(equals);
  for (const char c : value)
    if (is_control(c))
      return false;
  return value != "=";
}

struct parameter {
  std::string_view key;
  unsigned needs;
  bool value; ///< it has one
};

constexpr std::array mail_parameters{
    parameter{"SIZE", message_size, true},   parameter{"BODY", eight_bit_mime, true},
    parameter{"SMTPUTF8", smtp_utf8, false}, parameter{"RET", dsn, true},
    parameter{"ENVID", dsn, true},           parameter{"REQUIRETLS", require_tls, false},
};
constexpr std::array rcpt_parameters{
    parameter{"NOTIFY", dsn, true},
    parameter{"ORCPT", dsn, true},
};

reply unsupported(std::string_view word) {
  const auto key = word.substr(0, word.find('='));
  return {555, "5.5.4", "Unsupported parameter: " + std::string(key)};
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
      std::uint64_t size = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
      if (error != std::errc() || end != value.data() + value.size())
        return {501, "5.5.4", "Bad message size syntax"};
      into.size = size;
      return {}; // carried apart: the next hop may not know it
    }
    if (p.needs == eight_bit_mime && !equal_no_case(value, "8BITMIME") &&
        !equal_no_case(value, "7BIT"))
      return {501, "5.5.4", "Unsupported body type: only 7BIT and 8BITMIME are carried"};
    into.utf8 = into.utf8 || p.needs == smtp_utf8;
    into.needs |= p.needs;
    into.parameters.append(" ").append(word);
    return {};
  }
  return unsupported(word);
}

template <std::size_t n>
envelope_parse
parse_envelope(std::string_view argument, std::string_view prefix, std::string_view address_status,
               const std::array<parameter, n>& known, const extensions& offered, bool utf8) {
  envelope_parse parsed;
  const auto refuse = [&parsed](reply r) { parsed.refusal = std::move(r); };
  if (argument.size() < prefix.size() ||
      !equal_no_case(argument.substr(0, prefix.size()), prefix)) {
    refuse({501, "5.5.4", "Syntax: " + std::string(prefix) + "<address>"});
    return parsed;
  }
  argument.remove_prefix(prefix.size());
  while (!argument.empty() && argument.front() == ' ')
    argument.remove_prefix(1);
  const auto length = path_length(argument);
  if (length == 0) {
    refuse({501, address_status, "Bad address syntax: an address in angle brackets is wanted"});
    return parsed;
  }
  envelope_command found;
  found.path = argument.substr(0, length);
  std::string_view rest = argument.substr(length);
  if (!rest.empty() && rest.front() != ' ') {
    refuse({501, address_status, "Bad address syntax: text after the closing bracket"});
    return parsed;
  }
  for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
    if (!valid_parameter(word)) {
      refuse({501, "5.5.4", "Syntax error in parameters"});
      return parsed;
    }
    reply wrong = take_parameter(word, known, offered, found);
    if (wrong.code() != 0) {
      refuse(std::move(wrong));
      return parsed;
    }
  }
  const auto eight_bit = [](const std::string& s) {
    return std::any_of(s.begin(), s.end(), is_eight_bit);
  };
  if (!utf8 && !found.utf8 && (eight_bit(found.path) || eight_bit(found.parameters))) {
    refuse({553, "5.6.7", "Octets over 127 in an address need SMTPUTF8"});
    return parsed;
  }
  parsed.command = std::move(found);
  return parsed;
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

envelope_parse parse_mail(std::string_view argument, const extensions& offered) {
  return parse_envelope(argument, "FROM:", "5.1.7", mail_parameters, offered, false);
}

envelope_parse parse_rcpt(std::string_view argument, const extensions& offered, bool utf8) {
  auto parsed = parse_envelope(argument, "TO:", "5.1.3", rcpt_parameters, offered, utf8);
  if (parsed.command && parsed.command->path == "<>") {
    parsed.command.reset();
    parsed.refusal = reply(501, "5.1.3", "Bad recipient address syntax: empty address");
  }
  return parsed;
}

} // namespace sealonce::smtp
