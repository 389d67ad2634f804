// NAME
//   signature_plan - what becomes of the signatures that a message has
//
// DESCRIPTION
//   Of each key at most one signature stays: the topmost valid one that is sufficient (it covers
//   what has to be covered, and half of its life is left), else the topmost valid one, in whose
//   place the key signs anew. Forged ones go; broken and expired ones as [once] broken says.
//
//   max_signatures counts what leaves. The keys that are asked for have the first right to a place,
//   RSA before Ed25519, but leave foreign signatures theirs as long as one key signs; then come
//   valid own signatures by other keys, then broken ones that are to be kept. Foreign ones lose
//   their place from the top, and only where one own signature and they are too many. Each rule
//   looks at what it would leave itself, so that a second look changes nothing.
//
// DIAGNOSTICS
//   Where several things are done, the reason is the first of them in `ranks`.

#include "signature_plan_detail.hpp"
#include <sealonce/policy/reason.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace sealonce::policy {

namespace {

// The weightiest first.
constexpr std::array ranks{reason::own_broken,      reason::own_forged,    reason::own_expired,
                           reason::own_coverage,    reason::own_half_life, reason::broken_kept,
                           reason::keys_missing,    reason::own_duplicate, reason::max_signatures,
                           reason::foreign_removed, reason::already_signed};

std::string name_of(const dkim::signing_key& key) {
  return key.domain + '/' + key.selector;
}

bool same_key(const dkim::signing_key& a, const dkim::signing_key& b) {
  return a.domain == b.domain && a.selector == b.selector;
}

bool is_rsa(const selected_key& k) {
  return k.key->key->type() == crypto::key_type::rsa;
}

std::string_view reason_of(own_verdict v) {
  return v == own_verdict::forged    ? reason::own_forged
         : v == own_verdict::expired ? reason::own_expired
                                     : reason::own_broken;
}

std::string what_is_wrong(const own_signature& s) {
  return "the signature by " + name_of(*s.key) + " does not count: " + s.why;
}

class planner {
public:
  planner(const facts& f, const selection& chosen, const config::once_settings& once, bool can_sign)
      : facts_(f), once_(once), can_sign_(can_sign), fates_(f.own.size(), fate::undecided) {
    foreign_stay_ = once.foreign == config::foreign_signature::keep ? f.foreign.size() : 0;
    choose_keys(chosen);
  }

  signature_plan make() {
    keep_one_of_each_key();
    judge_bad_ones();
    for (const selected_key& k : wanted_) {
      serve(k);
    }
    if (can_sign_) {
      limit_others();
      limit_foreign();
    }
    finish();
    return std::move(plan_);
  }

private:
  enum class fate { undecided, stays, goes };

  void choose_keys(const selection& chosen);
  void keep_one_of_each_key();
  void judge_bad_ones();
  void serve(const selected_key& k);
  void limit_others();
  void limit_foreign();
  void finish();

  [[nodiscard]] bool valid(std::size_t i) const {
    return facts_.own[i].verdict == own_verdict::valid;
  }
  /// Less of its life is left than has gone by.
  [[nodiscard]] bool half_gone(const own_signature& s) const {
    return s.time && s.expiration && *s.expiration - facts_.now < facts_.now - *s.time;
  }
  [[nodiscard]] bool sufficient(const own_signature& s) const { return s.covers && !half_gone(s); }
  /// The first one of that key that has not gone.
  [[nodiscard]] std::size_t find(const dkim::signing_key& key, bool is_valid) const;

  void note(std::string_view why, std::string sentence);
  void remove(std::size_t i, std::string_view why, std::string sentence) {
    fates_[i] = fate::goes;
    plan_.removed.push_back({facts_.own[i].field, nullptr});
    note(why, std::move(sentence));
  }

