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
/// the header (bounded by limits::header), never the body. Linear in the input, whatever it is.
class scanner final : public content_sink {
public:
  explicit scanner(body_sink& body) : sink_(body) {}

  void content(std::span<const char> piece, std::uint64_t wire_offset) override;
  /// The message is over: completes a header that no empty line ended.
  void finish();

  [[nodiscard]] const header& head() const { return header_; }
  /// Octets of the header in wire form up to and with its empty line: where the body begins in the
  /// stored message. 0 until known.
  [[nodiscard]] std::uint64_t wire_body_offset() const { return wire_body_; }
  /// The longest line of the body so far, without its CRLF, in octets of content.
  [[nodiscard]] std::uint64_t longest_body_line() const { return longest_body_line_; }
  /// Octets of content so far, without stuffing dots.
  [[nodiscard]] std::uint64_t size() const { return size_; }

private:
  body_sink& sink_;
  header header_;
  std::uint64_t wire_body_ = 0;
  std::uint64_t longest_body_line_ = 0;
  std::uint64_t size_ = 0;
};

} // namespace sealonce::message
