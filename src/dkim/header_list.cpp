// NAME
//   header_list - which fields go into h=
// DESCRIPTION
//   The default list, the lists of the configuration as changes to it, and the choice for one
//   message. The choice walks the header once.
// DIAGNOSTICS
//   from_settings fails with a sentence that names the entry.
#include "name_detail.hpp"
#include <sealonce/dkim/header_list.hpp>
#include <sealonce/limits.hpp>

#include <array>
#include <numeric>
#include <span>

namespace sealonce::dkim {
namespace {

using message::same_name;
using name_list = std::vector<std::string>;

/// RFC 6376 §5.4.1 first, then MIME (RFC 2045, 2183), identification, lists (RFC 2369, 2919, 8058),
/// feedback loops (RFC 9477 §3.2 and Feedback-ID want to be signed), keys (Autocrypt 1.1).
constexpr auto default_signed = std::to_array<std::string_view>({
    "From",
    "Reply-To",
    "Subject",
    "Date",
    "To",
    "Cc",
    "Sender",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Resent-Date",
    "Resent-From",
    "Resent-Sender",
    "Resent-To",
    "Resent-Cc",
    "Resent-Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
    "Content-ID",
    "Content-Description",
    "Content-Language",
    "List-Id",
    "List-Help",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Subscribe",
    "List-Post",
    "List-Owner",
    "List-Archive",
    "Autocrypt",
    "CFBL-Address",
    "CFBL-Feedback-ID",
    "Feedback-ID",
});

constexpr auto default_oversigned = std::to_array<std::string_view>({
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "Content-Type",
    "MIME-Version",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
});

/// Honest hops add these; see the header file.
constexpr auto added_on_the_way = std::to_array<std::string_view>(
    {"Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"});

/// Trace fields, what each hop writes anew, and what Postfix takes out (message_drop_headers).
constexpr auto never_signed = std::to_array<std::string_view>({
    "Return-Path",
    "Received",
    "Received-SPF",
    "Delivered-To",
    "X-Original-To",
    "DKIM-Signature",
    "DomainKey-Signature",
    "Authentication-Results",
    "Bcc",
    "Resent-Bcc",
    "Content-Length",
    "Require-TLS-ESMTP",
});
constexpr auto never_signed_prefixes =
    std::to_array<std::string_view>({"ARC-", "X-Spam", "X-Virus-"});

template <class Names>
bool has(const Names& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view one) { return same_name(one, name); });
}

void add(name_list& to, std::string_view name) {
  if (!has(to, name)) {
    to.emplace_back(name);
  }
}

bool is_never_signed(std::string_view name) {
  return has(never_signed, name) ||
         std::any_of(never_signed_prefixes.begin(), never_signed_prefixes.end(),
                     [&](std::string_view p) { return same_name(name.substr(0, p.size()), p); });
}

/// ftext of RFC 5322 §3.6.8, but ";", which would end h=, and "*", which would look like a pattern.
bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::signed_name &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return c > ' ' && c < 0x7f && c != ':' && c != ';' && c != '*';
         });
}

result<void> check_name(std::string_view name) {
  if (!is_field_name(name)) {
    return failure("\"" + std::string(name) +
                   "\" is no field name: names are written one by one, without colon or pattern");
  }
  if (is_never_signed(name)) {
    return failure(std::string(name) +
                   " must not be signed: it is written or taken out on the way, and the signature "
                   "would break (RFC 6376 section 5.4)");
  }
  return success();
}

/// Takes `name` out; `known` are names that may be missing already.
result<void> take_out(name_list& names, std::string_view name,
                      std::span<const std::string_view> known) {
  if (std::erase_if(names, [&](const std::string& one) { return same_name(one, name); }) == 0 &&
      !has(known, name)) {
    return failure("\"-" + std::string(name) + "\" takes out a name that is not in the list");
  }
  return success();
}

/// One list of the configuration, "*" being `base`.
result<name_list> changed(const name_list& entries, const name_list& base,
                          std::span<const std::string_view> known) {
  const auto is_change = [](std::string_view e) {
    return e.starts_with('+') || e.starts_with('-');
  };
  name_list names;
  if (!entries.empty() && is_change(entries.front())) {
    names = base;
  }
  for (const std::string_view entry : entries) {
    const std::string_view name = is_change(entry) ? entry.substr(1) : entry;
    if (entry == "*") {
      for (const std::string& one : base) {
        add(names, one);
      }
    } else if (entry.starts_with('-')) {
      BOOST_OUTCOME_TRY(take_out(names, name, known));
    } else {
      BOOST_OUTCOME_TRY(check_name(name));
      add(names, name);
    }
  }
  return names;
}

} // namespace

header_list::header_list()
    : header_list({default_signed.begin(), default_signed.end()},
                  {default_oversigned.begin(), default_oversigned.end()}) {}

header_list::header_list(name_list names, name_list oversigned)
    : signed_(std::move(names)), oversigned_(std::move(oversigned)), order_(signed_.size()) {
  std::iota(order_.begin(), order_.end(), 0u);
  std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return compare_names(signed_[a], signed_[b]) < 0;
  });
  for (const std::string& name : signed_) {
    const bool sealed = has(oversigned_, name);
    const bool required = same_name(name, "From"); // RFC 6376 §5.4
    rules_.push_back({required, sealed, sealed && !has(added_on_the_way, name)});
  }
}

result<header_list> header_list::from_settings(const std::vector<std::string>& headers,
                                               const std::vector<std::string>& oversign) {
  if (has(headers, "-From")) {
    return failure("\"-From\": From is always signed (RFC 6376 section 5.4)");
  }
  const header_list defaults;
  BOOST_OUTCOME_TRY(name_list names, changed(headers, defaults.signed_, {}));
  if (!has(names, "From")) {
    names.insert(names.begin(), "From");
  }
  name_list sealed = defaults.oversigned_;
  std::erase_if(sealed, [&](const std::string& name) { return !has(names, name); });
  BOOST_OUTCOME_TRY(name_list oversigned, changed(oversign, sealed, default_oversigned));
  for (const std::string& name : oversigned) {
    add(names, name);
  }
  return header_list(std::move(names), std::move(oversigned));
}

/// Where the name stands in signed_; signed_.size() where it does not.
std::size_t header_list::place(std::string_view name) const {
  const auto found = std::lower_bound(
      order_.begin(), order_.end(), name,
      [&](std::uint32_t at, std::string_view n) { return compare_names(signed_[at], n) < 0; });
  return found != order_.end() && same_name(signed_[*found], name) ? *found : signed_.size();
}

std::vector<std::string_view> header_list::select(const message::header& h) const {
  std::vector<std::uint32_t> counts(signed_.size() + 1); // the last one takes what is not signed
  for (const message::field& f : h.fields()) {
    ++counts[place(h.name(f))];
  }
  std::vector<std::string_view> names;
  names.reserve(h.fields().size() + oversigned_.size());
  for (std::size_t i = 0; i < signed_.size(); ++i) {
    const rule& r = rules_[i];
    const std::size_t occurs = std::min<std::size_t>(counts[i], limits::signed_instances);
    const std::size_t extra = r.oversigned && (occurs > 0 || r.when_absent);
    const std::size_t times = std::max<std::size_t>(occurs + extra, r.required);
    names.insert(names.end(), times, signed_[i]);
  }
  return names;
}

} // namespace sealonce::dkim
