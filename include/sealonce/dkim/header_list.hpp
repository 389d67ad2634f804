#pragma once

#include <sealonce/message/header.hpp>
#include <sealonce/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sealonce::dkim {

/// Which fields are signed and which are oversigned (named in h= once more than they occur, so that
/// nobody can add another). RFC 6376 §5.4, §5.4.1, §8.15.
class header_list {
public:
  /// The defaults: RFC 6376 §5.4.1 and the fields that came since; see etc/sealonce.toml.
  header_list();

  /// Lists of the configuration: names, or "*" (the default), "+name", "-name" as changes to it.
  /// From is always signed. Fails on what must never be signed (trace fields, RFC 6376 §5.4).
  [[nodiscard]] static result<header_list> from_settings(const std::vector<std::string>& headers,
                                                         const std::vector<std::string>& oversign);

  /// The value of h= for this header: colon separated names, as often as the fields occur, once
  /// more where oversigned.
  [[nodiscard]] std::vector<std::string_view> select(const message::header& h) const;

  [[nodiscard]] const std::vector<std::string>& signed_names() const { return signed_; }
  [[nodiscard]] const std::vector<std::string>& oversigned_names() const { return oversigned_; }

private:
  std::vector<std::string> signed_;
  std::vector<std::string> oversigned_;
};

} // namespace sealonce::dkim
