#pragma once

#include <sealonce/limits.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::smtp {

/// One reply of an SMTP server, RFC 5321 §4.2, kept as it stands on the wire, so that a next hop's
/// reply can be handed back unchanged.
class reply {
public:
  reply() = default;
  /// One of ours: `enhanced` as in RFC 3463 ("4.4.1") or empty. Control octets in `text` become
  /// "?": a reply is one line, whatever was quoted in it.
  reply(int code, std::string_view enhanced, std::string_view text);

  [[nodiscard]] int code() const { return code_; }
  [[nodiscard]] bool positive() const { return code_ / 100 == 2; }
  /// All lines with their CRLF.
  [[nodiscard]] const std::string& wire() const { return wire_; }
  /// For logs: the reply in one line without CRLF ("250 2.0.0 Ok: queued as X"); lines of a longer
  /// reply are joined by a blank, their repeated codes left out. Cut at limits::shown_reply.
  [[nodiscard]] std::string one_line() const;
  /// The texts after code and separator, a view for each line, valid as long as the object.
  [[nodiscard]] std::vector<std::string_view> lines() const;

private:
  friend class reply_parser;
  int code_ = 0;
  std::string wire_;
};

/// Takes replies out of a stream of octets. Only complete lines `ddd[- ]text<CRLF>` count; all
/// lines of one reply carry the same code (RFC 5321 §4.2.1); limits::reply_line and
/// limits::reply_lines bound it. Text may hold TAB and 8-bit octets (RFC 6531 §3.7.4.2), no other
/// control octet. Codes are 200 to 599: RFC 5321 §4.2 ends the second digit at 5, but servers do
/// say 571, and a refusal must not become a failure.
class reply_parser {
public:
  enum class status {
    need_more, ///< no complete reply yet; everything given was consumed
    complete,  ///< result() is set; `consumed` octets belonged to it
    malformed, ///< what came is not a reply; nothing after it can be trusted
  };
  struct step {
    status what = status::need_more;
    std::size_t consumed = 0;
  };

  /// Consumes up to the end of one reply.
  [[nodiscard]] step feed(std::span<const char> bytes);
  /// The next lines may have so many octets, without CRLF.
  void set_line_most(std::size_t octets) { line_most_ = octets; }
  /// The reply that was completed last; may be moved from.
  [[nodiscard]] reply& result() { return reply_; }
  /// Octets of an unfinished reply have been seen.
  [[nodiscard]] bool partial() const { return !wire_.empty(); }

private:
  [[nodiscard]] status end_line();

  reply reply_;
  std::string wire_;     ///< the unfinished reply
  std::size_t line_ = 0; ///< where its last line begins
  std::size_t lines_ = 0;
  std::size_t line_most_ = limits::reply_line;
  int code_ = 0;
};

} // namespace sealonce::smtp
