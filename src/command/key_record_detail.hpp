#pragma once

#include <sealonce/crypto/private_key.hpp>

#include <string>
#include <string_view>

namespace sealonce::command {

/// The text of a key record, RFC 6376 §3.6.1, RFC 8463 §4: "v=DKIM1; k=rsa; p=…", with t=y where
/// the domain only tests.
[[nodiscard]] std::string key_record(const crypto::private_key& key, bool testing);

/// The same as a resource record for the zone file of `domain` (RFC 1035 §5.1): relative owner
/// name, strings of at most 255 octets in parentheses, a comment. Ends with a line end.
[[nodiscard]] std::string zone_record(std::string_view selector, std::string_view domain,
                                      std::string_view record);

} // namespace sealonce::command
