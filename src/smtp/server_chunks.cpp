// NAME
//   server_chunks - BDAT, and the octets behind it
//
// DESCRIPTION
//   So many octets as BDAT says are message, whatever they look like and whether the command was
//   welcome or not: those of a chunk that is refused are thrown away before the refusal is said
//   (RFC 3030 §2). Where the number cannot be read nobody knows where the next command begins, and
//   the session ends.
//
// DIAGNOSTICS
//   502 and the end where CHUNKING is not offered, 501 and the end for a bad number; 503 out of
//   sequence; 554 (LMTP: 503) without a recipient; behind a chunk that failed its reply again, so
//   that a client that looks at the last one alone takes 4xx for 4xx and 5xx for 5xx.

#include <sealonce/smtp/server_engine.hpp>

#include <algorithm>

namespace sealonce::smtp {

server_engine::event server_engine::handle_bdat(const command& c) {
  if (!options_.chunking)
    return cut_off({502, "5.5.1", "Command not implemented"});
  const auto chunk = parse_bdat(c.argument);
  if (!chunk)
    return cut_off({501, "5.5.4", "Syntax: BDAT size [LAST]"});
  if (chunk->size == 0 && !chunk->last && too_useless())
    return cut_off_useless();
  chunk_left_ = chunk->size;
  chunk_last_ = chunk->last;
  chunk_refusal_ = chunk_refusal();
  chunk_phase_ = chunk_refusal_.code() == 0 ? phase::taken : phase::skipped;
  if (chunk_phase_ == phase::taken)
    state_ = state::chunks;
  return event::need_input;
}

/// What is wrong with a BDAT now; no code = nothing.
reply server_engine::chunk_refusal() const {
  if (options_.tls == security::required)
    return {530, "5.7.0", "Must issue a STARTTLS command first"};
  if (!offered_.has(chunking))
    return {503, "5.5.1", options_.lmtp ? "Say LHLO first" : "Say EHLO first"};
  switch (state_) {
  case state::lost:
    return lost_reply_;
  case state::chunks:
    return {};
  case state::mail:
    if (envelope_.recipients != 0)
      return {};
    if (rcpt_seen_ == 0)
      return {503, "5.5.1", "Need RCPT command"};
    return {options_.lmtp ? 503 : 554, "5.5.1", "No valid recipients"};
  default:
    return {503, "5.5.1", "Need MAIL command"};
  }
}

/// need_input while octets are still to come, and once a refused chunk has gone.
server_engine::event server_engine::next_of_chunk() {
  const auto here = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, unread()));
  chunk_ = std::string_view(input_).substr(read_, here);
  read_ += here;
  chunk_left_ -= here;
  if (chunk_phase_ == phase::taken && here != 0)
    return event::chunk;
  if (chunk_left_ != 0)
    return event::need_input;
  const bool taken = chunk_phase_ == phase::taken;
  chunk_phase_ = phase::none;
  chunk_due_ = taken;
  if (taken)
    return event::chunk_end;
  if (state_ != state::lost)
    return error(chunk_refusal_);
  // The last chunk ends the message for the client: in LMTP one reply for each recipient, as for
  // one that was taken (RFC 2033 §4.2).
  const bool each = options_.lmtp && chunk_last_ && envelope_.recipients > 0;
  for (std::size_t i = each ? envelope_.recipients : 1; i > 0; --i)
    local(chunk_refusal_);
  return event::need_input;
}

void server_engine::chunk_done(const reply& r) {
  chunk_due_ = false;
  output_ += r.wire();
  if (r.positive())
    return;
  state_ = state::lost;
  lost_reply_ = r;
}

} // namespace sealonce::smtp
