#pragma once
// The client engine against a scripted next hop.

#include "cutting.hpp"
#include <sealonce/smtp/client_engine.hpp>

#include <boost/test/unit_test.hpp>

#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace sealonce::test {

/// The connection ended before an expectation of the dialogue could be met.
struct connection_ended {};

class client_script {
public:
  using event = smtp::client_engine::event;

  /// The next hop's connection ends after `budget` octets.
  explicit client_script(cutting how, std::size_t budget = std::numeric_limits<std::size_t>::max(),
                         bool lmtp = false, smtp::starttls_use tls = smtp::starttls_use::never)
      : how_(how), budget_(budget), engine("relay.example", lmtp, tls) {}

  /// The next hop sends.
  void give(std::string_view octets) {
    while (!octets.empty() && given_.size() < budget_) {
      auto length = how_.piece(given_.size(), octets.size());
      length = std::min(length, budget_ - given_.size());
      engine.received(octets.substr(0, length));
      given_ += octets.substr(0, length);
      octets.remove_prefix(length);
      pump();
    }
    ended_ = ended_ || !octets.empty();
  }

  /// We send: what is waiting is taken away.
  void expect_send(std::string_view text) {
    if (ended_ && engine.output().empty())
      throw connection_ended();
    BOOST_TEST(engine.output() == text);
    engine.output().clear();
  }
  void command(std::string_view line) { engine.command(line); }
  /// Queues a command and sees it off.
  void send(std::string_view line) {
    command(line);
    expect_send(std::string(line) + "\r\n");
  }

  void expect_start_tls() { expect_event(event::start_tls, {}); }
  /// The handshake is done.
  void start_tls(bool authenticated = true) {
    engine.tls_started(authenticated);
    pump();
  }
  void expect_ready() { expect_event(event::ready, {}); }
  void expect_reply(std::string_view wire) { expect_event(event::reply, wire); }
  void expect_failure(smtp::client_failure why) {
    expect_event(event::failed, {});
    BOOST_TEST((engine.failure() == why), "another failure");
    BOOST_TEST(!engine.idle());
    engine.received(std::string_view("220 again\r\n"));
    BOOST_TEST((engine.next() == event::failed), "a failure is for good");
  }
  void expect_no_event() { BOOST_TEST(events_.empty()); }

  /// Greeted by a next hop that offers `keywords` (lines "250-X\r\n" before the last).
  void greet(std::string_view keywords = {}) {
    give("220 next.example ESMTP\r\n");
    expect_send("EHLO relay.example\r\n");
    give(std::string(keywords) + "250 next.example\r\n");
    expect_ready();
  }

  void finish() {
    expect_no_event();
    BOOST_TEST(engine.output() == "");
  }
  [[nodiscard]] std::size_t octets_given() const { return given_.size(); }
  [[nodiscard]] const std::string& given() const { return given_; }
  /// Events told so far that a complete reply must stand behind.
  [[nodiscard]] std::size_t replies_told() const { return told_; }

private:
  void pump() {
    while (!failed_) {
      const event what = engine.next();
      if (what == event::need_input)
        return;
      failed_ = what == event::failed;
      told_ += failed_ ? 0 : 1;
      events_.emplace_back(what, what == event::reply ? engine.last_reply().wire() : std::string());
    }
  }

  void expect_event(event what, std::string_view wire) {
    if (ended_ && events_.empty())
      throw connection_ended();
    BOOST_REQUIRE_MESSAGE(!events_.empty(), "no event where '" << wire << "' was expected");
    BOOST_TEST((events_.front().first == what), "another event");
    BOOST_TEST(events_.front().second == wire);
    events_.pop_front();
  }

  cutting how_;
  std::size_t budget_;
  std::string given_;
  bool ended_ = false;
  bool failed_ = false;
  std::size_t told_ = 0;
  std::deque<std::pair<event, std::string>> events_;

public:
  smtp::client_engine engine;
};

/// Complete replies in `octets`, counted in the plainest way: lines "ddd text" or "ddd" with CRLF.
inline std::size_t complete_replies(std::string_view octets) {
  std::size_t count = 0;
  for (auto end = octets.find("\r\n"); end != octets.npos; end = octets.find("\r\n")) {
    count += end < 4 || octets[3] != '-' ? 1 : 0;
    octets.remove_prefix(end + 2);
  }
  return count;
}

/// The dialogue in every cutting, and then with the connection ending after each prefix of what the
/// next hop sends: nothing may be told that is not a complete reply, and the engine is never idle
/// while something is due.
template <class script = client_script, class dialogue_function>
void in_every_cutting_and_cut_off(dialogue_function dialogue, std::size_t hello_replies = 2) {
  in_every_cutting<script>(dialogue);
  script whole(cutting::whole());
  dialogue(whole);
  const std::string all = whole.given();
  for (std::size_t length = 0; length < all.size(); ++length)
    BOOST_TEST_CONTEXT("the connection ends after " << length << " octets") {
      script s(cutting::whole(), length);
      BOOST_CHECK_THROW(dialogue(s), connection_ended);
      BOOST_TEST((s.engine.next() == client_script::event::need_input));
      BOOST_TEST(!s.engine.idle());
      // Of the greeting and the answers to EHLO and HELO only the last is told, as `ready`.
      const std::size_t complete = complete_replies(s.given());
      BOOST_TEST(s.replies_told() == (complete < hello_replies ? 0 : complete - hello_replies + 1));
    }
}

} // namespace sealonce::test
