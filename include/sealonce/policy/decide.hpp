#pragma once

#include <sealonce/config/settings.hpp>
#include <sealonce/message/header.hpp>
#include <sealonce/policy/key_selection.hpp>
#include <sealonce/policy/own_signature.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::policy {

enum class action {
  sign,           ///< add a signature by each of the keys
  already_signed, ///< valid signatures of our own are there: nothing is added
  replace,        ///< the same as sign, in the place of own signatures that are taken off
  pass_unsigned,  ///< relay it without a signature of ours
  refuse,         ///< a permanent failure for the sender: 5xx
  defer,          ///< a temporary failure; the sender's queue keeps the message: 4xx
};

/// What is known of a message, besides which keys are to sign it. The pointer is not null;
/// everything outlives the call.
struct facts {
  const message::header* head = nullptr; ///< complete
  std::uint64_t longest_body_line = 0;   ///< message::scanner::longest_body_line()
  std::span<const own_signature> own;    ///< from the top
  std::span<const std::size_t> foreign;  ///< all other DKIM-Signature fields, from the top
  std::int64_t now = 0;                  ///< Unix seconds
  /// What leaves here stays as it is: lines and blanks that a later hop might change do no harm.
  bool goes_unchanged = false;
};

/// A DKIM-Signature field that is taken out.
struct removal {
  std::size_t field = 0; ///< its place in header::fields()
  /// It is valid, and goes only because this key signs better: where the key fails, it stays. Null
  /// = it goes in any case.
  std::shared_ptr<const dkim::signing_key> successor;
};

/// What is to be done, and why.
struct decision {
  action what = action::pass_unsigned;
  std::string_view reason;          ///< one of policy::reason; a static word
  std::string detail;               ///< a sentence for people; may be empty
  std::vector<selected_key> keys;   ///< those that are to sign
  std::vector<removal> removed;     ///< from the top
  std::vector<std::size_t> present; ///< places in facts::own: valid ones that stay
};

/// Whether a relay of this mode signs at all. Where it does not, nobody needs to ask who might.
[[nodiscard]] bool signs(config::relay_mode mode);

/// Pure: the same arguments give the same decision. `chosen` is what select_keys says of the
/// message.
///
/// With longest_body_line = 0 and every own signature whose b= verifies taken for valid, it says
/// what would be done with a message of that header and a harmless body: where that is neither
/// sign, replace nor already_signed, no body can make it so.
///
/// What is done is done once: the message that comes out gets already_signed (or pass_unsigned)
/// with nothing removed, whatever the settings are, as long as no x= comes near.
[[nodiscard]] decision decide(const facts& f, const selection& chosen, config::relay_mode mode,
                              const config::settings& s);

} // namespace sealonce::policy
