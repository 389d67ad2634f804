#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::message {

/// One field of a header: offsets into header::text(). RFC 5322 §2.2, and what real mail makes of
/// it: blanks before the colon, empty values, any octet in the value.
struct field {
  std::uint32_t begin = 0;      ///< first octet of the name
  std::uint32_t name_end = 0;   ///< past the name, before blanks and colon
  std::uint32_t value = 0;      ///< past the colon
  std::uint32_t end = 0;        ///< past the field's last CRLF
  std::uint64_t wire_begin = 0; ///< the same field in the stored wire form of the message …
  std::uint64_t wire_end = 0;   ///< … and past its last octet there
};

/// What is odd about a header, as facts; policy decides what follows from them.
struct header_oddities {
  bool nul = false;            ///< a NUL octet stands in it
  bool eight_bit = false;      ///< an octet over 127 stands in it
  bool malformed_line = false; ///< a line that is neither field nor continuation
  bool over_limit = false;     ///< more than limits::header octets or limits::fields fields
  bool mbox_from_line = false; ///< the first line is an mbox "From " line; it is not a field
  bool no_empty_line = false;  ///< the message ended inside the header
  bool long_line = false;      ///< a line over 998 octets without CRLF, RFC 5322 §2.1.1
};

/// The header of one message, unstuffed and contiguous. Views into it live as long as the object
/// and until append.
class header {
public:
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] const std::vector<field>& fields() const { return fields_; }
  [[nodiscard]] const header_oddities& oddities() const { return oddities_; }

  [[nodiscard]] std::string_view name(const field& f) const {
    return text().substr(f.begin, f.name_end - f.begin);
  }
  /// After the colon, with the folds and the last CRLF.
  [[nodiscard]] std::string_view value(const field& f) const {
    return text().substr(f.value, f.end - f.value);
  }
  /// Name, colon, value, last CRLF.
  [[nodiscard]] std::string_view whole(const field& f) const {
    return text().substr(f.begin, f.end - f.begin);
  }
  /// How many fields have this name (ASCII case folded).
  [[nodiscard]] std::size_t count(std::string_view name) const;

private:
  friend class scanner;
  std::string text_;
  std::vector<field> fields_;
  header_oddities oddities_;
};

/// ASCII case folded comparison of field names, RFC 5322 §1.2.2.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b);

} // namespace sealonce::message
