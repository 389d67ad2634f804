#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::message {

/// One field of a header: offsets into header::text(). RFC 5322 §2.2, and what real mail makes of
/// it: blanks before the colon, empty values, any octet in the value.
///
/// The wire offsets are those of the stored, dot-stuffed message: the stuffing dots of a field's
/// lines belong to it, so the lines of a header lie side by side there, without gaps.
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
  bool nul = false;       ///< a NUL octet stands in text()
  bool eight_bit = false; ///< an octet over 127 stands in text()
  /// A line that is neither field nor continuation, or a continuation before any field. Postfix
  /// ends the header in front of such a line: what stands behind it becomes body.
  bool malformed_line = false;
  std::uint32_t malformed_at = 0; ///< where the first such line begins in text()
  /// More than limits::header octets or limits::fields fields; text() and fields() hold whole
  /// lines up to there.
  bool over_limit = false;
  bool mbox_from_line = false; ///< it begins with an mbox "From " or ">From " line, not a field
  bool no_empty_line = false;  ///< the message ended inside the header
  bool long_line = false;      ///< a line over 998 octets without CRLF, RFC 5322 §2.1.1
};

/// The header of one message. Complete once body_sink::header_complete has been called; from then
/// on it does not change, and views into it live as long as the object. Before that, every piece of
/// content may move the text.
class header {
public:
  /// All lines, unstuffed and contiguous, mbox and malformed lines too, without the empty line at
  /// the end. Each line ends with CRLF, also where the message ended in the middle of one.
  [[nodiscard]] std::string_view text() const { return text_; }
  /// In the order of the message.
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
