#pragma once
// What becomes of the signatures that a message has, private to policy/.

#include <sealonce/policy/decide.hpp>

namespace sealonce::policy {

struct signature_plan {
  std::vector<selected_key> to_sign; ///< keys without a valid and sufficient signature
  std::vector<removal> removed;      ///< from the top
  std::vector<std::size_t> present;  ///< places in facts::own: valid ones that stay
  bool replaces = false;             ///< an own signature goes for which another one comes
  std::string_view reason;           ///< why something is done, or already_signed
  std::string detail;                ///< a sentence; empty where nothing was there before
};

/// For a message that the keys in `chosen` may sign.
[[nodiscard]] signature_plan plan_signatures(const facts& f, const selection& chosen,
                                             const config::once_settings& once);

/// The same where nothing can be signed: what no longer verifies goes all the same (unless it is to
/// be kept), and no valid or foreign one does.
[[nodiscard]] signature_plan plan_without_signing(const facts& f, const selection& chosen,
                                                  const config::once_settings& once);

} // namespace sealonce::policy
