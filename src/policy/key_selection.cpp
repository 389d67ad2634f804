// NAME
//   key_selection - which keys sign a message
//
// DESCRIPTION
//   The rules in their order: is the client one whose mail we sign; is all such mail excluded; who
//   is the author; the [[domain]] of that name or of the nearest parent; where there is none, the
//   signing table; then the domains that sign for the message's list; and where all of that gives
//   nothing, the default domain. `explain` hears of each through the trace, so it cannot tell
//   anything else than what is done.
//
// DIAGNOSTICS
//   A key that should sign and cannot be used is told as key_trouble; the other keys are given all
//   the same.

#include "complaints_detail.hpp"
#include "mail_rules_detail.hpp"
#include <sealonce/policy/key_selection.hpp>
#include <sealonce/policy/reason.hpp>
#include <sealonce/policy/signing_tables.hpp>
#include <sealonce/policy/wildcard.hpp>

#include <algorithm>
#include <optional>

namespace sealonce::policy {

namespace {

using message::author_status;

/// A key of the settings, which live longer than any selection.
std::shared_ptr<const dkim::signing_key> borrowed(const dkim::signing_key& key) {
  return {std::shared_ptr<const void>(), &key};
}

selection nothing(std::string_view why, std::string detail) {
  selection out;
  out.reason = why;
  out.detail = std::move(detail);
  return out;
}

/// One message on its way through the rules.
class chooser {
public:
  chooser(const author_query& query, const config::settings& s, selection_trace* trace)
      : query_(query), settings_(s), trace_(trace) {}

  selection choose();

private:
  template <class Sentence> // a lambda, called only where somebody listens
  void tell(Sentence sentence) const {
    if (trace_ != nullptr) {
      trace_->looked_at(sentence());
    }
  }

  [[nodiscard]] bool is_outside();
  void find_other_author();
  [[nodiscard]] const config::domain_settings* own_domain(const std::string& name) const;
  [[nodiscard]] bool add_author(const message::author& a);
  [[nodiscard]] std::optional<std::string>
  excluded_from(const config::domain_settings& domain) const;
  void add_keys(const config::domain_settings& domain, const std::string& identity);
  void add_for_others(const char* rule, const config::domain_settings& domain);
  void add_lists();
  void add_default();

