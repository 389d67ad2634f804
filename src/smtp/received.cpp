// NAME
//   received - the trace field of a relay
//
// DESCRIPTION
//   One field, on top of all others, before the signature: trace fields are never signed, and who
//   looks for a loop or a delay reads them from the top.

#include <sealonce/smtp/received.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace sealonce::smtp {
namespace {

constexpr std::string_view fold = "\r\n\t";

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Domain or address literal, RFC 5321 §4.1.2 and §4.1.3, as far as a field can hold it; names with
/// underscores are wrong and common.
bool is_name(std::string_view text) {
  constexpr std::size_t longest = 255; // RFC 5321 §4.5.3.1.2
  if (text.empty() || text.size() > longest)
    return false;
  if (text.front() == '[' && text.back() == ']' && text.size() > 2)
    return std::all_of(text.begin() + 1, text.end() - 1, [](char c) {
      return is_letter_or_digit(c) || c == '.' || c == ':' || c == '-';
    });
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_';
  });
}

std::string literal(std::string_view address) {
  const bool v6 = address.find(':') != address.npos;
  return "[" + std::string(v6 ? "IPv6:" : "") + std::string(address) + "]";
}

} // namespace

std::string with_protocol(const received_facts& facts) {
  std::string name = facts.utf8 ? "UTF8" : "";
  if (facts.lmtp)
    name += "LMTP";
  else
    name += facts.esmtp && !facts.utf8 ? "ESMTP" : "SMTP";
  if (facts.tls && (facts.esmtp || facts.lmtp))
    name += "S";
  if (facts.authenticated && (facts.esmtp || facts.lmtp))
    name += "A";
  return name;
}

std::string date_time(std::int64_t unix_seconds) {
  constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr int first_year = 1900; // of struct tm
  const std::time_t time = unix_seconds;
  std::tm t{};
  ::gmtime_r(&time, &t);
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), "%s, %d %s %d %02d:%02d:%02d +0000",
                days[static_cast<std::size_t>(t.tm_wday)], t.tm_mday,
                months[static_cast<std::size_t>(t.tm_mon)], t.tm_year + first_year, t.tm_hour,
                t.tm_min, t.tm_sec);
  return text.data();
}

std::string received_field(const received_facts& facts) {
  std::string field = "Received: from ";
  field += is_name(facts.hello) ? facts.hello : "unknown";
  if (!facts.peer.empty())
    field += " (" + literal(facts.peer) + ")";
  field.append(fold).append("by ").append(facts.by).append(" (sealonce) with ");
  field.append(with_protocol(facts)).append(" id ").append(facts.id);
  if (!facts.recipient.empty())
    field.append(fold).append("for <").append(facts.recipient).append(">");
  field.append(";").append(fold).append(date_time(facts.time)).append("\r\n");
  return field;
}

} // namespace sealonce::smtp
