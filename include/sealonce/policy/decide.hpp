#pragma once

#include <sealonce/config/settings.hpp>
#include <sealonce/message/author.hpp>
#include <sealonce/message/header.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sealonce::policy {

enum class action {
  sign,           ///< add a signature by each of the keys
  already_signed, ///< our own valid signature is there: nothing is added
  replace,        ///< our own signature is there and broken: sign in its place
  pass_unsigned,  ///< relay as it is
  refuse,         ///< a permanent failure for the sender: 5xx
  defer,          ///< a temporary failure; the sender's queue keeps the message: 4xx
};

/// What is known of a message: all that decide may look at. The pointers are not null and outlive
/// the call.
struct facts {
  const message::header* head = nullptr; ///< complete
  const message::author* author = nullptr;
  std::uint64_t longest_body_line = 0; ///< message::scanner::longest_body_line()
};

/// What is to be done, and why.
struct decision {
  action what = action::pass_unsigned;
  std::string_view reason;                 ///< one of policy::reason; a static word
  std::string detail;                      ///< a sentence for people; may be empty
  std::span<const dkim::signing_key> keys; ///< into the settings; those that are to sign
};

/// Pure: the same facts and settings give the same decision. With longest_body_line = 0 it says
/// what would be done with a message of that header and a harmless body: where that is not `sign`,
/// no body can make it so.
[[nodiscard]] decision decide(const facts& f, config::relay_mode mode, const config::settings& s);

} // namespace sealonce::policy
