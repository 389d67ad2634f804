#pragma once

#include <sealonce/config/settings.hpp>
#include <sealonce/result.hpp>
#include <sealonce/seal/sealer.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace sealonce::command {

/// A message of a file or pipe, brought into the form that mail has on the wire.
struct input_message {
  std::string content;     ///< every line ends with CRLF; no CR or LF elsewhere
  bool line_feeds = false; ///< it came with LF as its line end, and goes out so
};

/// A file whose line ends are all LF is taken as CRLF; in one with CRLF, a CR or LF alone is stray,
/// as is a CR inside a line of the former. A stray one becomes a blank, or fails, as `stray` says.
/// Linear in the size.
[[nodiscard]] result<input_message> bring_in(std::string raw, config::stray_cr_lf stray);

/// The message as `what` says: `new_fields` put in at an offset of its content, `removed` left out,
/// with the line ends that it came with.
[[nodiscard]] std::string bring_out(const input_message& m, const seal::outcome& what,
                                    std::uint64_t insert_at);

} // namespace sealonce::command
