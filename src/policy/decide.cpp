// NAME
//   decide - what is to be done with a message
//
// DESCRIPTION
//   The rows stand in the order in which they are asked: the relay's mode, what makes a signature
//   impossible or sure to break (header, author), whose message it is, what a later hop would cut,
//   and last the keys. So a message that would not be signed anyway is never deferred for a key.
//
// DIAGNOSTICS
//   Every decision has a reason (policy/reason.hpp) and, but for "signed", a sentence.

#include <sealonce/limits.hpp>
#include <sealonce/policy/decide.hpp>
#include <sealonce/policy/reason.hpp>

#include <algorithm>
#include <optional>

namespace sealonce::policy {

namespace {

using message::author_status;
using verdict = std::optional<decision>; // nothing: the next row is asked

constexpr std::size_t longest_line = limits::text_line - 2; // without CRLF

decision make(action what, std::string_view why, std::string detail) {
  decision d;
  d.what = what;
  d.reason = why;
  d.detail = std::move(detail);
  return d;
}

decision pass(std::string_view why, std::string detail) {
  return make(action::pass_unsigned, why, std::move(detail));
}

verdict header_verdict(const message::header_oddities& odd) {
  if (odd.nul) {
    return pass(reason::nul, "a NUL octet stands in the header");
  }
  if (odd.over_limit) {
    return pass(reason::header_limit, "the header is longer than can be signed");
  }
  if (odd.malformed_line) {
    return pass(reason::malformed_header,
                "a line of the header is neither a field nor the continuation of one");
  }
  return std::nullopt;
}

std::string_view author_reason(author_status status) {
  switch (status) {
  case author_status::found:
    return {};
  case author_status::no_from:
    return reason::no_from;
  case author_status::several_from:
    return reason::several_from;
  case author_status::several_mailboxes:
    return reason::several_authors;
  case author_status::empty_group:
    return reason::empty_group;
  case author_status::malformed:
    return reason::malformed_from;
  case author_status::domain_literal:
    return reason::domain_literal;
  case author_status::disputed:
    return reason::disputed_from;
  }
  return reason::malformed_from;
}

bool has_long_line(std::string_view lines) {
  while (!lines.empty()) {
    const auto end = std::min(lines.find("\r\n"), lines.size());
    if (end > longest_line) {
      return true;
    }
    lines.remove_prefix(std::min(end + 2, lines.size()));
  }
  return false;
}

// Whether a field that would be signed has a property.
template <class Property>
bool any_signed_field(const message::header& head, const dkim::header_list& list,
                      Property property) {
  const auto& names = list.signed_names();
  return std::any_of(head.fields().begin(), head.fields().end(), [&](const message::field& f) {
    return property(f) && std::any_of(names.begin(), names.end(), [&](const std::string& name) {
             return message::same_name(head.name(f), name);
           });
  });
}

// Postfix's cleanup takes blanks before a colon out, which simple canonicalization does not
// forgive.
verdict colon_verdict(const message::header& head, const config::signing_settings& s) {
  if (s.canonical.header == dkim::canonicalization::simple &&
      any_signed_field(head, s.headers,
                       [](const message::field& f) { return f.value - f.name_end > 1; })) {
    return pass(reason::blank_before_colon,
                "a field has blanks before its colon, which the next hop would take out, and "
                "canonicalization of the header is \"simple\"");
  }
  return std::nullopt;
}

verdict line_verdict(const facts& f, const config::settings& s) {
  const bool body = f.longest_body_line > longest_line;
  const bool head = f.head->oddities().long_line &&
                    any_signed_field(*f.head, s.signing.headers, [&](const message::field& one) {
                      return has_long_line(f.head->whole(one));
                    });
  if ((!body && !head) || s.message.lines == config::long_lines::sign) {
    return std::nullopt;
  }
  const bool refuse = s.message.lines == config::long_lines::refuse;
  return make(refuse ? action::refuse : action::pass_unsigned,
              body ? reason::long_lines : reason::long_header_line,
              std::string(body ? "a line of the body" : "a line of a signed header field") +
                  " is longer than 998 octets");
}

decision key_decision(const config::domain_settings& domain, config::error_action on_error) {
  std::string trouble;
  if (!domain.unusable.empty()) {
    const auto& key = domain.unusable.front();
    trouble = "key " + domain.name + "/" + key.selector + " cannot be used: " + key.why;
  } else if (domain.keys.empty()) {
    trouble = "domain " + domain.name + " has no key";
  }
  if (!trouble.empty() && on_error == config::error_action::tempfail) {
    return make(action::defer, reason::key_unusable, std::move(trouble));
  }
  if (domain.keys.empty()) {
    return pass(reason::key_unusable, std::move(trouble));
  }
  auto d = make(action::sign, reason::keys_signed, std::move(trouble));
  d.keys = domain.keys;
  return d;
}

} // namespace

decision decide(const facts& f, config::relay_mode mode, const config::settings& s) {
  if (mode == config::relay_mode::pass || mode == config::relay_mode::verify) {
    return pass(reason::mode, "the mode of the relay does not sign");
  }
  if (auto v = header_verdict(f.head->oddities())) {
    return std::move(*v);
  }
  if (f.author->status != author_status::found) {
    return pass(author_reason(f.author->status), f.author->why);
  }
  const auto domain = s.domains.find(f.author->domain);
  if (domain == s.domains.end()) {
    return pass(reason::no_domain, "no key is configured for domain " + f.author->domain);
  }
  if (auto v = colon_verdict(*f.head, s.signing)) {
    return std::move(*v);
  }
  if (auto v = line_verdict(f, s)) {
    return std::move(*v);
  }
  return key_decision(domain->second, s.signing.on_error);
}

} // namespace sealonce::policy
