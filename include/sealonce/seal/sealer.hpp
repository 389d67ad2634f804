#pragma once

#include <sealonce/config/settings.hpp>
#include <sealonce/dkim/body_hash.hpp>
#include <sealonce/message/scanner.hpp>
#include <sealonce/policy/decide.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace sealonce::seal {

/// What becomes of one message.
struct outcome {
  policy::action what = policy::action::pass_unsigned;
  std::string_view reason; ///< static word
  std::string detail;      ///< sentence for people; may be empty
  std::string new_fields;  ///< whole lines with CRLF that go on top; may be empty
  std::string keys;        ///< "domain/selector,domain/selector" that signed
};

/// One message on its way through: content goes in while it arrives, the outcome comes out at its
/// end. Holds the header and hash states, never the body. Not thread-safe; one per transaction.
class sealer final : public content_sink, private message::body_sink {
public:
  /// `s` must outlive the object.
  sealer(const config::settings& s, config::relay_mode mode);
  sealer(const sealer&) = delete; // its scanner refers to it
  sealer& operator=(const sealer&) = delete;

  void content(std::span<const char> piece, std::uint64_t wire_offset) override;

  /// The message is complete. `now` in Unix seconds goes into t=. Call once.
  [[nodiscard]] outcome finish(std::int64_t now);

  /// Octets of content so far.
  [[nodiscard]] std::uint64_t size() const { return scanner_.size(); }
  /// Where new fields go in the stored wire form: 0, or past the mbox "From " lines. Known once the
  /// header is complete.
  [[nodiscard]] std::uint64_t insert_at() const { return scanner_.wire_insert_offset(); }

private:
  void header_complete(const message::header& h) override;
  void body(std::span<const char> piece) override;
  [[nodiscard]] policy::decision decide() const;
  outcome sign(const policy::decision& decided, std::int64_t now);
  static outcome without_fields(policy::action what, std::string detail);

  const config::settings& settings_;
  config::relay_mode mode_;
  message::scanner scanner_;
  message::author author_;
  std::optional<dkim::body_hash> body_hash_;
};

} // namespace sealonce::seal
