// NAME
//   session_chunks - a message in the chunks of BDAT (RFC 3030)
//
// DESCRIPTION
//   Chunks are kept in the wire form of DATA, as any message is, and go to the next hop as DATA
//   behind the last one: its DATA is not said earlier, so that a message that is refused here, or
//   that the upstream gives up with RSET, costs the next hop nothing but its own RSET. The replies
//   to chunks before the last are ours, the reply to the last is the next hop's.
//
// DIAGNOSTICS
//   As for any message, but a chunk before the last is refused as soon as the message is too large,
//   cannot be kept or has a stray CR or LF where that is refused. A next hop that refuses DATA:
//   its reply. Lost meanwhile: 451 4.4.2.

#include "session.hpp"

#include <ctime>
#include <utility>

namespace sealonce::net {

incoming_message& session::message_of_chunks() {
  if (!chunks_)
    chunks_ = std::make_unique<incoming_message>(worker_.chunks, settings_, relay_.mode, who());
  return *chunks_;
}

awaitable<void> session::end_chunk() {
  incoming_message& message = message_of_chunks();
  if (engine_.last_chunk()) {
    co_await finish_chunks();
    co_return;
  }
  smtp::reply answer = refuse_octets(message);
  if (answer.code() == 0) {
    const std::string so_far = std::to_string(message.in_chunks);
    engine_.chunk_done(smtp::reply(250, "2.0.0", "Ok: " + so_far + " octets so far"));
    co_return;
  }
  message_end end;
  end.by_us = true;
  log_transaction(answer.code() / 100 == 4 ? "deferred" : "refused", refusal_reason(message, end),
                  {}, message.sealer.size(), answer);
  engine_.chunk_done(answer);
  co_await flush(); // the refusal does not wait for the next hop
  co_await reset_next_hop();
}

awaitable<void> session::finish_chunks() {
  const std::unique_ptr<incoming_message> message = std::move(chunks_);
  message->end_chunks(settings_.message.max_size);
  const seal::outcome what = message->sealer.finish(std::time(nullptr));
  message_end end;
  end.replies.push_back(refuse_message(*message, what));
  end.by_us = end.replies.back().code() != 0;
  if (!end.by_us) {
    smtp::reply refused = co_await begin_data();
    end.replies.back() = std::move(refused);
    if (end.replies.back().code() == 0)
      end = co_await deliver(message->store, message->sealer, what);
  }
  finish_message(*message, end, what);
  if (!end.by_us)
    co_return;
  co_await flush();
  co_await reset_next_hop();
}

/// DATA to the next hop; no code = it waits for the message.
awaitable<smtp::reply> session::begin_data() {
  if (!hop_ || !hop_->io.quiet() || hop_->has_input()) {
    drop_next_hop();
    co_return smtp::reply(451, "4.4.2", "The next hop broke off before the message was sent");
  }
  hop_->engine.command("DATA");
  const hop_event event = co_await wait_next_hop();
  smtp::reply answer(451, "4.5.0", "The next hop's reply makes no sense");
  if (event == hop_event::reply && hop_->engine.last_reply().code() == 354)
    co_return smtp::reply();
  if (event == hop_event::reply)
    excuse_login(hop_->engine.last_reply());
  if (event == hop_event::reply && hop_->engine.last_reply().code() >= 400)
    answer = std::move(hop_->engine.last_reply());
  else if (event != hop_event::reply)
    answer =
        smtp::reply(451, "4.4.2",
                    smtp::printable("The next hop lost this transaction: " + hop_->explain(event)));
  drop_next_hop();
  co_return answer;
}

/// The upstream is gone, or has said QUIT, before the last chunk.
void session::abandon_chunks() {
  if (!chunks_)
    return;
  log_lost_upstream(*chunks_);
  chunks_.reset();
}

} // namespace sealonce::net
