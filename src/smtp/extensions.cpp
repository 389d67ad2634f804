// NAME
//   extensions - what the next hop offers and what we announce
//
// DESCRIPTION
//   EHLO mirrors the next hop: a filter that forgets an extension damages mail without a word
//   (bodies re-encoded before signing, false delivery notices, bounces of UTF-8 addresses), and one
//   that announces more than the next hop has does worse.

#include <sealonce/smtp/authentication.hpp>
#include <sealonce/smtp/extensions.hpp>
#include <sealonce/smtp/text.hpp>
#include <sealonce/smtp/xclient.hpp>

#include <array>
#include <charconv>

namespace sealonce::smtp {
namespace {

struct keyword {
  std::string_view name;
  extension bit;
};

constexpr std::array keywords{
    keyword{"PIPELINING", pipelining},
    keyword{"8BITMIME", eight_bit_mime},
    keyword{"SMTPUTF8", smtp_utf8},
    keyword{"DSN", dsn},
    keyword{"ENHANCEDSTATUSCODES", enhanced_status},
    keyword{"SIZE", message_size},
    keyword{"XFORWARD", xforward},
    keyword{"REQUIRETLS", require_tls},
    keyword{"DELIVERBY", deliver_by},
    keyword{"FUTURERELEASE", future_release},
    keyword{"MT-PRIORITY", mt_priority},
    keyword{"RRVS", rrvs},
    keyword{"MTRK", tracking},
    keyword{"NO-SOLICITING", no_soliciting},
};

/// Keywords that are handed on with their words, whatever those mean.
constexpr unsigned as_they_are =
    deliver_by | future_release | mt_priority | rrvs | tracking | no_soliciting;

constexpr std::string_view starttls = "STARTTLS";

struct attribute {
  std::string_view name;
  xforward_attribute bit;
};

constexpr std::array attributes{
    attribute{"NAME", xforward_name},     attribute{"ADDR", xforward_addr},
    attribute{"PROTO", xforward_proto},   attribute{"HELO", xforward_helo},
    attribute{"SOURCE", xforward_source}, attribute{"PORT", xforward_port},
    attribute{"IDENT", xforward_ident},
};

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || size == 0)
    return std::nullopt;
  return size;
}

/// The words of `rest`, a blank before each; empty where one is none (RFC 5321 §4.1.1.1).
std::string clean_words(std::string_view rest) {
  std::string words;
  for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
    if (printable(word) != word)
      return {};
    words.append(" ").append(word);
  }
  return words;
}

std::optional<std::uint64_t> smaller(std::optional<std::uint64_t> a, std::uint64_t b) {
  if (b == 0)
    return a;
  return a && *a < b ? a : b;
}

/// "AUTH PLAIN LOGIN", and "AUTH=PLAIN LOGIN" of servers from before RFC 2554.
void add_mechanisms(std::string_view name, std::string_view rest, extensions& found) {
  constexpr std::string_view keyword = "AUTH";
  if (!equal_no_case(name.substr(0, keyword.size()), keyword))
    return;
  name.remove_prefix(keyword.size());
  if (!name.empty() && name[0] != '=')
    return;
  if (!name.empty())
    found.mechanisms |= mechanism_named(name.substr(1));
  for (auto word = next_word(rest); !word.empty(); word = next_word(rest))
    found.mechanisms |= mechanism_named(word);
}

} // namespace

unsigned xforward_attribute_named(std::string_view name) {
  for (const auto& known : attributes)
    if (equal_no_case(known.name, name))
      return known.bit;
  return 0;
}

extensions parse_ehlo(const reply& ehlo) {
  extensions found;
  const auto lines = ehlo.lines();
  for (std::size_t i = 1; i < lines.size(); ++i) {
    std::string_view rest = lines[i];
    const auto name = next_word(rest);
    add_mechanisms(name, rest, found);
    found.starttls = found.starttls || equal_no_case(name, starttls);
    for (const auto& known : keywords) {
      if (!equal_no_case(known.name, name))
        continue;
      found.set |= known.bit;
      if (known.bit == message_size)
        found.size = parse_size(next_word(rest));
      if ((known.bit & as_they_are) != 0)
        found.words.emplace_back(known.bit, clean_words(rest));
      if (known.bit == xforward)
        for (auto word = next_word(rest); !word.empty(); word = next_word(rest))
          found.xforward_attributes |= xforward_attribute_named(word);
    }
  }
  return found;
}

std::string ehlo_reply(std::string_view hostname, const extensions& offer) {
  std::string wire;
  std::size_t last = 0; // where the last line begins
  const auto add_line = [&wire, &last](std::string_view text) {
    last = wire.size();
    wire.append("250-").append(text).append("\r\n");
  };
  add_line(hostname);
  for (const auto& known : keywords) {
    if (!offer.has(known.bit))
      continue;
    std::string line(known.name);
    if (known.bit == message_size && offer.size)
      line += ' ' + std::to_string(*offer.size);
    if (known.bit == xforward)
      for (const auto& a : attributes)
        if (offer.xforward_attributes & a.bit)
          line.append(" ").append(a.name);
    for (const auto& [bit, words] : offer.words)
      if (bit == known.bit)
        line += words;
    add_line(line);
  }
  if (offer.has(chunking)) // ours to offer, whatever the next hop has
    add_line("CHUNKING");
  if (offer.starttls)
    add_line(starttls);
  if (offer.has(xclient))
    add_line("XCLIENT " + std::string(xclient_attributes));
  wire[last + std::string_view("250").size()] = ' ';
  return wire;
}

extensions mirrored(const extensions& next_hop, std::uint64_t max_size, bool inside_tls) {
  extensions offer = next_hop;
  offer.set |= pipelining;
  offer.size = smaller(next_hop.size, max_size);
  if (offer.size)
    offer.set |= message_size;
  offer.starttls = false;
  if (!inside_tls)
    offer.set &= ~static_cast<unsigned>(require_tls);
  if (offer.xforward_attributes == 0)
    offer.set &= ~static_cast<unsigned>(xforward);
  return offer;
}

extensions everything(std::uint64_t max_size) {
  extensions next_hop;
  next_hop.set = eight_bit_mime | smtp_utf8 | dsn | message_size | xforward;
  for (const auto& a : attributes)
    next_hop.xforward_attributes |= a.bit;
  return mirrored(next_hop, max_size);
}

} // namespace sealonce::smtp
