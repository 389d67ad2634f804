// NAME
//   fuzz_server_engine - any upstream, any next hop: the next hop hears nothing out of order
//
// DESCRIPTION
//   The input is a list of steps: an octet that says what happens (the upstream sends, the next hop
//   answers, the transaction is lost), and what it needs. A model of the next hop counts what was
//   accepted: RCPT only behind a MAIL, DATA only with a recipient that may be good, XFORWARD
//   outside of transactions; every line clean; and what the upstream hears is whole replies. LMTP
//   and CHUNKING may be on: chunks come only with a recipient, and are answered each.

#include "fuzzing.hpp"
#include <sealonce/smtp/server_engine.hpp>

#include <deque>

using namespace sealonce;
using fuzz::require;
using event = smtp::server_engine::event;
using smtp::verb;

namespace {

/// What the next hop would think.
struct model {
  std::deque<verb> due;
  bool mail = false;
  bool mail_refused = false;
  bool chunks = false; ///< BDAT has begun
  std::size_t rcpts = 0;
  std::size_t accepted = 0;

  void forget() {
    mail = mail_refused = chunks = false;
    rcpts = accepted = 0;
  }

  void take(const smtp::server_engine::forwarded_command& c) {
    require(c.line.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    switch (c.what) {
    case verb::mail:
      require(!mail);
      forget();
      mail = true;
      break;
    case verb::rcpt:
      require(mail);
      ++rcpts;
      break;
    case verb::data:
      require(mail && rcpts > 0);
      break;
    default:
      require(!mail);
    }
    due.push_back(c.what);
  }

  void answered(const smtp::reply& r) {
    const verb what = due.front();
    due.pop_front();
    if (what == verb::mail)
      mail_refused = !r.positive();
    if (what == verb::rcpt && r.positive())
      ++accepted;
    if (due.empty() && mail_refused)
      forget();
  }
};

const smtp::reply& some_reply(std::size_t which) {
  static const smtp::reply all[] = {{250, "2.0.0", "ok"}, {354, "", "go"},  {450, "4.0.0", "later"},
                                    {550, "5.0.0", "no"}, {421, "", "bye"}, {220, "", "what"}};
  return all[which % std::size(all)];
}

class session {
public:
  session(bool trusted, std::size_t kind)
      : trusted_(trusted), engine_(options(trusted, kind)), offer_(smtp::everything(100'000)) {}

  void run(fuzz::input& in) {
    while (!in.empty() && !closed_) {
      switch (in.below(4)) {
      case 0:
        answer(some_reply(in.below(6)));
        break;
      case 1:
        if (model_.mail && !model_.chunks && !engine_.in_data() && in.below(4) == 0)
          lose();
        else
          answer(some_reply(in.below(2)));
        break;
      default:
        send(in.take(in.below(120)));
      }
    }
    while (!model_.due.empty())
      answer(some_reply(2));
    check_output();
  }

private:
  static smtp::server_engine::options options(bool trusted, std::size_t kind) {
    smtp::server_engine::options o;
    o.hostname = "relay.example";
    o.max_size = 1'000'000;
    o.xforward_allowed = trusted;
    o.xclient_allowed = trusted;
    o.lmtp = kind == 1;
    o.one_recipient = kind == 2;
    o.chunking = kind != 3;
    if (kind == 0)
      o.tls = smtp::server_engine::security::offered;
    return o;
  }

  void send(std::string_view octets) {
    if (engine_.in_data()) {
      engine_.message_done(some_reply(octets.size() % 4 == 1 ? 0 : octets.size() % 4));
      model_.forget();
    }
    engine_.received(octets);
    pump();
  }

  void answer(const smtp::reply& r) {
    if (model_.due.empty())
      return;
    model_.answered(r);
    engine_.answer(r);
    require(!engine_.in_data() || (r.code() == 354 && model_.due.empty()));
    pump();
  }

  void lose() {
    engine_.transaction_lost();
    for (const smtp::reply r(451, "4.4.2", "lost"); !model_.due.empty(); model_.due.pop_front())
      engine_.answer(r);
    model_.forget();
    pump();
  }

  void pump() {
    while (!engine_.in_data()) {
      switch (engine_.next()) {
      case event::need_input:
        require(engine_.unanswered() == model_.due.size());
        return;
      case event::hello:
        model_.forget();
        engine_.answer_hello(offer_);
        break;
      case event::reset:
        model_.forget();
        break;
      case event::start_tls:
        require(model_.due.empty() && !engine_.in_transaction());
        engine_.tls_started();
        require(engine_.unread() == 0);
        model_.forget();
        break;
      case event::xclient:
        require(trusted_ && model_.due.empty() && !engine_.in_transaction());
        engine_.answer_xclient(model_.rcpts % 2 == 0 ? smtp::reply() : some_reply(3));
        model_.forget();
        break;
      case event::forward:
        model_.take(engine_.forwarded());
        break;
      case event::close:
        require(model_.due.empty());
        closed_ = true;
        return;
      case event::chunk:
        require(model_.mail && model_.accepted != 0 && model_.due.empty());
        require(!engine_.chunk().empty());
        model_.chunks = true;
        chunk_ += engine_.chunk().size();
        break;
      case event::chunk_end:
        require(model_.mail && model_.accepted != 0 && model_.due.empty());
        model_.chunks = true;
        end_chunk();
        break;
      }
    }
  }

  void end_chunk() {
    const smtp::reply& answer = some_reply(chunk_ % 3 == 0 ? 0 : 2 + chunk_ % 2);
    chunk_ = 0;
    if (engine_.last_chunk())
      engine_.message_done(answer);
    else
      engine_.chunk_done(answer);
    if (engine_.last_chunk() || !answer.positive())
      model_.forget();
  }

  void check_output() {
    smtp::reply_parser parser;
    std::string_view output = engine_.output();
    while (!output.empty()) {
      const auto step = parser.feed(output);
      require(step.what == smtp::reply_parser::status::complete);
      output.remove_prefix(step.consumed);
    }
  }

  bool trusted_;
  smtp::server_engine engine_;
  smtp::extensions offer_;
  model model_;
  std::size_t chunk_ = 0;
  bool closed_ = false;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const bool trusted = in.below(2) == 0;
  session s(trusted, in.below(4));
  s.run(in);
  return 0;
}
