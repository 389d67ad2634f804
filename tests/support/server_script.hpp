#pragma once
// The server engine between a scripted upstream and a scripted next hop.

#include "cutting.hpp"
#include <sealonce/smtp/server_engine.hpp>

#include <boost/test/unit_test.hpp>

#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace sealonce::test {

/// A reply as the next hop would send it; `wire` with its CRLFs must be one.
inline smtp::reply reply_from(std::string_view wire) {
  smtp::reply_parser parser;
  const auto step = parser.feed(wire);
  BOOST_REQUIRE(step.what == smtp::reply_parser::status::complete);
  BOOST_REQUIRE(step.consumed == wire.size());
  return parser.result();
}

/// All that can be offered.
inline smtp::extensions full_offer() {
  return smtp::everything(1'000'000);
}

class server_script {
public:
  using event = smtp::server_engine::event;

  explicit server_script(cutting how, bool xforward_allowed = true)
      : server_script(how, options(xforward_allowed)) {}
  server_script(cutting how, smtp::server_engine::options o) : how_(how), engine(std::move(o)) {}

  [[nodiscard]] static smtp::server_engine::options options(bool xforward_allowed = true) {
    smtp::server_engine::options o;
    o.hostname = "relay.example";
    o.max_size = 1'000'000;
    o.xforward_allowed = xforward_allowed;
    return o;
  }

  /// The upstream sends.
  void give(std::string_view octets) {
    while (!octets.empty()) {
      const auto length = how_.piece(given_, octets.size());
      engine.received(octets.substr(0, length));
      octets.remove_prefix(length);
      given_ += length;
      pump();
    }
  }

  /// All that went to the upstream since the last look.
  void expect_send(std::string_view text) {
    BOOST_TEST(engine.output() == text);
    engine.output().clear();
  }

  void expect_hello(const smtp::extensions& offer) {
    expect_event(event::hello, {});
    engine.answer_hello(offer);
    pump();
  }
  void expect_xclient(const smtp::reply& refusal) {
    expect_event(event::xclient, {});
    engine.answer_xclient(refusal);
    pump();
  }
  void expect_hello_unanswered() { expect_event(event::hello, {}); }
  void expect_forward(std::string_view line) { expect_event(event::forward, line); }
  void expect_start_tls() { expect_event(event::start_tls, {}); }
  /// The handshake is done.
  void start_tls() {
    engine.tls_started();
    pump();
  }
  void expect_reset() { expect_event(event::reset, {}); }
  void expect_close() { expect_event(event::close, {}); }
  void expect_no_event() {
    BOOST_TEST(events_.empty(),
               "there is an event: " << (events_.empty() ? "" : events_[0].second));
  }

  /// The next hop replies to the oldest command.
  void answer(std::string_view wire) {
    engine.answer(reply_from(wire));
    pump();
  }
  void answer_message(std::string_view wire) {
    BOOST_TEST(engine.in_data());
    engine.message_done(reply_from(wire));
    pump();
  }
  void farewell(const smtp::reply& r) {
    engine.farewell(r);
    pump();
  }

  /// EHLO and its answer, looked at elsewhere.
  void greet(const smtp::extensions& offer = full_offer()) {
    give("EHLO client.example\r\n");
    expect_hello(offer);
    engine.output().clear();
  }
  /// What `greet` does, and MAIL and one RCPT that the next hop takes.
  void begin_transaction() {
    greet();
    give("MAIL FROM:<a@example.org>\r\n");
    expect_forward("MAIL FROM:<a@example.org>");
    answer("250 2.1.0 Ok\r\n");
    give("RCPT TO:<b@example.net>\r\n");
    expect_forward("RCPT TO:<b@example.net>");
    answer("250 2.1.5 Ok\r\n");
    expect_send("250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n");
  }

  /// Nothing may be left over at the end.
  void finish() {
    expect_no_event();
    expect_send("");
  }
  [[nodiscard]] std::size_t octets_given() const { return given_; }

private:
  void pump() {
    while (!closed_) {
      const event what = engine.next();
      if (what == event::need_input)
        return;
      events_.emplace_back(what, what == event::forward ? engine.forwarded().line : std::string());
      closed_ = what == event::close;
    }
  }

  void expect_event(event what, std::string_view line) {
    BOOST_REQUIRE_MESSAGE(!events_.empty(), "no event where '" << line << "' was expected");
    BOOST_TEST((events_.front().first == what), "another event");
    BOOST_TEST(events_.front().second == line);
    events_.pop_front();
  }

  cutting how_;
  std::size_t given_ = 0;
  bool closed_ = false;
  std::deque<std::pair<event, std::string>> events_;

public:
  smtp::server_engine engine;
};

} // namespace sealonce::test
