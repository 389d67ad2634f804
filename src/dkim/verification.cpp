// NAME
//   verification - whether a signature is a key's over a header and a body
// DESCRIPTION
//   The two halves of RFC 6376 §6.1.3 apart: b= can be checked as soon as the header is complete
//   and a key is known; bh= at the end of the body. Where the key comes from (DNS, or a private key
//   of ours) is the caller's.
// DIAGNOSTICS
//   Yes or no. Why a field is not even a signature is in signature::why.
#include <sealonce/dkim/signed_data.hpp>
#include <sealonce/dkim/verification.hpp>

#include <algorithm>

namespace sealonce::dkim {

std::string signed_octets(const signature& s, const message::header& head,
                          const message::field& own) {
  const tag* const b = s.tags.find("b");
  std::string out;
  out.reserve(head.text().size());
  append_signed_fields(s.canonical.header, head, s.names, out);
  const std::string_view whole = head.whole(own);
  append_signature_field(s.canonical.header, whole, b != nullptr ? b->raw : whole.substr(0, 0),
                         out);
  return out;
}

bool fits(const signature& s, crypto::key_type key) {
  switch (s.algorithm) {
  case signature_algorithm::rsa_sha256:
    return key == crypto::key_type::rsa;
  case signature_algorithm::ed25519_sha256:
    return key == crypto::key_type::ed25519;
  case signature_algorithm::rsa_sha1:
    break;
  }
  return false;
}

bool header_verifies(const signature& s, const message::header& head, const message::field& own,
                     const crypto::public_key& key) {
  return s.fault == signature_fault::none && fits(s, key.type()) &&
         key.verify(signed_octets(s, head, own), s.value);
}

std::size_t want_body_hash(const signature& s, body_hashes& hashes) {
  return hashes.want(s.canonical.body, s.length.value_or(body_hash::no_limit));
}

body_comparison compare_body(const signature& s, const body_hashes& hashes, std::size_t number) {
  body_comparison made;
  const std::uint64_t length = hashes.length(number);
  const auto& value = hashes.value(number);
  if (s.length && *s.length > length) {
    made.verdict = body_verdict::shorter_than_length;
  } else if (std::equal(value.begin(), value.end(), s.body_hash.begin(), s.body_hash.end())) {
    made.verdict = body_verdict::matches;
    made.not_covered = length - s.length.value_or(length);
  }
  return made;
}

} // namespace sealonce::dkim
