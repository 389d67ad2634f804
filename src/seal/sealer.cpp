// NAME
//   sealer - one message on its way through
//
// DESCRIPTION
//   When the header is complete, select_keys says who may sign it; where nobody may, nothing more
//   is done. Else the recognizer looks for signatures of our own, and decide says what would become
//   of the message with a harmless body: only where that can be a signature is the body hashed for
//   one, so mail of others costs no SHA-256, and a body that an own signature covers is hashed once
//   for both. At the end decide is asked again with all facts.
//
// DIAGNOSTICS
//   A key that fails while signing: deferred, "signing-failed"; or, with [signing] on_error =
//   "unsigned", left out, and the valid signature that it was to replace stays.

#include <sealonce/policy/reason.hpp>
#include <sealonce/seal/sealer.hpp>

#include <algorithm>

namespace sealonce::seal {

namespace {

using signers_list = std::vector<const dkim::signing_key*>;

void add_name(const dkim::signing_key& key, std::string& list) {
  list += list.empty() ? "" : ",";
  list += key.domain;
  list += '/';
  list += key.selector;
}

} // namespace

sealer::sealer(const config::settings& s, config::relay_mode mode, const policy::author_query& who)
    : settings_(s), mode_(mode), who_(who), scanner_(*this) {}

sealer::sealer(const config::settings& s, policy::selection chosen)
    : settings_(s), mode_(config::relay_mode::sign), goes_unchanged_(true),
      chosen_(std::move(chosen)), scanner_(*this) {}

void sealer::content(std::span<const char> piece, std::uint64_t wire_offset) {
  scanner_.content(piece, wire_offset);
}

policy::decision sealer::decide(std::int64_t now) const {
  policy::facts f;
  f.head = &scanner_.head();
  f.longest_body_line = scanner_.longest_body_line();
  f.own = recognizer_.own();
  f.foreign = recognizer_.foreign();
  f.now = now;
  f.goes_unchanged = goes_unchanged_;
  return policy::decide(f, *chosen_, mode_, settings_);
}

void sealer::header_complete(const message::header& h) {
  if (!chosen_ && policy::signs(mode_) && !h.oddities().over_limit) {
    author_ = message::find_author(h);
    who_.author = &author_;
    who_.head = &h;
    chosen_ = policy::select_keys(who_, settings_);
  }
  if (!chosen_) {
    chosen_.emplace(); // nobody will ask for it
  }
  if (chosen_->keys.empty() || h.oddities().over_limit) {
    return;
  }
  recognizer_.examine(h, *chosen_, settings_, hashes_);
  const auto what = decide(0).what;
  if (what == policy::action::sign || what == policy::action::replace ||
      what == policy::action::already_signed) {
    signing_hash_ = hashes_.want(settings_.signing.canonical.body);
  }
}

void sealer::body(std::span<const char> piece) {
  hashes_.update(piece);
}

outcome sealer::finish(std::int64_t now) {
  scanner_.finish();
  hashes_.finish();
  recognizer_.finish(hashes_, now);
  auto decided = decide(now);
  outcome o;
  o.what = decided.what;
  o.reason = decided.reason;
  o.detail = std::move(decided.detail);
  signers_list signers;
  if (!decided.keys.empty()) {
    sign(decided, now, o, signers);
  }
  if (o.what != policy::action::refuse && o.what != policy::action::defer) {
    take_off(decided, signers, o);
  }
  for (const dkim::signing_key* key : signers) {
    add_name(*key, o.keys);
  }
  if (o.what == policy::action::already_signed) {
    for (const std::size_t i : decided.present) {
      add_name(*recognizer_.own()[i].key, o.keys);
    }
  }
  return o;
}

// Adds a field by each key, and notes which keys have signed.
void sealer::sign(const policy::decision& decided, std::int64_t now, outcome& o,
                  signers_list& signers) const {
  const auto& s = settings_.signing;
  dkim::signature_tags tags;
  tags.canonical = s.canonical;
  tags.time = now;
  if (s.lifetime) {
    tags.expiration = now + s.lifetime->count();
  }
  const auto& hash = hashes_.value(signing_hash_.value());
  for (const auto& k : decided.keys) {
    tags.identity = k.identity;
    auto field = dkim::sign(*k.key, tags, s.headers, scanner_.head(), hash);
    if (field) {
      o.new_fields += field.value();
      signers.push_back(k.key.get());
      continue;
    }
    o.detail = "signing failed: " + field.error().what;
    if (s.on_error == config::error_action::tempfail) {
      o.what = policy::action::defer;
      o.reason = policy::reason::signing_failed;
      o.new_fields.clear();
      signers.clear();
      return;
    }
  }
  if (signers.empty()) {
    const bool valid_stays =
        !decided.present.empty() ||
        std::any_of(decided.removed.begin(), decided.removed.end(),
                    [](const policy::removal& one) { return one.successor != nullptr; });
    o.what = valid_stays ? policy::action::already_signed : policy::action::pass_unsigned;
    o.reason = policy::reason::signing_failed;
  }
}

// The wire ranges of the fields that go, but for those whose successor has not signed.
void sealer::take_off(const policy::decision& decided, const signers_list& signers,
                      outcome& o) const {
  for (const auto& one : decided.removed) {
    const bool goes = !one.successor || std::find(signers.begin(), signers.end(),
                                                  one.successor.get()) != signers.end();
    if (goes) {
      const auto& field = scanner_.head().fields()[one.field];
      o.removed.push_back({field.wire_begin, field.wire_end});
    }
  }
}

} // namespace sealonce::seal
