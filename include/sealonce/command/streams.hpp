#pragma once

#include <sealonce/result.hpp>

#include <string>
#include <string_view>

namespace sealonce::command {

/// Standard input to its end.
[[nodiscard]] result<std::string> read_input();

/// All of it to standard output; false where that cannot be done.
[[nodiscard]] bool write_output(std::string_view text);

} // namespace sealonce::command
