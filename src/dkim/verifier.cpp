// NAME
//   verifier - the signatures of one message, verified
// DESCRIPTION
//   Two passes over the signatures. The first, with the header, settles what needs no key: fields
//   that are no signatures, and those that time, age of the algorithm or number rule out; what is
//   left over names its key record and the body hash that it wants. The second, when the answers
//   from DNS and the end of the body are there, takes the steps of RFC 6376 §6.1.2 and §6.1.3 in
//   their order.
//
//   A field that cannot be understood is "neutral" (RFC 8601 §2.7.1), one that says what can never
//   verify is "permerror"; RFC 6376 calls both PERMFAIL.
// DIAGNOSTICS
//   verdict::reason. Only what a name server or library said is not our own words.
#include <sealonce/dkim/key_record.hpp>
#include <sealonce/dkim/verifier.hpp>
#include <sealonce/limits.hpp>

#include <algorithm>
#include <array>
#include <ctime>

namespace sealonce::dkim {
namespace {

constexpr std::string_view key_record_label = "._domainkey.";

/// How far a key record came, for choosing among several.
enum stage : int { not_ours, unusable, not_for_this, too_weak, did_not_verify, verified };

void settle(verdict& v, verdict_result result, std::string reason) {
  v.result = result;
  v.reason = std::move(reason);
}

bool is_base64_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/' || c == '=';
}

std::string shown_signature(std::string_view b) {
  std::string shown;
  for (const char c : b) {
    if (shown.size() == limits::shown_signature) {
      break;
    }
    if (is_base64_octet(c)) {
      shown += c;
    }
  }
  return shown;
}

/// a= if it is a word as the registry has them; anything else is not worth repeating.
std::string shown_algorithm(std::string_view a) {
  const bool word =
      a.size() <= limits::shown_algorithm && std::all_of(a.begin(), a.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-';
      });
  return word ? std::string(a) : std::string();
}

