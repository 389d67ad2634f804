// NAME
//   timeouts_section - [relay.timeouts]: how long each stage of a relay may take

#include "draft_detail.hpp"
#include <sealonce/config/quantity.hpp>
#include <sealonce/limits.hpp>

#include <array>

namespace sealonce::config {

namespace {

void read_timeout(const value& v, std::chrono::seconds& out) {
  const auto length = v.parsed<std::chrono::seconds>(parse_duration);
  if (length && (length->count() == 0 || *length > limits::longest_timeout))
    return v.error("from \"1s\" to \"1h\" is expected");
  out = length.value_or(out);
}

constexpr auto rows = std::to_array<row<relay_timeouts>>({
    {"command", [](const value& v, relay_timeouts& t) { read_timeout(v, t.command); }},
    {"data", [](const value& v, relay_timeouts& t) { read_timeout(v, t.data); }},
    {"next_hop_connect",
     [](const value& v, relay_timeouts& t) { read_timeout(v, t.next_hop_connect); }},
    {"next_hop_hello",
     [](const value& v, relay_timeouts& t) { read_timeout(v, t.next_hop_hello); }},
    {"next_hop_reply",
     [](const value& v, relay_timeouts& t) { read_timeout(v, t.next_hop_reply); }},
    {"next_hop_transfer",
     [](const value& v, relay_timeouts& t) { read_timeout(v, t.next_hop_transfer); }},
    {"next_hop_data_done",
     [](const value& v, relay_timeouts& t) { read_timeout(v, t.next_hop_data_done); }},
});

} // namespace

std::vector<std::string_view> timeouts_names() {
  return taken_names<relay_timeouts>(rows);
}

void read_timeouts(const value& v, relay_draft& d) {
  if (const toml::table* table = single_table(v))
    read_section<relay_timeouts>(*table, "relay.timeouts", rows, d.relay.timeouts, v.errors());
}

} // namespace sealonce::config
