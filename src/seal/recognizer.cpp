// NAME
//   recognizer - own signatures in a message
//
// DESCRIPTION
//   Of every DKIM-Signature field only d= and s= are looked at first; the field is parsed and
//   verified where they name a key of ours. Behind a malformed line there are no fields: the next
//   hop takes what stands there for the body.
//
//   A signature over a part of the body (l=) counts as broken: we write none, and whoever has put
//   it there could have put anything behind it.
//
// DIAGNOSTICS
//   A verdict for each own field, and why.

#include <sealonce/dkim/verification.hpp>
#include <sealonce/limits.hpp>
#include <sealonce/seal/recognizer.hpp>

#include <algorithm>

namespace sealonce::seal {

namespace {

using policy::own_verdict;
using key_pointer = std::shared_ptr<const dkim::signing_key>;

key_pointer find_key(const dkim::signature_names& names, const policy::selection& chosen,
                     const config::settings& s) {
  if (names.domain.empty() || names.selector.empty()) {
    return nullptr;
  }
  for (const auto& k : chosen.keys) {
    if (k.key->domain == names.domain && k.key->selector == names.selector) {
      return k.key;
    }
  }
  return policy::held_key(names.domain, names.selector, s);
}

/// A name without its key: for fields that are not looked into, so that a message that names
/// thousands of our domains does not have thousands of keys parsed.
key_pointer name_alone(const dkim::signature_names& names, const policy::selection& chosen,
                       const config::settings& s) {
  const bool is_chosen =
      std::any_of(chosen.keys.begin(), chosen.keys.end(), [&](const policy::selected_key& k) {
        return k.key->domain == names.domain && k.key->selector == names.selector;
      });
  if (names.domain.empty() || names.selector.empty() ||
      (!is_chosen && !policy::holds_key(names.domain, names.selector, s)))
    return nullptr;
  auto key = std::make_shared<dkim::signing_key>();
  key->domain = names.domain;
  key->selector = names.selector;
  return key;
}

/// Whether h= has the name as often as the header has the field.
bool covers_name(std::string_view name, const dkim::signature& s, const message::header& head) {
  const std::size_t needed = std::min(head.count(name), limits::signed_instances);
  return needed == 0 || std::count_if(s.names.begin(), s.names.end(), [&](std::string_view one) {
                          return message::same_name(one, name);
                        }) >= static_cast<std::ptrdiff_t>(needed);
}

bool covers(const dkim::signature& s, const message::header& head, const dkim::header_list& list) {
  const auto& names = list.oversigned_names();
  return covers_name("From", s, head) &&
         std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return covers_name(name, s, head); });
}

std::string_view body_complaint(const dkim::body_comparison& body) {
  switch (body.verdict) {
  case dkim::body_verdict::differs:
    return "the body was changed";
  case dkim::body_verdict::shorter_than_length:
    return "the body is shorter than its l= says";
  case dkim::body_verdict::matches:
    break;
  }
  return body.not_covered > 0 ? "its l= leaves a part of the body unsigned" : std::string_view();
}

} // namespace

void recognizer::examine(const message::header& head, const policy::selection& chosen,
                         const config::settings& s, dkim::body_hashes& hashes) {
  const auto& fields = head.fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!message::same_name(head.name(fields[i]), "DKIM-Signature")) {
      continue;
    }
    if (head.oddities().malformed_line && fields[i].begin > head.oddities().malformed_at) {
      break;
    }
    const auto names = dkim::find_names(head.value(fields[i]));
    key_pointer key = own_.size() < limits::own_signatures ? find_key(names, chosen, s)
                                                           : name_alone(names, chosen, s);
    if (!key) {
      foreign_.push_back(i);
      continue;
    }
    own_.push_back({});
    own_.back().field = i;
    own_.back().key = std::move(key);
    verify(head, s, own_.back(), hashes);
  }
}

void recognizer::verify(const message::header& head, const config::settings& s,
                        policy::own_signature& own, dkim::body_hashes& hashes) {
  own.verdict = own_verdict::broken;
  if (own_.size() > limits::own_signatures) {
    own.why = "too many signatures by keys of ours stand above it";
    return;
  }
  const message::field& field = head.fields()[own.field];
  auto signature = dkim::parse_signature(head.value(field));
  const crypto::private_key& key = *own.key->key;
  if (signature.fault != dkim::signature_fault::none || !dkim::fits(signature, key.type())) {
    own.verdict = own_verdict::forged;
    own.why = signature.fault != dkim::signature_fault::none
                  ? "it is malformed, " + signature.why
                  : "its a= is not the algorithm of the key";
    return;
  }
  if (!key.verify(dkim::signed_octets(signature, head, field), signature.value)) {
    own.why = "the header was changed, or the signature is not by that key";
    return;
  }
  own.verdict = own_verdict::valid;
  own.covers = covers(signature, head, s.signing.headers);
  own.time = signature.time;
  own.expiration = signature.expiration;
  const std::size_t hash = dkim::want_body_hash(signature, hashes);
  waiting_.push_back({own_.size() - 1, std::move(signature), hash});
}

void recognizer::finish(const dkim::body_hashes& hashes, std::int64_t now) {
  for (const waiting& one : waiting_) {
    policy::own_signature& own = own_[one.own];
    const auto complaint = body_complaint(dkim::compare_body(one.signature, hashes, one.hash));
    if (!complaint.empty()) {
      own.verdict = own_verdict::broken;
      own.why = complaint;
    } else if (own.expiration && *own.expiration < now) {
      own.verdict = own_verdict::expired;
      own.why = "its x= is past";
    }
  }
}

} // namespace sealonce::seal