  const facts& facts_;
  const config::once_settings& once_;
  bool can_sign_;
  std::size_t foreign_stay_ = 0;
  std::vector<selected_key> wanted_;
  std::vector<fate> fates_; ///< of facts::own; undecided: as long as there is room
  signature_plan plan_;
  std::size_t rank_ = ranks.size();
};

void planner::choose_keys(const selection& chosen) {
  std::size_t places = chosen.keys.size();
  if (once_.max_signatures && can_sign_) {
    const std::size_t most = *once_.max_signatures;
    places = std::min(places, most > foreign_stay_ ? most - foreign_stay_ : 1);
  }
  const auto rsa =
      static_cast<std::size_t>(std::count_if(chosen.keys.begin(), chosen.keys.end(), is_rsa));
  std::size_t rsa_places = std::min(places, rsa);
  std::size_t other_places = places - rsa_places;
  for (const selected_key& k : chosen.keys) {
    std::size_t& left = is_rsa(k) ? rsa_places : other_places;
    if (left > 0) {
      --left;
      wanted_.push_back(k);
    }
  }
}

void planner::keep_one_of_each_key() {
  std::vector<std::size_t> best; // of the keys met so far
  for (std::size_t i = 0; i < facts_.own.size(); ++i) {
    if (!valid(i)) {
      continue;
    }
    const own_signature& one = facts_.own[i];
    const auto met = std::find_if(best.begin(), best.end(), [&](std::size_t other) {
      return same_key(*facts_.own[other].key, *one.key);
    });
    if (met == best.end()) {
      best.push_back(i);
      continue;
    }
    const bool better = !sufficient(facts_.own[*met]) && sufficient(one);
    const std::size_t worse = better ? std::exchange(*met, i) : i;
    remove(worse, reason::own_duplicate, "there were several signatures by " + name_of(*one.key));
  }
}

void planner::judge_bad_ones() {
  for (std::size_t i = 0; i < facts_.own.size(); ++i) {
    const own_signature& one = facts_.own[i];
    if (valid(i)) {
      continue;
    }
    if (one.verdict == own_verdict::forged || once_.broken == config::broken_signature::replace) {
      remove(i, reason_of(one.verdict), what_is_wrong(one));
      plan_.replaces = true;
    }
  }
}

std::size_t planner::find(const dkim::signing_key& key, bool is_valid) const {
  std::size_t i = 0;
  while (i < facts_.own.size() &&
         (fates_[i] == fate::goes || valid(i) != is_valid || !same_key(*facts_.own[i].key, key))) {
    ++i;
  }
  return i;
}

void planner::serve(const selected_key& k) {
  const std::size_t none = facts_.own.size();
  const std::string name = name_of(*k.key);
  if (const std::size_t i = find(*k.key, true); i != none) {
    const own_signature& there = facts_.own[i];
    if (sufficient(there) || !can_sign_) {
      fates_[i] = fate::stays;
      return note(reason::already_signed, {});
    }
    fates_[i] = fate::goes;
    plan_.removed.push_back({there.field, k.key});
    plan_.replaces = true;
    note(there.covers ? reason::own_half_life : reason::own_coverage,
         there.covers ? "less than half of the life of the signature by " + name + " is left"
                      : "the signature by " + name + " does not cover all that it has to");
    plan_.to_sign.push_back(k);
    return;
  }
  if (const std::size_t i = find(*k.key, false); i != none) {
    const own_signature& bad = facts_.own[i];
    if (once_.broken == config::broken_signature::keep) {
      fates_[i] = fate::stays;
      return note(reason::broken_kept, what_is_wrong(bad) + "; it is kept as it is");
    }
    note(reason_of(bad.verdict), what_is_wrong(bad) + "; it stays beside a new one");
  }
  plan_.to_sign.push_back(k);
}

/// Own signatures that no wanted key needs: they stay where there is room.
void planner::limit_others() {
  std::size_t room = std::numeric_limits<std::size_t>::max();
  if (once_.max_signatures) {
    const std::size_t taken = foreign_stay_ + wanted_.size();
    room = *once_.max_signatures > taken ? *once_.max_signatures - taken : 0;
  }
  for (const bool valid_ones : {true, false}) {
    for (std::size_t i = 0; i < facts_.own.size(); ++i) {
      if (fates_[i] != fate::undecided || valid(i) != valid_ones) {
        continue;
      }
      if (room > 0) {
        --room;
        fates_[i] = fate::stays;
      } else {
        remove(i, reason::max_signatures,
               "no more than " + std::to_string(*once_.max_signatures) + " signatures may leave");
        plan_.replaces = true;
      }
    }
  }
}

/// Foreign signatures lose their place only to a valid one of ours.
void planner::limit_foreign() {
  bool ours = !plan_.to_sign.empty();
  for (std::size_t i = 0; i < facts_.own.size() && !ours; ++i) {
    ours = valid(i) && fates_[i] == fate::stays;
  }
  if (!ours || facts_.foreign.empty()) {
    return;
  }
  std::size_t surplus = facts_.foreign.size() - foreign_stay_;
  if (surplus > 0) {
    note(reason::foreign_removed, "signatures of others are taken off");
  } else if (once_.max_signatures && foreign_stay_ + wanted_.size() > *once_.max_signatures) {
    surplus = foreign_stay_ + wanted_.size() - *once_.max_signatures;
    note(reason::max_signatures,
         "no more than " + std::to_string(*once_.max_signatures) + " signatures may leave");
  }
  for (const std::size_t field : facts_.foreign.first(surplus)) {
    plan_.removed.push_back({field, nullptr});
  }
}

void planner::finish() {
  for (std::size_t i = 0; i < facts_.own.size(); ++i) {
    if (valid(i) && fates_[i] != fate::goes) {
      plan_.present.push_back(i);
    }
  }
  if (!plan_.present.empty() && !plan_.to_sign.empty()) {
    note(reason::keys_missing, "there is no signature by " + name_of(*plan_.to_sign.front().key));
  }
  std::sort(plan_.removed.begin(), plan_.removed.end(),
            [](const removal& a, const removal& b) { return a.field < b.field; });
}

void planner::note(std::string_view why, std::string sentence) {
  const auto rank =
      static_cast<std::size_t>(std::find(ranks.begin(), ranks.end(), why) - ranks.begin());
  if (rank < rank_) {
    rank_ = rank;
    plan_.reason = why;
    plan_.detail = std::move(sentence);
  }
}

} // namespace

signature_plan plan_signatures(const facts& f, const selection& chosen,
                               const config::once_settings& once) {
  return planner(f, chosen, once, true).make();
}

signature_plan plan_without_signing(const facts& f, const selection& chosen,
                                    const config::once_settings& once) {
  auto plan = planner(f, chosen, once, false).make();
  plan.to_sign.clear();
  return plan;
}

} // namespace sealonce::policy
