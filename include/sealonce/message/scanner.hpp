#pragma once

#include <sealonce/message/content_sink.hpp>
#include <sealonce/message/header.hpp>

namespace sealonce::message {

/// Gets the body as it comes, once the header is complete.
class body_sink {
public:
  virtual ~body_sink() = default;
  /// Called once, before the first octet of the body (also where there is no body).
  virtual void header_complete(const header& h) = 0;
  /// A piece of the body; valid during the call only.
  virtual void body(std::span<const char> piece) = 0;
};

/// Finds the fields of a header and where the body begins while the message streams past. Keeps
/// the header (bounded by limits::header), never the body. Linear in the input, whatever it is, and
/// the facts do not depend on how the input is cut into pieces.
class scanner final : public content_sink {
public:
  explicit scanner(body_sink& body) : sink_(body) {}

  void content(std::span<const char> piece, std::uint64_t wire_offset) override;
  /// The message is over: completes a header that no empty line ended. Call once, also for an
  /// empty message.
  void finish();

  [[nodiscard]] const header& head() const { return header_; }
  /// Octets of the header in wire form up to and with its empty line: where the body begins in the
  /// stored message. 0 until known.
  [[nodiscard]] std::uint64_t wire_body_offset() const { return wire_body_; }
  /// Where new fields belong in the stored message: 0, or past the mbox "From " lines. Postfix's
  /// smtpd turns such lines into a field where they stand first, and ends the header where they
  /// stand behind a field.
  [[nodiscard]] std::uint64_t wire_insert_offset() const { return wire_insert_; }
  /// The longest of those body lines that are longer than RFC 5322 §2.1.1 allows (998 octets), in
  /// octets of content without CRLF; 0 where there is none. Lines count once they are complete, the
  /// last one at finish().
  [[nodiscard]] std::uint64_t longest_body_line() const { return longest_body_line_; }
  /// Octets of content so far, without stuffing dots.
  [[nodiscard]] std::uint64_t size() const { return size_; }

private:
  enum class state { mbox_lines, fields, over_limit, body };

  [[nodiscard]] bool keeping() const { return state_ < state::over_limit; }
  std::size_t header_lines(std::string_view in, std::uint64_t wire_offset);
  std::size_t end_open_line(std::string_view in, std::uint64_t wire_offset);
  void begin_line(std::string_view rest);
  void line(std::string_view whole, std::size_t at, std::uint64_t wire_end);
  void field_line(std::string_view content, std::size_t whole, std::size_t at,
                  std::uint64_t wire_end);
  void note_malformed(std::size_t at);
  void exceed_limit();
  std::size_t skip_lines(std::string_view in, std::uint64_t wire_offset);
  void complete_header();
  void measure_lines(std::string_view in);

  body_sink& sink_;
  header header_;
  state state_ = state::mbox_lines;
  bool field_open_ = false;           ///< the last line belongs to the last field
  std::size_t line_begin_ = 0;        ///< where the line begun but not ended stands in the text
  std::uint64_t wire_line_begin_ = 0; ///< where that line begins in wire form
  std::uint64_t wire_end_ = 0;        ///< past the last octet seen
  std::uint64_t open_line_ = 0;       ///< octets of the last body line, or of one over the limit
  bool open_line_is_cr_ = false;      ///< over the limit: the line begun is a CR so far
  std::uint64_t wire_body_ = 0;
  std::uint64_t wire_insert_ = 0;
  std::uint64_t longest_body_line_ = 0;
  std::uint64_t size_ = 0;
};

} // namespace sealonce::message
