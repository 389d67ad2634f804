#pragma once
// Messages with whatever signature a test wants, signed after it was made as it is: what then does
// not pass fails for the reason that the test is about.

#include "../crypto/rfc8463_keys.hpp"
#include "parsed_message.hpp"
#include <sealonce/crypto/private_key.hpp>
#include <sealonce/dkim/verifier.hpp>

#include <map>
#include <string>

namespace sealonce {

inline constexpr std::string_view crafted_head = "From: Alice <alice@example.com>\r\n"
                                                 "To: bob@example.org\r\n"
                                                 "Subject: dinner\r\n";
inline constexpr std::string_view crafted_body = "Dear Bob,\r\n\r\nnot  today. \r\n";
inline constexpr std::int64_t crafted_now = 1700000000;

inline const crypto::private_key& ed25519_signer() {
  static const auto key = crypto::private_key::from_pem(rfc8463::ed25519_private).value();
  return *key;
}
inline const crypto::private_key& rsa_signer() {
  static const auto key = crypto::private_key::from_pem(rfc8463::rsa_private).value();
  return *key;
}

/// A field with these tags and the right b= behind them. "{bh}" becomes the hash of the body. Where
/// the tags are such that nothing could be signed, b= is something.
inline std::string crafted_field(std::string tags, const crypto::private_key& key,
                                 std::string_view head = crafted_head,
                                 std::string_view body = crafted_body) {
  const auto made = [&](std::string_view b) {
    return "DKIM-Signature: " + tags + "; b=" + std::string(b) + "\r\n";
  };
  const auto parsed = dkim::tag_list::parse(tags);
  if (!parsed) {
    return made("AAAA");
  }
  const auto how =
      dkim::parse_canonicalizations(parsed.value().value("c").value_or("simple/simple"));
  const auto limit = parsed.value().value("l").value_or("");
  if (const std::size_t at = tags.find("{bh}"); at != std::string::npos) {
    const bool number = !limit.empty() && limit.find_first_not_of("0123456789") == limit.npos;
    dkim::body_hash hash(how ? how.value().body : dkim::canonicalization::simple,
                         number ? std::stoull(std::string(limit)) : dkim::body_hash::no_limit);
    hash.update(body);
    tags.replace(at, 4, crypto::base64(hash.finish()));
  }
  const parsed_message m(made("") + std::string(head) + "\r\n");
  const signature_field field = signatures_of(m.head()).at(0);
  if (!how || field.tags.find("h") == nullptr) {
    return made("AAAA");
  }
  return made(key.sign(field.data(m.head())).value());
}

/// "NAME" → its records; a name that is not there does not exist.
using record_table = std::map<std::string, dns::txt_answer>;

inline dns::txt_answer with_record(std::vector<std::string> records, bool secure = false) {
  return {dns::answer_status::found, secure, std::move(records), {}};
}
inline dns::txt_answer without_records(dns::answer_status status, std::string why = {}) {
  return {status, false, {}, std::move(why)};
}

inline std::vector<dkim::verdict> verdicts_of(std::string_view message, const record_table& records,
                                              std::int64_t now = crafted_now) {
  const parsed_message m(message);
  dkim::verifier v(m.head(), now);
  v.body(m.body());
  v.end_of_body();
  std::vector<dns::txt_answer> answers;
  for (const std::string& name : v.key_names()) {
    const auto known = records.find(name);
    answers.push_back(known != records.end() ? known->second
                                             : without_records(dns::answer_status::no_name));
  }
  return v.verdicts(answers);
}

/// "pass", or "fail: the reason".
inline std::string shown(const dkim::verdict& v) {
  return std::string(dkim::name_of(v.result)) + (v.reason.empty() ? "" : ": ") + v.reason;
}

inline const std::string ed25519_record =
    std::string("v=DKIM1; k=ed25519; p=") + rfc8463::ed25519_public;
inline const std::string rsa_record = std::string("v=DKIM1; k=rsa; p=") + rfc8463::rsa_public;

} // namespace sealonce
