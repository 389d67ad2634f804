#pragma once

#include <cstddef>
#include <string>

namespace bench {

/// A well-formed message of exactly `octets` (at least 1024) with the header that a message has
/// when Postfix hands it on, and a body of text lines; every line ends with CRLF.
std::string usual_message(std::size_t octets, const std::string& sender,
                          const std::string& recipient);

/// The message in the file, as it stands; fails when a line does not end with CRLF.
std::string message_in(const char* path);

/// What goes over the wire after 354: dots stuffed, the final dot behind it (RFC 5321 §4.5.2).
std::string wire_form(const std::string& message);

} // namespace bench
