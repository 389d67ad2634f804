#pragma once

#include <sealonce/dkim/verification.hpp>
#include <sealonce/dns/txt_answer.hpp>
#include <sealonce/message/header.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::dkim {

/// What a verifier says of one signature, in the words of RFC 8601 §2.7.1.
enum class verdict_result {
  pass,
  fail,      ///< the message is not what was signed, or the signature has expired
  policy,    ///< well-formed, and not accepted here: weak keys, rsa-sha1, limits, the future
  neutral,   ///< the field cannot be understood, so that it is as if it were not there
  temperror, ///< no answer from DNS for now
  permerror, ///< it can never be verified: no key record, revoked, From not signed, …
};

/// "pass", "fail", …
[[nodiscard]] std::string_view name_of(verdict_result result);

/// A signature and what became of it. Everything in it may be printed as it is, but for `reason`,
/// which can hold octets of a name server's message.
struct verdict {
  verdict_result result = verdict_result::neutral;
  std::string reason; ///< a sentence that says why it did not pass; empty where it passed
  std::vector<std::string>
      notes; ///< what else there is to say: key size, DNSSEC, octets not covered

  std::string domain;    ///< d=, lower case A-labels; empty where it cannot be read
  std::string selector;  ///< s=, the same
  std::string algorithm; ///< a= as written, if it is a word of letters, digits and hyphens
  std::string signature; ///< b= without white space, as far as it is base64, cut at a bound
};

/// Verifies the signatures of one message, RFC 6376 §6, RFC 8301, RFC 8463, RFC 8616: first the
/// header, then the names of the key records that are needed and, along with their answers, the
/// body; last the verdicts. Asks nobody and has no clock. Time and memory are linear in the
/// message.
///
/// Of several key records for one name each is tried (§6.1.2 step 4 allows it), at most
/// limits::key_records of them in the order of their octets; one that verifies makes the signature
/// pass, otherwise the reason is that of the record that came furthest.
class verifier {
public:
  /// `head` is complete and outlives the object. `now` in Unix seconds.
  verifier(const message::header& head, std::int64_t now);

  /// The names whose TXT records are needed, each once: "SELECTOR._domainkey.DOMAIN".
  [[nodiscard]] const std::vector<std::string>& key_names() const { return key_names_; }

  /// The body, in pieces of any size, content with CRLF as body_hash wants it.
  void body(std::span<const char> piece) { hashes_.update(piece); }
  /// The body is over. Call once, also where there is none.
  void end_of_body() { hashes_.finish(); }

  /// One verdict for each DKIM-Signature field, from the top of the header. `answers` are parallel
  /// to key_names(). After end_of_body().
  [[nodiscard]] std::vector<verdict> verdicts(std::span<const dns::txt_answer> answers) const;

private:
  /// A signature that only its key record and the body decide about.
  struct open_signature {
    std::size_t key_name = 0;  ///< place in key_names_
    std::size_t body_hash = 0; ///< number in hashes_
  };
  struct entry {
    const message::field* own;
    signature parsed;
    verdict known; ///< names and notes; result and reason too unless open
    bool open = false;
    open_signature waits_for;
  };

  void examine(entry& e, std::size_t number);
  void conclude(const entry& e, const dns::txt_answer& answer, verdict& v) const;
  void try_record(const entry& e, std::string_view record, std::string& octets, verdict& v,
                  int& reached) const;

  const message::header& head_;
  std::int64_t now_;
  std::vector<std::string> message_notes_; ///< what is to be said with every signature
  std::vector<entry> entries_;
  std::vector<std::string> key_names_;
  body_hashes hashes_;
};

} // namespace sealonce::dkim
