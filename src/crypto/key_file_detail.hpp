#pragma once
// What is read from a key file. Private to crypto/.

#include <sealonce/crypto/private_key.hpp>
#include <sealonce/crypto/secret_text.hpp>

namespace sealonce::crypto {

/// The text of a key file, after all that private_key::load looks at. `thing` is what failures call
/// it.
[[nodiscard]] result<secret_text> read_key_file(const std::filesystem::path& file,
                                                const std::optional<key_account>& later,
                                                std::string_view thing = "key");

} // namespace sealonce::crypto
