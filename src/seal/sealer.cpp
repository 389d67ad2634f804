// NAME
//   sealer - one message on its way through
//
// DESCRIPTION
//   The scanner hands over the header as soon as it is complete. decide then says what would become
//   of the message with a harmless body: only where that is a signature is the body hashed, so
//   foreign mail costs no SHA-256. At the end decide is asked again with all facts.
//
// DIAGNOSTICS
//   A key that fails while signing: deferred, "signing-failed"; or, with [signing] on_error =
//   "unsigned", left out.

#include <sealonce/policy/reason.hpp>
#include <sealonce/seal/sealer.hpp>

namespace sealonce::seal {

sealer::sealer(const config::settings& s, config::relay_mode mode)
    : settings_(s), mode_(mode), scanner_(*this) {}

void sealer::content(std::span<const char> piece, std::uint64_t wire_offset) {
  scanner_.content(piece, wire_offset);
}

policy::decision sealer::decide() const {
  return policy::decide({&scanner_.head(), &author_, scanner_.longest_body_line()}, mode_,
                        settings_);
}

void sealer::header_complete(const message::header& h) {
  author_ = message::find_author(h);
  if (decide().what == policy::action::sign) {
    body_hash_.emplace(settings_.signing.canonical.body);
  }
}

void sealer::body(std::span<const char> piece) {
  if (body_hash_) {
    body_hash_->update(piece);
  }
}

outcome sealer::finish(std::int64_t now) {
  scanner_.finish();
  auto decided = decide();
  if (decided.what == policy::action::sign) {
    return sign(decided, now);
  }
  outcome o;
  o.what = decided.what;
  o.reason = decided.reason;
  o.detail = std::move(decided.detail);
  return o;
}

outcome sealer::sign(const policy::decision& decided, std::int64_t now) {
  const auto& s = settings_.signing;
  dkim::signature_tags tags;
  tags.canonical = s.canonical;
  tags.time = now;
  if (s.lifetime) {
    tags.expiration = now + s.lifetime->count();
  }
  const auto hash = body_hash_.value().finish();
  outcome o;
  o.what = policy::action::sign;
  o.reason = decided.reason;
  o.detail = decided.detail;
  for (const auto& key : decided.keys) {
    const auto name = key.domain + '/' + key.selector;
    auto field = dkim::sign(key, tags, s.headers, scanner_.head(), hash);
    if (!field) {
      o.detail = "signing failed: " + field.error().what;
      if (s.on_error == config::error_action::tempfail) {
        return without_fields(policy::action::defer, std::move(o.detail));
      }
      continue;
    }
    o.new_fields += field.value();
    o.keys += (o.keys.empty() ? "" : ",") + name;
  }
  if (o.new_fields.empty()) {
    return without_fields(policy::action::pass_unsigned, std::move(o.detail));
  }
  return o;
}

outcome sealer::without_fields(policy::action what, std::string detail) {
  outcome o;
  o.what = what;
  o.reason = policy::reason::signing_failed;
  o.detail = std::move(detail);
  return o;
}

} // namespace sealonce::seal
