#pragma once

#include <sealonce/result.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace sealonce::dkim {

/// One tag=value. Views into the parsed text.
struct tag {
  std::string_view name;
  std::string_view value; ///< without the white space around it; folds inside stay
  std::string_view raw;   ///< all between "=" and ";" or the end: what is deleted for b=
};

/// A parsed tag=value list, RFC 6376 §3.2: a DKIM-Signature field's value or a key record. The
/// views live as long as the text that was parsed. Octets over 127 are allowed in values (RFC 8616
/// §3); whether they are UTF-8 is for whoever uses the value.
class tag_list {
public:
  /// `text` without the field name; the CRLF that ends a field may be there. Fails on: no tag at
  /// all, an empty item (";;"), a bad name, a name that stands twice, a control octet, CR or LF
  /// that does not fold, more than limits::tags tags. Linear in the text.
  [[nodiscard]] static result<tag_list> parse(std::string_view text);

  /// The tag, names compared as they are (they are case-sensitive), or nullptr.
  [[nodiscard]] const tag* find(std::string_view name) const;
  /// The value of the tag, if it is there; it may be empty.
  [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const;
  /// In the order of the text.
  [[nodiscard]] const std::vector<tag>& tags() const { return tags_; }

private:
  std::vector<tag> tags_;
};

} // namespace sealonce::dkim
