// NAME
//   decide - what is to be done with a message
//
// DESCRIPTION
//   The rows stand in the order in which they are asked: the relay's mode, whether the header can
//   be judged at all, whose message it is (select_keys), which signatures of ours it has
//   (signature_plan), what makes a new signature impossible or sure to break (header, long lines),
//   and last the keys. So a message that would not be signed anyway is never deferred for a key,
//   and one that has all its signatures is never held up by what would be wrong with another one.
//
//   A message that we may not sign for is left as it is, whatever signatures it has.
//
// DIAGNOSTICS
//   Every decision has a reason (policy/reason.hpp) and, but for "signed" and "already-signed", a
//   sentence.

#include "signature_plan_detail.hpp"
#include <sealonce/limits.hpp>
#include <sealonce/policy/reason.hpp>

#include <algorithm>
#include <optional>

namespace sealonce::policy {

namespace {

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

// Whether a NUL stands anywhere but in the fields that go.
bool nul_stays(const message::header& head, const std::vector<removal>& removed) {
  const auto count = [](std::string_view text) {
    return std::count(text.begin(), text.end(), '\0');
  };
  auto nuls = count(head.text());
  for (const removal& one : removed) {
    nuls -= count(head.whole(head.fields()[one.field]));
  }
  return nuls > 0;
}

verdict header_verdict(const message::header& head, const std::vector<removal>& removed) {
  const auto& odd = head.oddities();
  if (odd.nul && nul_stays(head, removed)) {
    return pass(reason::nul, "a NUL octet stands in the header");
  }
  if (odd.malformed_line) {
    return pass(reason::malformed_header,
                "a line of the header is neither a field nor the continuation of one");
  }
  return std::nullopt;
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

// What makes a new signature impossible, or sure to break.
verdict content_verdict(const facts& f, const std::vector<removal>& removed,
                        const config::settings& s) {
  if (auto v = header_verdict(*f.head, removed)) {
    return v;
  }
  if (f.goes_unchanged) {
    return std::nullopt;
  }
  if (auto v = colon_verdict(*f.head, s.signing)) {
    return v;
  }
  return line_verdict(f, s);
}

// A message of ours that cannot be signed now: what is broken goes, what is valid stays.
decision without_signing(decision d, const facts& f, const selection& chosen,
                         const config::once_settings& once) {
  if (d.what == action::refuse) {
    return d;
  }
  auto plan = plan_without_signing(f, chosen, once);
  if (!plan.removed.empty()) {
    d.detail += "; " + plan.detail;
  }
  d.removed = std::move(plan.removed);
  d.present = std::move(plan.present);
  if (!d.present.empty()) {
    d.what = action::already_signed;
  }
  return d;
}

decision carry_out(signature_plan plan, const selection& chosen) {
  decision d;
  d.keys = std::move(plan.to_sign);
  d.removed = std::move(plan.removed);
  d.present = std::move(plan.present);
  d.reason = plan.reason.empty() ? reason::keys_signed : plan.reason;
  d.detail = std::move(plan.detail);
  if (chosen.key_trouble) {
    d.detail += (d.detail.empty() ? "" : "; ") + chosen.detail;
  }
  if (!d.keys.empty()) {
    d.what = plan.replaces ? action::replace : action::sign;
  } else if (!d.present.empty()) {
    d.what = action::already_signed;
  }
  return d;
}

} // namespace

bool signs(config::relay_mode mode) {
  return mode == config::relay_mode::sign || mode == config::relay_mode::both;
}

decision decide(const facts& f, const selection& chosen, config::relay_mode mode,
                const config::settings& s) {
  if (!signs(mode)) {
    return pass(reason::mode, "the mode of the relay does not sign");
  }
  if (f.head->oddities().over_limit) {
    return pass(reason::header_limit, "the header is longer than can be signed");
  }
  if (chosen.keys.empty() && !chosen.key_trouble) {
    return pass(chosen.reason, chosen.detail);
  }
  auto plan = plan_signatures(f, chosen, s.once);
  if (!plan.to_sign.empty() || chosen.key_trouble) {
    if (auto blocked = content_verdict(f, plan.removed, s)) {
      return without_signing(std::move(*blocked), f, chosen, s.once);
    }
  }
  if (chosen.key_trouble && s.signing.on_error == config::error_action::tempfail) {
    return make(action::defer, chosen.reason, chosen.detail);
  }
  if (chosen.keys.empty()) {
    return pass(chosen.reason, chosen.detail);
  }
  return carry_out(std::move(plan), chosen);
}

} // namespace sealonce::policy