/// Text of strangers, so that it can stand anywhere.
std::string printable(std::string text) {
  text.resize(std::min(text.size(), limits::shown_text));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

/// "2023-11-14 22:13:20 UTC", or the number where no calendar has it.
std::string shown_time(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  std::array<char, 64> text{};
  if (::gmtime_r(&time, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0) {
    return std::to_string(seconds);
  }
  return text.data();
}

/// What follows from a fault of the field itself.
void settle_fault(const signature& s, verdict& v) {
  switch (s.fault) {
  case signature_fault::from_not_signed:
    settle(v, verdict_result::permerror, "the From field is not signed: " + s.why);
    break;
  case signature_fault::identity:
    settle(v, verdict_result::permerror, "the identity does not belong to the domain: " + s.why);
    break;
  case signature_fault::version:
    settle(v, verdict_result::neutral, "a version of DKIM that is not known: " + s.why);
    break;
  case signature_fault::algorithm:
    settle(v, verdict_result::neutral, "an algorithm that is not known: " + s.why);
    break;
  default:
    settle(v, verdict_result::neutral, "the signature field is malformed: " + s.why);
    break;
  }
}

/// Whether time rules it out, RFC 6376 §3.5.
bool settle_time(const signature& s, std::int64_t now, verdict& v) {
  if (s.expiration && now > *s.expiration) {
    settle(v, verdict_result::fail, "the signature expired on " + shown_time(*s.expiration));
    return true;
  }
  if (s.time && *s.time > now && *s.time - now > limits::signature_ahead.count()) {
    settle(v, verdict_result::policy,
           "the signature is from the future: t= is " + shown_time(*s.time));
    return true;
  }
  return false;
}

std::string record_called(const std::string& name) {
  return "the public key record " + name;
}

/// What follows from an answer without records.
void settle_no_record(const std::string& name, const dns::txt_answer& answer, verdict& v) {
  const std::string record = record_called(name);
  switch (answer.status) {
  case dns::answer_status::no_name:
    return settle(v, verdict_result::permerror, record + " was not found: no such name in DNS");
  case dns::answer_status::found:
  case dns::answer_status::no_data:
    return settle(v, verdict_result::permerror,
                  record + " was not found: the name has no TXT record");
  case dns::answer_status::server_failure:
    return settle(v, verdict_result::temperror, record + " cannot be had now: " + answer.why);
  case dns::answer_status::timed_out:
    return settle(v, verdict_result::temperror,
                  record + " cannot be had now: DNS did not answer in time");
  case dns::answer_status::bogus:
    return settle(v, verdict_result::temperror,
                  record + " cannot be trusted: DNSSEC validation failed: " + answer.why);
  }
}

std::string key_size(const crypto::public_key& key) {
  return std::to_string(key.bits()) +
         (key.type() == crypto::key_type::rsa ? "-bit rsa key" : "-bit ed25519 key");
}

/// Whether the record's key may be used for the signature: did_not_verify, as far as it is known.
/// RFC 6376 §6.1.2 steps 5 to 8; `named` begins the sentence.
stage judge_key(const signature& s, const key_record& record, const std::string& named,
                verdict& v) {
  const auto refuse = [&](stage reached, verdict_result result, std::string reason) {
    settle(v, result, std::move(reason));
    return reached;
  };
  if (record.testing) {
    v.notes.push_back("the domain is testing DKIM, t=y");
  }
  if (record.fault != key_record_fault::none) {
    const bool large = record.fault == key_record_fault::too_large;
    return refuse(record.fault == key_record_fault::version ? not_ours : unusable,
                  large ? verdict_result::policy : verdict_result::permerror,
                  named + " cannot be used: " + record.why);
  }
  if (!record.sha256) {
    return refuse(not_for_this, verdict_result::permerror, named + " does not allow sha256: h=");
  }
  if (!fits(s, record.type)) {
    return refuse(not_for_this, verdict_result::permerror,
                  named + " has a key of another type than a= needs");
  }
  if (record.strict && s.identity_domain != s.domain) {
    return refuse(not_for_this, verdict_result::permerror,
                  named + " forbids an i= below the domain: t=s");
  }
  v.notes.insert(v.notes.begin(), key_size(*record.key));
  if (record.type == crypto::key_type::rsa && record.key->bits() < limits::rsa_bits_least) {
    return refuse(too_weak, verdict_result::policy,
                  "the RSA key has " + std::to_string(record.key->bits()) + " bits, fewer than " +
                      std::to_string(limits::rsa_bits_least) + " (RFC 8301)");
  }
  return did_not_verify;
}

/// The records in an order that does not change from one answer to the next, as many as are tried.
std::vector<std::string_view> records_to_try(const dns::txt_answer& answer) {
  std::vector<std::string_view> all(answer.records.begin(), answer.records.end());
  std::sort(all.begin(), all.end());
  all.resize(std::min(all.size(), limits::key_records));
  return all;
}

} // namespace

std::string_view name_of(verdict_result result) {
  constexpr std::array<std::string_view, 6> names{"pass",    "fail",      "policy",
                                                  "neutral", "temperror", "permerror"};
  return names[static_cast<std::size_t>(result)];
}

verifier::verifier(const message::header& head, std::int64_t now) : head_(head), now_(now) {
  if (const std::size_t authors = head.count("From"); authors != 1) {
    message_notes_.push_back(authors == 0
                                 ? "the message has no From field"
                                 : "the message has " + std::to_string(authors) + " From fields");
  }
  if (head.oddities().malformed_line) {
    message_notes_.push_back("a line of the header is no field");
  }
  for (const message::field& f : head.fields()) {
    if (message::same_name(head.name(f), "DKIM-Signature")) {
      entries_.push_back({&f, parse_signature(head.value(f)), {}, false, {}});
    }
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    examine(entries_[i], i);
  }
}

void verifier::examine(entry& e, std::size_t number) {
  const signature& s = e.parsed;
  verdict& v = e.known;
  v.domain = s.domain;
  v.selector = s.selector;
  v.algorithm = shown_algorithm(s.tags.value("a").value_or(""));
  v.signature = shown_signature(s.tags.value("b").value_or(""));
  v.notes = message_notes_;
  if (number >= limits::verified_signatures) {
    return settle(v, verdict_result::policy,
                  "not evaluated: the message has more than " +
                      std::to_string(limits::verified_signatures) + " signatures");
  }
  if (s.fault != signature_fault::none) {
    return settle_fault(s, v);
  }
  if (head_.oddities().over_limit) {
    return settle(v, verdict_result::policy, "not evaluated: the header is too large");
  }
  if (s.algorithm == signature_algorithm::rsa_sha1) {
    return settle(v, verdict_result::policy, "rsa-sha1 is no longer accepted (RFC 8301)");
  }
  if (settle_time(s, now_, v)) {
    return;
  }
  std::string name = s.selector + std::string(key_record_label) + s.domain;
  if (name.size() > limits::domain_name) {
    return settle(v, verdict_result::permerror,
                  "s= and d= together are too long for a name in DNS");
  }
  const auto known = std::find(key_names_.begin(), key_names_.end(), name);
  e.open = true;
  e.waits_for.key_name = static_cast<std::size_t>(known - key_names_.begin());
  e.waits_for.body_hash = want_body_hash(s, hashes_);
  if (known == key_names_.end()) {
    key_names_.push_back(std::move(name));
  }
}

std::vector<verdict> verifier::verdicts(std::span<const dns::txt_answer> answers) const {
  std::vector<verdict> all;
  all.reserve(entries_.size());
  for (const entry& e : entries_) {
    verdict v = e.known;
    if (e.open) {
      conclude(e, answers[e.waits_for.key_name], v);
      v.reason = printable(std::move(v.reason));
    }
    all.push_back(std::move(v));
  }
  return all;
}

void verifier::conclude(const entry& e, const dns::txt_answer& answer, verdict& v) const {
  if (answer.status != dns::answer_status::found || answer.records.empty()) {
    return settle_no_record(key_names_[e.waits_for.key_name], answer, v);
  }
  const verdict before = v;
  std::string octets; // what b= is over, once for all records
  int furthest = -1;
  for (const std::string_view record : records_to_try(answer)) {
    verdict here = before;
    int reached = 0;
    try_record(e, record, octets, here, reached);
    if (reached > furthest) {
      furthest = reached;
      v = std::move(here);
    }
    if (furthest == verified) {
      break;
    }
  }
  if (answer.secure) {
    v.notes.push_back("DNSSEC secure");
  }
}

void verifier::try_record(const entry& e, std::string_view text, std::string& octets, verdict& v,
                          int& reached) const {
  const signature& s = e.parsed;
  const key_record record = parse_key_record(text);
  reached = judge_key(s, record, record_called(key_names_[e.waits_for.key_name]), v);
  if (reached != did_not_verify) {
    return;
  }
  const body_comparison body = compare_body(s, hashes_, e.waits_for.body_hash);
  if (body.verdict == body_verdict::shorter_than_length) {
    return settle(v, verdict_result::fail,
                  "the body has fewer octets than l= says: it was cut off after signing");
  }
  if (body.verdict == body_verdict::differs) {
    return settle(v, verdict_result::fail,
                  "the body hash does not match: the body was changed after signing");
  }
  if (octets.empty()) {
    octets = signed_octets(s, head_, *e.own);
  }
  if (!record.key->verify(octets, s.value)) {
    return settle(v, verdict_result::fail,
                  "the signature does not match: a signed header field was changed after signing, "
                  "or the key is another one");
  }
  reached = verified;
  settle(v, verdict_result::pass, {});
  if (body.not_covered != 0) {
    v.notes.push_back("l= leaves " + std::to_string(body.not_covered) +
                      " octets of the body unsigned");
  }
}

} // namespace sealonce::dkim
