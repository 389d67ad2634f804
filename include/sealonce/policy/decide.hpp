#pragma once

#include <sealonce/config/settings.hpp>
#include <sealonce/message/author.hpp>
#include <sealonce/message/header.hpp>

#include <span>
#include <string>

namespace sealonce::policy {

enum class action { sign, already_signed, replace, pass_unsigned, refuse, defer };

/// What is known of a message once it has passed: all that decide may look at.
struct facts {
  const message::header* head = nullptr;
  const message::author* author = nullptr;
  std::uint64_t longest_body_line = 0; ///< octets without CRLF
};

/// What is to be done, with the name of the reason ("signed", "no-key", "long-lines", …).
struct decision {
  action what = action::pass_unsigned;
  std::string_view reason;                 ///< a static word; stable, in log and `explain`
  std::string detail;                      ///< a sentence for people; may be empty
  std::span<const dkim::signing_key> keys; ///< into the settings; those that are to sign
};

/// Pure: the same facts and settings give the same decision.
[[nodiscard]] decision decide(const facts& f, config::relay_mode mode, const config::settings& s);

} // namespace sealonce::policy
