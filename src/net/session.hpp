#pragma once

#include "client_table.hpp"
#include "incoming_message.hpp"
#include "peer_address.hpp"
#include "worker.hpp"
#include <sealonce/limits.hpp>
#include <sealonce/seal/sealer.hpp>
#include <sealonce/smtp/server_engine.hpp>
#include <sealonce/smtp/text.hpp>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sealonce::net {

/// How a message ended.
struct message_end {
  /// One for each recipient, in order; the last stands for all recipients that have no other.
  std::vector<smtp::reply> replies;
  std::size_t told = 0; ///< so many of them the upstream has
  bool by_us = false;   ///< refused here: the next hop was not asked
};

/// One connection of an upstream: the walk of its messages from the first octet to the next hop's
/// answer, as src/README.md tells it. Lives as long as its coroutine.
class session : public std::enable_shared_from_this<session> {
public:
  session(worker& w, snapshot_ptr settings, const config::relay_settings& relay, descriptor socket,
          peer_address peer);
  ~session();

  /// The whole life of the session. The caller keeps `self` alive for as long.
  [[nodiscard]] static awaitable<void> run(std::shared_ptr<session> self);

  /// Looks at the deadline and, while the next hop keeps us waiting, at the upstream.
  void on_tick(deadline::clock::time_point now);
  /// The worker stops: an idle session says 421, any other after its transaction.
  void on_stop();
  /// The grace is over.
  void abort();

private:
  [[nodiscard]] awaitable<void> converse();
  // Who the client is, and what it may.
  [[nodiscard]] awaitable<bool> enter();
  [[nodiscard]] awaitable<bool> learn_client();
  [[nodiscard]] smtp::reply admit(const peer_address& peer);
  [[nodiscard]] smtp::reply admit_message();
  void take_claimed_client();

  [[nodiscard]] awaitable<void> refuse_early_talker();
  [[nodiscard]] awaitable<void> receive_command();
  void log_notice();
  /// What is to be said is said, as far as that needs no waiting. True = it was, or the session is
  /// over; false = flush() the rest.
  [[nodiscard]] bool flush_at_once();
  [[nodiscard]] awaitable<void> flush();
  [[nodiscard]] awaitable<void> hello();
  [[nodiscard]] awaitable<void> start_tls();
  [[nodiscard]] awaitable<void> reset_next_hop();

  // The envelope: commands for the next hop and its answers.
  [[nodiscard]] awaitable<void> exchange();
  void begin_transaction();
  [[nodiscard]] awaitable<bool> reach_next_hop(bool fresh);
  [[nodiscard]] awaitable<bool> tell_original_client(std::span<const std::string> lines,
                                                     bool pipelined);
  [[nodiscard]] awaitable<bool> connect_next_hop(const hop_address& address);
  void excuse_login(smtp::reply& r);
  [[nodiscard]] bool login_refused_lately(const hop_address& address);
  [[nodiscard]] awaitable<hop_event> open_next_hop(const hop_address& address);
  void make_next_hop(const hop_security& how);
  [[nodiscard]] bool note_next_hop();
  [[nodiscard]] awaitable<std::size_t> send_batch();
  [[nodiscard]] awaitable<hop_event> wait_next_hop();
  void queue_command(const smtp::server_engine::forwarded_command& c);
  void answer_from_next_hop(std::size_t index);
  void lose_transaction(std::size_t answered, const std::string& why);
  void refuse_batch(const smtp::reply& r);
  void answer_rest(std::size_t from, int code, std::string_view enhanced, const std::string& text);
  [[nodiscard]] bool extensions_suffice() const;

  // The message.
  [[nodiscard]] awaitable<void> take_message();
  [[nodiscard]] policy::author_query who() const;
  [[nodiscard]] awaitable<bool> receive_message(incoming_message& message);
  [[nodiscard]] awaitable<message_end> deliver(message_store& store, seal::sealer& sealer,
                                               const seal::outcome& what);
  [[nodiscard]] awaitable<std::string> collect_answers(std::size_t due, bool sent,
                                                       message_end& end);
  void tell_recipients(message_end& end, std::size_t until);
  [[nodiscard]] bool goes_round(const incoming_message& message) const;
  [[nodiscard]] bool stray_refused(const incoming_message& message) const;
  [[nodiscard]] smtp::reply refuse_octets(const incoming_message& message) const;
  [[nodiscard]] smtp::reply refuse_message(const incoming_message& message,
                                           const seal::outcome& what) const;
  [[nodiscard]] std::string_view refusal_reason(const incoming_message& message,
                                                const message_end& end) const;
  void finish_message(const incoming_message& message, message_end& end, const seal::outcome& what);
  void log_lost_upstream(const incoming_message& message);

  // The message in the chunks of BDAT.
  [[nodiscard]] incoming_message& message_of_chunks();
  [[nodiscard]] awaitable<void> end_chunk();
  [[nodiscard]] awaitable<void> finish_chunks();
  [[nodiscard]] awaitable<smtp::reply> begin_data();
  void abandon_chunks();

  [[nodiscard]] std::string trace_field() const;
  void drop_next_hop();
  void end();
  void log_transaction(std::string_view action, std::string_view reason, std::string_view keys,
                       std::uint64_t size, const smtp::reply& answer, std::size_t refused = 0);

  worker& worker_;
  snapshot_ptr snapshot_;
  const config::settings& settings_;
  const config::relay_settings& relay_;
  next_hop_pool& pool_;
  stream upstream_;
  peer_address peer_;
  counted_connection counted_;
  smtp::server_engine engine_;
  std::unique_ptr<next_hop> hop_;
  std::string hop_failure_;      ///< why there is no next hop
  std::string hop_tls_;          ///< version and cipher of the next hop that got MAIL last
  std::string_view hop_trouble_; ///< the same as an enhanced status code
  std::vector<smtp::server_engine::forwarded_command> batch_;
  std::unique_ptr<incoming_message> chunks_; ///< what BDAT has brought so far
  std::vector<std::string> recipients_;      ///< those that the next hop accepted, without brackets
  std::string own_id_; ///< of this message, in its Received field and in the log
  deadline deadline_;
  pace pace_;                           ///< of what the upstream sends now
  bool in_chunk_ = false;               ///< … which is the same chunk as at the last look
  deadline::clock::time_point begun_{}; ///< of the transaction
  bool waiting_for_hop_ = false;
  bool waiting_for_command_ = false;
  bool upstream_gone_ = false;
  bool over_ = false;
  bool aborted_ = false;
  std::array<char, limits::command_read> buffer_;
};

} // namespace sealonce::net
