#pragma once

#include <sealonce/crypto/digest.hpp>
#include <sealonce/dkim/canonical.hpp>
#include <sealonce/dkim/tag_list.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::dkim {

/// What is wrong with a DKIM-Signature field before anything is computed, RFC 6376 §3.5, §6.1.1.
enum class signature_fault {
  none,
  tag_list,         ///< it is no tag=value list, or a tag stands twice
  missing_tag,      ///< one of v a b bh d s h
  version,          ///< v= is not 1
  algorithm,        ///< a= is none that RFC 6376, 8301 and 8463 know
  canonicalization, ///< c=
  domain,           ///< d= is no domain name
  selector,         ///< s= is no selector
  signed_fields,    ///< h= is no list of field names
  from_not_signed,  ///< h= does not name From, §5.4
  identity,         ///< i= is no address, or not below d=
  body_length,      ///< l= is no number
  query_method,     ///< q= has no dns/txt
  time,             ///< t= is no number
  expiration,       ///< x= is no number, or not after t=
  signature_value,  ///< b= is not base64, or empty
  body_hash_value,  ///< bh= is not base64, or of another size than the hash of a=
};

/// The fault as a word for logs: "tag-list", "missing-tag", …; "none".
[[nodiscard]] std::string_view name_of(signature_fault fault);

/// a=. rsa-sha1 is understood, so that it can be named, and never verified (RFC 8301 §3.1).
enum class signature_algorithm { rsa_sha1, rsa_sha256, ed25519_sha256 };

/// One DKIM-Signature field, RFC 6376 §3.5. With a fault it holds what was read before it was met,
/// and domain and selector wherever they can be made out, so that a report can name the signature.
/// Views point into the text that was parsed.
struct signature {
  signature_fault fault = signature_fault::none;
  std::string why; ///< a sentence where there is a fault

  tag_list tags;        ///< as they stand there; empty where it is no tag list
  std::string domain;   ///< d=, lower case A-labels
  std::string selector; ///< s=, lower case A-labels
  signature_algorithm algorithm = signature_algorithm::rsa_sha256;
  canonicalizations canonical;            ///< c=, simple/simple where it is not given
  std::vector<std::string_view> names;    ///< h=, without white space, in their order
  std::string identity;                   ///< i= decoded, "@" and d= where it is not given
  std::string identity_domain;            ///< the domain of i=, lower case A-labels
  std::optional<std::uint64_t> length;    ///< l=; numbers too large for 64 bits are the largest
  std::optional<std::int64_t> time;       ///< t=, Unix seconds; the same
  std::optional<std::int64_t> expiration; ///< x=, Unix seconds; the same
  std::vector<unsigned char> value;       ///< b= decoded
  std::vector<unsigned char> body_hash;   ///< bh= decoded
};

/// Reads the value of a field: what stands behind its colon, the last CRLF may be there. Unknown
/// tags are ignored. Linear in the text; no fault makes it stop without a domain and selector that
/// can be read.
[[nodiscard]] signature parse_signature(std::string_view value);

/// d= and s= alone.
struct signature_names {
  std::string domain;   ///< lower case A-labels; empty where there is none or no domain name
  std::string selector; ///< the same
};

/// The names of the first d= and the first s= of a field's value, also where the rest of it is
/// damaged. Cheaper than parse_signature by far: what tells own signatures from foreign ones.
[[nodiscard]] signature_names find_names(std::string_view value);

} // namespace sealonce::dkim
