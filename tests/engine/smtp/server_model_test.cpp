// The server engine against random upstreams and next hops, held to a model of SMTP.

#include "server_script.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace sealonce;
using namespace std::string_view_literals;

namespace {

using event = smtp::server_engine::event;
using smtp::verb;

/// What was sent as one command, and what became of it.
struct sent_command {
  verb what;
  std::string line;
  bool forwarded = false;
  std::string answer; ///< the next hop's, where it was forwarded and answered
};

/// A strict next hop that knows in what order it may be spoken to.
struct strict_next_hop {
  bool mail = false;
  bool mail_refused = false; ///< the rest of the group behind it may still come
  std::size_t recipients = 0;
  void forget() { mail = mail_refused = false, recipients = 0; }
};

class model {
public:
  explicit model(std::uint32_t seed) : random_(seed), engine_(options()) {
    engine_.output().clear();
  }

  void run() {
    send(verb::ehlo, "EHLO client.example");
    for (int turn = 0; turn < 120 && !closed_; ++turn) {
      if (engine_.in_data())
        end_message();
      else if (below(3) == 0 && engine_.unanswered() != 0)
        answer_one();
      else if (may_send())
        send_random();
      else
        answer_one();
      if (below(20) == 0 && may_lose())
        lose();
    }
    while (engine_.unanswered() != 0)
      answer_one();
    check_replies();
  }

private:
  static smtp::server_engine::options options() {
    smtp::server_engine::options o;
    o.hostname = "relay.example";
    o.xforward_allowed = true;
    return o;
  }
  std::size_t below(std::size_t n) { return random_() % n; }

  /// RFC 2920 §3.1: EHLO, DATA, QUIT and what we do not know end a group.
  bool may_send() const { return !waits_ || engine_.unanswered() == 0; }

  void send_random() {
    const auto number = std::to_string(sent_.size());
    switch (below(16)) {
    case 0:
      return send(verb::ehlo, "EHLO c" + number);
    case 1:
      return send(verb::helo, "HELO c" + number);
    case 2:
    case 3:
    case 4:
      return send(verb::mail, "MAIL FROM:<m" + number + "@a>");
    case 5:
      return send(verb::mail, "MAIL FROM:m" + number + "@a");
    case 6:
    case 7:
    case 8:
    case 9:
      return send(verb::rcpt, "RCPT TO:<r" + number + "@b>");
    case 10:
      return send(verb::rcpt, "RCPT TO:<r" + number);
    case 11:
    case 12:
      return send(verb::data, "DATA");
    case 13:
      return send(verb::rset, "RSET");
    case 14:
      return send(verb::xforward, "XFORWARD IDENT=" + number);
    default:
      return send(verb::noop, below(2) == 0 ? "NOOP" : "HELP");
    }
  }

  void send(verb what, const std::string& line) {
    sent_.push_back({what, line, false, {}});
    waits_ = what == verb::ehlo || what == verb::helo || what == verb::data;
    const std::string wire = line + "\r\n";
    const auto cut = below(wire.size() + 1);
    engine_.received(std::string_view(wire).substr(0, cut));
    pump();
    engine_.received(std::string_view(wire).substr(cut));
    pump();
  }

  void pump() {
    for (;;) {
      switch (engine_.next()) {
      case event::need_input:
        return;
      case event::hello:
        hop_.forget();
        open_ = lost_ = false;
        engine_.answer_hello(test::full_offer());
        break;
      case event::reset:
        hop_.forget();
        open_ = lost_ = false;
        break;
      case event::xclient: // which nobody here may
        BOOST_REQUIRE(false);
        break;
      case event::forward:
        take_forwarded();
        break;
      case event::chunk:
      case event::chunk_end:
        BOOST_FAIL("nobody was offered CHUNKING");
        break;
      case event::start_tls:
        BOOST_FAIL("STARTTLS was not offered");
        return;
      case event::close:
        closed_ = true;
        return;
      }
    }
  }

  void take_forwarded() {
    const auto& c = engine_.forwarded();
    while (next_sent_ < sent_.size() && sent_[next_sent_].line != c.line)
      ++next_sent_;
    BOOST_REQUIRE_MESSAGE(next_sent_ < sent_.size(), "forwarded out of order: " << c.line);
    sent_[next_sent_].forwarded = true;
    due_.push_back(next_sent_++);
    switch (c.what) {
    case verb::mail:
      BOOST_REQUIRE(!hop_.mail);
      hop_ = {true, false, 0};
      open_ = true;
      lost_ = false;
      break;
    case verb::rcpt:
    case verb::data:
      BOOST_REQUIRE_MESSAGE(hop_.mail && !lost_, "a strict next hop would say 503");
      break;
    default:
      BOOST_REQUIRE_MESSAGE(false, "it is not for the next hop: " << c.line);
    }
  }

