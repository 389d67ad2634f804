#pragma once

#include <sealonce/crypto/public_key.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace sealonce::dkim {

/// Why a key record cannot be used for any signature of a mail, RFC 6376 §3.6.1, §6.1.2.
enum class key_record_fault {
  none,
  tag_list,    ///< it is no tag=value list, or a tag stands twice
  version,     ///< v= is not DKIM1, or not the first tag: the record is none of ours
  missing_key, ///< there is no p=
  revoked,     ///< p= is empty: the key has been withdrawn
  key_type,    ///< k= is neither rsa nor ed25519
  service,     ///< s= names neither "*" nor "email"
  value,       ///< p= is not base64, or no key of the type that k= says
  too_large,   ///< an RSA key over limits::rsa_bits_most
};

/// A key record as DNS has it, RFC 6376 §3.6.1, RFC 8463 §4. n=, the historic g= and unknown tags
/// mean nothing.
struct key_record {
  key_record_fault fault = key_record_fault::none;
  std::string why; ///< a piece of a sentence where there is a fault, without octets of the record

  crypto::key_type type = crypto::key_type::rsa;
  std::optional<crypto::public_key> key; ///< there unless there is a fault
  bool sha256 = true;                    ///< h= is absent or names sha256
  bool testing = false;                  ///< t= has "y": the domain only tries DKIM out
  bool strict = false; ///< t= has "s": the domain of i= must be that of d=, not below it
};

/// Reads a record: the strings of one TXT record, joined. Faults are met in the order of RFC 6376
/// §6.1.2, syntax first. Linear in the text; keys of any size under limits::rsa_bits_most are taken
/// (RFC 8301 §3.2 is for the caller).
[[nodiscard]] key_record parse_key_record(std::string_view text);

} // namespace sealonce::dkim
