// NAME
//   unbound - libunbound made ready, and its answers read
//
// DESCRIPTION
//   The context forwards to the servers of the settings or to those of resolv.conf(5). libunbound
//   answers some names itself (RFC 6303, RFC 6761): those that tests and internal zones use are
//   taken out, so that the servers decide.
//
// DIAGNOSTICS
//   Failures name the server or file. libunbound's own messages, which it would write to standard
//   error without being asked, are switched off; why an answer is bogus comes with the answer.

#include "unbound_detail.hpp"
#include <sealonce/limits.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace sealonce::dns {

namespace {

constexpr const char* resolver_file = "/etc/resolv.conf";

/// RFC 1035 §4.1.1.
constexpr int rcode_no_error = 0;
constexpr std::array<std::string_view, 6> rcode_names{"NOERROR",  "FORMERR", "SERVFAIL",
                                                      "NXDOMAIN", "NOTIMP",  "REFUSED"};

failure unbound_failure(const std::string& what, int error) {
  return failure(what + ": " + ub_strerror(error));
}

result<void> set_options(ub_ctx* context) {
  constexpr std::array<std::pair<const char*, const char*>, 2> all{{
      {"unblock-lan-zones:", "yes"},
      // A server that was down is asked again, instead of being given up for a quarter of an hour.
      {"infra-keep-probing:", "yes"},
  }};
  for (const auto& [name, value] : all)
    if (const int error = ub_ctx_set_option(context, name, value); error != 0)
      return unbound_failure(std::string("libunbound does not take ") + name, error);
  return success();
}

result<void> set_servers(ub_ctx* context, const config::dns_settings& settings) {
  for (const config::endpoint& server : settings.servers)
    if (const int error = ub_ctx_set_fwd(context, forward_address(server).c_str()); error != 0)
      return unbound_failure("the name server " + server.text + " cannot be used", error);
  if (!settings.servers.empty())
    return success();
  if (const int error = ub_ctx_resolvconf(context, resolver_file); error != 0)
    return unbound_failure(std::string(resolver_file) + " cannot be used", error);
  return success();
}

result<void> set_anchors(ub_ctx* context, const std::string& file) {
  if (file.empty())
    return success();
  errno = 0;
  if (std::ifstream in(file); !in || in.peek() == std::ifstream::traits_type::eof())
    return failure("the trust anchor file " + file + " cannot be read" +
                   (errno != 0 ? std::string(": ") + std::strerror(errno) : " or is empty"));
  if (const int error = ub_ctx_add_ta_file(context, file.c_str()); error != 0)
    return unbound_failure("the trust anchor file " + file + " cannot be used", error);
  return success();
}

std::string rcode_text(int rcode) {
  const auto known = static_cast<std::size_t>(rcode);
  return rcode >= 0 && known < rcode_names.size() ? std::string(rcode_names[known])
                                                  : "RCODE " + std::to_string(rcode);
}

/// Fills in the records, or that there is none that can be read.
void read_records(const ub_result& from, txt_answer& to) {
  for (std::size_t i = 0; from.data[i] != nullptr; ++i) {
    const auto size = static_cast<std::size_t>(std::max(from.len[i], 0));
    if (auto text = joined_strings({from.data[i], size}))
      to.records.push_back(std::move(*text));
  }
  to.status = to.records.empty() ? answer_status::server_failure : answer_status::found;
  if (to.records.empty())
    to.why = "the TXT records in the answer are malformed";
}

} // namespace

result<unbound_context> make_context(const config::dns_settings& settings) {
  unbound_context context(ub_ctx_create());
  if (!context)
    return failure("libunbound cannot be started");
  ub_ctx_debugout(context.get(), nullptr);
  BOOST_OUTCOME_TRY(set_options(context.get()));
  BOOST_OUTCOME_TRY(set_servers(context.get(), settings));
  BOOST_OUTCOME_TRY(set_anchors(context.get(), settings.trust_anchor_file));
  if (const int error = ub_ctx_async(context.get(), 1); error != 0)
    return unbound_failure("libunbound cannot have a thread", error);
  // This also makes all of the above final, so that its errors show here.
  for (const char* zone : {"test.", "invalid.", "localhost.", "home.arpa."})
    if (const int error = ub_ctx_zone_remove(context.get(), zone); error != 0)
      return unbound_failure(
          settings.trust_anchor_file.empty()
              ? "libunbound cannot be initialized"
              : "libunbound cannot be initialized: " + settings.trust_anchor_file +
                    " must hold DS or DNSKEY records",
          error);
  return context;
}

std::string forward_address(const config::endpoint& server) {
  return server.host + "@" + std::to_string(server.port);
}

bool may_be_asked(std::string_view name) {
  if (name.empty() || name.size() > limits::domain_name)
    return false;
  while (true) {
    const std::string_view label = name.substr(0, name.find('.'));
    const bool good = std::all_of(label.begin(), label.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_';
    });
    if (label.empty() || label.size() > limits::domain_label || !good)
      return false;
    if (label.size() == name.size())
      return true;
    name.remove_prefix(label.size() + 1);
  }
}

std::optional<std::string> joined_strings(std::span<const char> rdata) {
  if (rdata.empty())
    return std::nullopt;
  std::string text;
  while (!rdata.empty()) {
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(rdata.front()));
    if (size >= rdata.size())
      return std::nullopt;
    text.append(rdata.data() + 1, size);
    rdata = rdata.subspan(size + 1);
  }
  return text;
}

txt_answer read_result(int error, const ub_result* from) {
  txt_answer to;
  to.status = answer_status::server_failure;
  if (error != 0 || from == nullptr) {
    to.why = error != 0 ? ub_strerror(error) : "libunbound gave no answer";
    return to;
  }
  if (from->bogus != 0) { // first of all: forged data stands in the result all the same
    to.status = answer_status::bogus;
    to.why = from->why_bogus != nullptr ? from->why_bogus : "validation failed";
    return to;
  }
  to.secure = from->secure != 0;
  if (from->nxdomain != 0)
    to.status = answer_status::no_name;
  else if (from->rcode != rcode_no_error)
    to.why = "the name server answered " + rcode_text(from->rcode);
  else if (from->havedata == 0)
    to.status = answer_status::no_data;
  else
    read_records(*from, to);
  return to;
}

} // namespace sealonce::dns
