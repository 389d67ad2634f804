#pragma once

#include <string>
#include <string_view>

namespace sealonce::log {

/// Appends `value` as it stands in a text line: bare where every octet is printable ASCII without
/// blanks, quotes and backslashes, else in double quotes. Inside quotes `"` and `\` get a
/// backslash; control octets and octets over 126 become \xNN. What is written never holds a line
/// end, so that no peer can forge a line of the log.
void append_value(std::string_view value, std::string& out);

/// The same, always in quotes.
void append_quoted(std::string_view value, std::string& out);

/// Appends free text: control octets and octets over 126 become \xNN, everything else stays.
void append_plain(std::string_view text, std::string& out);

/// Appends a JSON string with its quotes (RFC 8259 §7). Valid UTF-8 stays; any other octet becomes
/// the four characters \xNN, as in the text form.
void append_json(std::string_view value, std::string& out);

} // namespace sealonce::log
