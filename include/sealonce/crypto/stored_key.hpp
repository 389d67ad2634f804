#pragma once

#include <sealonce/crypto/private_key.hpp>
#include <sealonce/crypto/secret_text.hpp>

#include <mutex>

namespace sealonce::crypto {

/// A private key that is kept as text until somebody needs it: reading a hundred thousand files at
/// the start takes seconds, parsing them would take minutes.
class stored_key {
public:
  /// Reads the file as private_key::load would, with the same failures, but does not parse it.
  [[nodiscard]] static result<std::shared_ptr<const stored_key>>
  read(const std::filesystem::path& file, std::optional<key_account> later = std::nullopt);

  /// A key out of one line of a table: PEM, its line ends gone or blanks instead, or the base64 of
  /// its DER (PKCS#8 or PKCS#1). `name` stands in front of what get() says is wrong. The caller
  /// wipes `text`.
  [[nodiscard]] static std::shared_ptr<const stored_key> from_line(std::string_view text,
                                                                   std::string name);

  /// The key; parsed at the first call, then the text is wiped. The same answer ever after, from
  /// any thread.
  [[nodiscard]] result<std::shared_ptr<const private_key>> get() const;

  /// Where it was read; empty for a key out of a line.
  [[nodiscard]] std::string_view file() const {
    return line_ ? std::string_view() : std::string_view(name_);
  }

private:
  stored_key(secret_text text, std::string name, bool line);

  mutable std::once_flag parsed_;
  mutable secret_text text_;
  mutable std::optional<result<std::shared_ptr<const private_key>>> key_;
  std::string name_;
  bool line_; ///< out of a line: not yet the PEM that private_key reads
};

} // namespace sealonce::crypto
