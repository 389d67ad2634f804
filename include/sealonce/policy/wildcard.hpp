#pragma once

#include <string>
#include <string_view>

namespace sealonce::policy {

/// Whether the whole of `text` is what `pattern` describes: "*" stands for any octets, also none;
/// everything else for itself. Both in the same case. Time: at most the product of the sizes.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text);

/// ASCII letters in lower case, other octets as they are.
[[nodiscard]] std::string lower_case(std::string_view text);

} // namespace sealonce::policy
