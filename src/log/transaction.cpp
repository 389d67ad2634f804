// NAME
//   transaction - the one line that the log holds for each transaction
//
// DESCRIPTION
//   Names and order of the fields are a contract with those who read logs by program. Every value
//   is escaped by quote; numbers need no quotes.

#include <sealonce/log/quote.hpp>
#include <sealonce/log/transaction.hpp>

#include <algorithm>

namespace sealonce::log {

namespace {

constexpr std::int64_t milliseconds_of_second = 1000;

void append_seconds(std::chrono::milliseconds delay, std::string& out) {
  const std::int64_t all = std::max<std::int64_t>(delay.count(), 0);
  const std::string rest = std::to_string(all % milliseconds_of_second);
  out += std::to_string(all / milliseconds_of_second);
  out += '.';
  out.append(3 - rest.size(), '0');
  out += rest;
}

void append_optional(std::string_view name, std::string_view value, std::string& out) {
  if (value.empty())
    return;
  out += name;
  append_value(value, out);
}

void append_member(std::string_view name, std::string_view value, std::string& out) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json(value, out);
}

} // namespace

void append_text(const transaction& t, std::string& out) {
  out += "relay=";
  append_value(t.relay, out);
  out += " queue_id=";
  append_value(t.queue_id, out);
  out += " client=";
  append_value(t.client, out);
  append_optional(" client_name=", t.client_name, out);
  append_optional(" helo=", t.helo, out);
  append_optional(" proto=", t.proto, out);
  out += " from=";
  std::string path = "<";
  path += t.from;
  path += '>';
  append_value(path, out);
  out += " nrcpt=" + std::to_string(t.nrcpt);
  if (t.refused != 0)
    out += " refused=" + std::to_string(t.refused);
  out += " size=" + std::to_string(t.size);
  out += " action=";
  append_value(t.action, out);
  out += " keys=";
  append_value(t.keys, out);
  out += " reason=";
  append_value(t.reason, out);
  out += " reply=";
  append_quoted(t.reply, out);
  out += " delay=";
  append_seconds(t.delay, out);
  append_optional(" client_tls=", t.client_tls, out);
  append_optional(" next_hop_tls=", t.next_hop_tls, out);
}

void append_json_members(const transaction& t, std::string& out) {
  out += "\"relay\":";
  append_json(t.relay, out);
  append_member("queue_id", t.queue_id, out);
  append_member("client", t.client, out);
  if (!t.client_name.empty())
    append_member("client_name", t.client_name, out);
  if (!t.helo.empty())
    append_member("helo", t.helo, out);
  if (!t.proto.empty())
    append_member("proto", t.proto, out);
  append_member("from", t.from, out);
  out += ",\"nrcpt\":" + std::to_string(t.nrcpt);
  if (t.refused != 0)
    out += ",\"refused\":" + std::to_string(t.refused);
  out += ",\"size\":" + std::to_string(t.size);
  append_member("action", t.action, out);
  append_member("keys", t.keys, out);
  append_member("reason", t.reason, out);
  append_member("reply", t.reply, out);
  out += ",\"delay\":";
  append_seconds(t.delay, out);
  if (!t.client_tls.empty())
    append_member("client_tls", t.client_tls, out);
  if (!t.next_hop_tls.empty())
    append_member("next_hop_tls", t.next_hop_tls, out);
}

} // namespace sealonce::log