  void answer_one() {
    if (engine_.unanswered() == 0)
      return;
    auto& command = sent_[due_.front()];
    due_.pop_front();
    const auto number = std::to_string(answers_++);
    const bool yes = below(4) != 0;
    command.answer =
        (yes ? command.what == verb::data ? "354 go " : "250 ok " : "450 no ") + number;
    if (hop_.mail_refused || (command.what == verb::data && hop_.recipients == 0))
      command.answer = "503 order " + number;
    const bool positive = command.answer[0] == '2';
    if (command.what == verb::mail)
      hop_.mail_refused = !positive;
    if (command.what == verb::rcpt)
      hop_.recipients += positive ? 1 : 0;
    const auto expected = hop_.recipients;
    if (hop_.mail_refused && due_.empty()) {
      hop_.forget();
      open_ = false;
    }
    engine_.answer(test::reply_from(command.answer + "\r\n"));
    BOOST_REQUIRE(engine_.in_data() == (command.answer[0] == '3'));
    if (open_)
      BOOST_REQUIRE(engine_.current().recipients == expected);
    pump();
  }

  void end_message() {
    const auto reply =
        (below(2) == 0 ? "250 message " : "451 message ") + std::to_string(answers_++);
    sent_.push_back({verb::unknown, "(message)", true, reply});
    next_sent_ = sent_.size();
    engine_.message_done(test::reply_from(reply + "\r\n"));
    hop_.forget();
    open_ = waits_ = false;
    BOOST_REQUIRE(!engine_.in_transaction());
  }

  /// … with or without answers due; but not while the engine holds commands back.
  bool may_lose() const {
    return open_ && !engine_.in_data() && (due_.empty() || due_.back() + 1 == sent_.size());
  }

  void lose() {
    engine_.transaction_lost();
    hop_.forget();
    lost_ = true;
    lost_from_.push_back(sent_.size());
    for (; !due_.empty(); due_.pop_front()) {
      auto& answer = sent_[due_.front()].answer;
      answer = "451 lost " + std::to_string(answers_++);
      engine_.answer(test::reply_from(answer + "\r\n"));
    }
    pump();
  }

  /// One reply for each command, in order, and none that the command cannot have.
  void check_replies() {
    smtp::reply_parser parser;
    std::string_view output = engine_.output();
    bool lost = false;
    std::size_t losses = 0;
    for (std::size_t i = 0; i < sent_.size(); ++i) {
      const auto step = parser.feed(output);
      if (closed_ && step.what != smtp::reply_parser::status::complete)
        return; // the session ended with 421, which was the last
      BOOST_REQUIRE(step.what == smtp::reply_parser::status::complete);
      output.remove_prefix(step.consumed);
      const auto reply = parser.result().one_line();
      const int code = parser.result().code();
      const auto& c = sent_[i];
      for (; losses < lost_from_.size() && lost_from_[losses] == i; ++losses)
        lost = true;
      if (c.forwarded) {
        BOOST_REQUIRE_MESSAGE(reply == c.answer, c.line << " got " << reply);
        lost = lost && c.what != verb::mail;
        continue;
      }
      BOOST_REQUIRE_MESSAGE(possible(c.what, code, lost), c.line << " got " << reply);
      if (code == 250 && (c.what == verb::rset || c.what == verb::ehlo || c.what == verb::helo))
        lost = false;
    }
    BOOST_REQUIRE(output.empty() || closed_);
  }

  static bool possible(verb what, int code, bool lost) {
    if (code == 421)
      return true;
    switch (what) {
    case verb::mail:
      return code == 501 || code == 503;
    case verb::rcpt:
    case verb::data:
      return lost ? code == 451 : code == 501 || code == 503 || code == 554;
    case verb::noop:
      return code == 250 || code == 214;
    case verb::xforward:
      return code == 250 || code == 502 || code == 503;
    default:
      return code == 250;
    }
  }

  std::mt19937 random_;
  smtp::server_engine engine_;
  strict_next_hop hop_;
  std::vector<sent_command> sent_;
  std::deque<std::size_t> due_;        ///< forwarded and not answered
  std::size_t next_sent_ = 0;          ///< those before it were forwarded or answered by us
  std::vector<std::size_t> lost_from_; ///< commands from which on the transaction was lost
  int answers_ = 0;
  bool waits_ = false; ///< the last command ends a group
  bool open_ = false;  ///< a transaction is open at the next hop
  bool lost_ = false;
  bool closed_ = false;
};

} // namespace

BOOST_AUTO_TEST_SUITE(server_model)

BOOST_AUTO_TEST_CASE(random_sessions_keep_the_rules) {
  const std::uint32_t first = std::random_device{}();
  for (std::uint32_t round = 0; round < 3000; ++round)
    BOOST_TEST_CONTEXT("seed " << first + round)
  model(first + round).run();
}

BOOST_AUTO_TEST_SUITE_END()
