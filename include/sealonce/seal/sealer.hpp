#pragma once

#include <sealonce/config/settings.hpp>
#include <sealonce/dkim/body_hashes.hpp>
#include <sealonce/message/scanner.hpp>
#include <sealonce/policy/decide.hpp>
#include <sealonce/seal/recognizer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sealonce::seal {

/// Octets of the stored wire form: [begin, end).
struct wire_range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// What becomes of one message: what leaves is the stored wire form without the ranges of
/// `removed`, and `new_fields` put in at sealer::insert_at(). Where both are empty, it leaves octet
/// by octet as it came.
struct outcome {
  policy::action what = policy::action::pass_unsigned;
  std::string_view reason;         ///< static word
  std::string detail;              ///< sentence for people; may be empty
  std::string new_fields;          ///< whole lines with CRLF that go on top; may be empty
  std::vector<wire_range> removed; ///< whole fields, sorted, apart, all behind insert_at()
  /// "domain/selector,domain/selector": that signed; for already_signed, that had signed before.
  std::string keys;
};

/// One message on its way through: content goes in while it arrives, the outcome comes out at its
/// end. Holds the header and hash states, never the body. Not thread-safe; one per transaction.
class sealer final : public content_sink, private message::body_sink {
public:
  /// `s` and all that `who` refers to must outlive the object. The author and the header of `who`
  /// are filled in here.
  sealer(const config::settings& s, config::relay_mode mode, const policy::author_query& who = {});
  /// Signs with these keys, whoever the author is, and as if nobody behind us changed an octet.
  sealer(const config::settings& s, policy::selection chosen);
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
  /// What is known of the message, complete after finish().
  [[nodiscard]] const message::scanner& scanned() const { return scanner_; }

private:
  void header_complete(const message::header& h) override;
  void body(std::span<const char> piece) override;
  [[nodiscard]] policy::decision decide(std::int64_t now) const;
  void sign(const policy::decision& decided, std::int64_t now, outcome& o,
            std::vector<const dkim::signing_key*>& signers) const;
  void take_off(const policy::decision& decided,
                const std::vector<const dkim::signing_key*>& signers, outcome& o) const;

  const config::settings& settings_;
  config::relay_mode mode_;
  policy::author_query who_;
  bool goes_unchanged_ = false;             ///< policy::facts::goes_unchanged
  std::optional<policy::selection> chosen_; ///< given, or asked for when the header is complete
  message::scanner scanner_;
  message::author author_;
  recognizer recognizer_;
  dkim::body_hashes hashes_;
  std::optional<std::size_t> signing_hash_; ///< in hashes_; none where nothing can be signed
};

} // namespace sealonce::seal