  const author_query& query_;
  const config::settings& settings_;
  selection_trace* trace_;
  std::optional<message::author> other_author_;
  selection out_;
};

bool chooser::is_outside() {
  const auto relay = std::find_if(settings_.relays.begin(), settings_.relays.end(),
                                  [&](const auto& r) { return r.name == query_.relay; });
  if (relay == settings_.relays.end() || !relay->internal_hosts) {
    tell([&] { return "internal_hosts: not set, all mail of this relay is ours"; });
    return false;
  }
  const bool inside = is_internal(query_.origin, *relay->internal_hosts);
  const std::string client(client_address(query_.origin));
  tell([&] {
    return "internal_hosts of relay " + relay->name + ": " + shown(client) +
           (query_.origin.source.empty() ? "" : ", source " + shown(query_.origin.source)) +
           (inside ? ": one of them" : ": none of them");
  });
  if (!inside) {
    out_ =
        nothing(reason::not_internal, "the client " + shown(client) +
                                          " is none of the internal hosts of relay " + relay->name);
  }
  return !inside;
}

/// The author as [signing] author_headers has it, where that is not the one of From: from the first
/// of these fields that is there.
void chooser::find_other_author() {
  for (const std::string& name : settings_.signing.author_headers) {
    if (message::same_name(name, "From")) {
      return;
    }
    const auto& fields = query_.head->fields();
    const auto f = std::find_if(fields.begin(), fields.end(), [&](const message::field& one) {
      return message::same_name(query_.head->name(one), name);
    });
    if (f != fields.end()) {
      other_author_ = message::parse_author(query_.head->value(*f));
      tell([&] {
        return "author_headers: the message has " + name +
               (other_author_->status == author_status::found
                    ? ", whose domain is " + other_author_->domain
                    : ", which names nobody: " + other_author_->why);
      });
      return;
    }
    tell([&] { return "author_headers: there is no " + name; });
  }
}

/// The entry of this name, or of the nearest parent.
const config::domain_settings* chooser::own_domain(const std::string& name) const {
  if (settings_.domains.empty()) {
    tell([] { return std::string("[[domain]]: none"); });
    return nullptr;
  }
  for (std::string_view at = name;;) {
    const auto found = settings_.domains.find(at);
    if (found != settings_.domains.end()) {
      const bool counts = at.size() == name.size() || found->second.subdomains;
      tell([&] {
        return "[[domain]] " + std::string(at) +
               (counts ? ": there" : ": there, but subdomains = false");
      });
      return counts ? &found->second : nullptr;
    }
    tell([&] { return "[[domain]] " + std::string(at) + ": none"; });
    const auto dot = at.find('.');
    if (dot == at.npos || at.find('.', dot + 1) == at.npos) {
      return nullptr; // no key can belong to a name of one label
    }
    at.remove_prefix(dot + 1);
  }
}

/// The sentence of the domain's own rules that says that it does not sign this message.
std::optional<std::string> chooser::excluded_from(const config::domain_settings& domain) const {
  auto why = domain.sign ? excluded_by(domain.exclude, query_) : std::string("sign = false");
  if (why) {
    *why = "[[domain]] " + domain.name + ": " + *why;
  }
  return why;
}

void chooser::add_keys(const config::domain_settings& domain, const std::string& identity) {
  std::string trouble;
  if (!domain.unusable.empty()) {
    const auto& key = domain.unusable.front();
    trouble = "key " + domain.name + "/" + key.selector + " cannot be used: " + key.why;
  } else if (domain.keys.empty()) {
    trouble = "domain " + domain.name + " has no key";
  }
  if (!trouble.empty() && !out_.key_trouble) {
    out_.key_trouble = true;
    out_.reason = reason::key_unusable;
    out_.detail = std::move(trouble);
  }
  for (const auto& key : domain.keys) {
    out_.keys.push_back({borrowed(key), identity});
  }
}

/// Returns whether that is the last word: an author whose domain does not sign.
bool chooser::add_author(const message::author& a) {
  if (const auto* domain = own_domain(a.domain)) {
    if (auto why = excluded_from(*domain)) {
      out_ = nothing(reason::excluded, std::move(*why));
      return true;
    }
    add_keys(*domain, domain->name != a.domain ? "@" + a.domain : std::string());
    return false;
  }
  if (settings_.signing.tables) {
    settings_.signing.tables->select(a.local_part, a.domain, settings_.signing.multiple_signatures,
                                     out_, trace_);
  }
  return false;
}

/// Keys of a domain that signs for others; those of an author's own domain are there already.
void chooser::add_for_others(const char* rule, const config::domain_settings& domain) {
  const auto there = std::any_of(out_.keys.begin(), out_.keys.end(), [&](const selected_key& one) {
    return one.key->domain == domain.name;
  });
  const auto why = excluded_from(domain);
  tell([&] {
    return std::string(rule) + ": [[domain]] " + domain.name +
           (there ? ", which signs anyway" : "") + (why ? ", but " + *why : "");
  });
  if (!there && !why) {
    add_keys(domain, {});
  }
}

void chooser::add_lists() {
  if (settings_.lists.empty()) {
    return;
  }
  const std::string id = list_id(*query_.head);
  const auto rule =
      std::find_if(settings_.lists.begin(), settings_.lists.end(),
                   [&](const auto& one) { return !id.empty() && matches(one.list_id, id); });
  if (rule == settings_.lists.end()) {
    tell([&] {
      return id.empty() ? "lists: the message has no List-Id"
                        : "lists: no domain signs for " + shown(id);
    });
    return;
  }
  if (const auto domain = settings_.domains.find(rule->domain); domain != settings_.domains.end()) {
    add_for_others("lists", domain->second);
  }
}

void chooser::add_default() {
  const auto domain = settings_.domains.find(settings_.signing.default_domain);
  if (domain == settings_.domains.end()) {
    tell([] { return std::string("default_domain: not set"); });
    return;
  }
  add_for_others("default_domain", domain->second);
}

selection chooser::choose() {
  if (is_outside()) {
    return std::move(out_);
  }
  if (auto why = excluded_by(settings_.signing.exclude, query_)) {
    return nothing(reason::excluded, "[signing]: " + *why);
  }
  // Without one clear From field no signature means anything, whoever else is named.
  if (query_.author->status == author_status::found) {
    find_other_author();
  }
  const auto& author = other_author_ ? *other_author_ : *query_.author;
  if (author.status != author_status::found) {
    return nothing(author_reason(author.status), author.why);
  }
  if (add_author(author)) {
    return std::move(out_);
  }
  add_lists();
  if (out_.keys.empty() && !out_.key_trouble) {
    add_default();
  }
  if (out_.keys.empty() && !out_.key_trouble) {
    return nothing(reason::no_domain, "no key is configured for domain " + author.domain);
  }
  return std::move(out_);
}

} // namespace

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

selection select_keys(const author_query& query, const config::settings& s,
                      selection_trace* trace) {
  return chooser(query, s, trace).choose();
}

std::shared_ptr<const dkim::signing_key>
held_key(std::string_view domain, std::string_view selector, const config::settings& s) {
  const std::string d = lower_case(domain);
  const std::string sel = lower_case(selector);
  if (const auto own = s.domains.find(d); own != s.domains.end()) {
    for (const auto& key : own->second.keys) {
      if (key.selector == sel) {
        return borrowed(key);
      }
    }
  }
  return s.signing.tables ? s.signing.tables->held(d, sel) : nullptr;
}

bool holds_key(std::string_view domain, std::string_view selector, const config::settings& s) {
  const std::string d = lower_case(domain);
  const std::string sel = lower_case(selector);
  const auto own = s.domains.find(d);
  const bool among_domains =
      own != s.domains.end() && std::any_of(own->second.keys.begin(), own->second.keys.end(),
                                            [&](const auto& key) { return key.selector == sel; });
  return among_domains || (s.signing.tables && s.signing.tables->holds(d, sel));
}

} // namespace sealonce::policy
