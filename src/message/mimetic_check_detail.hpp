#pragma once
// The second opinion on From, private to message/.

#include "mailbox_list_detail.hpp"

namespace sealonce::message {

/// What mimetic makes of a mailbox: true where it reads the same local part and domain as we. It
/// gets the mailbox as our lexer has laid it bare, never the field as it came: comments, folds,
/// groups, lists and obsolete spaces are what it reads wrongly.
[[nodiscard]] bool mimetic_agrees(const mailbox& box);

} // namespace sealonce::message
