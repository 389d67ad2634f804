// NAME
//   mimetic_check - mimetic as a second reader of From
//
// DESCRIPTION
//   What quotes hide is where two readers of a From field part: which "@" and "<" count. mimetic
//   reads display names, quoted strings and addresses on its own, so its agreement says that the
//   quoting is read alike. A call costs about 0.1 microseconds.
//
//   mimetic 0.9.8 reads out of bounds and takes minutes over some inputs. None of these gets here:
//   NUL octets (the lexer refuses them), long values (limits::from_value), lists, blank parts
//   (canonical forms are not asked for), and no message or header is parsed by it.
//
// DIAGNOSTICS
//   An exception of mimetic counts as disagreement.

#include "mimetic_check_detail.hpp"

#include <mimetic/rfc822/mailbox.h>

#include <exception>

namespace sealonce::message {

namespace {

constexpr int as_written = 0; // mimetic's canonical forms are the ones that read out of bounds

} // namespace

bool mimetic_agrees(const mailbox& box) {
  std::string text;
  text.reserve(box.display.size() + box.local.size() + box.domain.size() + 4);
  if (!box.display.empty()) {
    text += box.display;
    text += ' ';
  }
  text += '<';
  text += box.local;
  text += '@';
  text += box.domain;
  text += '>';
  try {
    const mimetic::Mailbox other(text);
    return other.mailbox(as_written) == box.local && other.domain(as_written) == box.domain;
  } catch (const std::exception&) {
    return false;
  }
}

} // namespace sealonce::message
