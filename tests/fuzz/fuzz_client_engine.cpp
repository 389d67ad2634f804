// NAME
//   fuzz_client_engine - a next hop that says anything
//
// DESCRIPTION
//   In SMTP or LMTP. Steps: a command is given, the output is sent, octets arrive. There is never a
//   reply without a command that was sent before it, none after a failure, and nothing that is no
//   complete reply counts as one. Where we log in by SCRAM, a next hop that does not know the
//   password never gets to see a command.

#include "fuzzing.hpp"
#include <sealonce/smtp/client_engine.hpp>

#include <memory>
#include <utility>
#include <vector>

using namespace sealonce;
using fuzz::require;
using event = smtp::client_engine::event;

namespace {

class conversation {
public:
  explicit conversation(bool lmtp) : engine_("relay.example", lmtp, smtp::starttls_use::may) {}

  void run(fuzz::input& in) {
    switch (in.below(3)) {
    case 0:
      log_in({smtp::auth_scram_sha_256});
      stranger_ = true;
      break;
    case 1:
      log_in({smtp::auth_scram_sha_256, smtp::auth_plain, smtp::auth_login});
      break;
    default:
      break;
    }
    pump();
    while (!in.empty() && !failed_) {
      switch (in.below(4)) {
      case 0:
        if (ready_)
          give(in);
        break;
      case 1:
        engine_.output().clear();
        sent_ = given_;
        break;
      default:
        engine_.received(in.take(in.below(200)));
        pump();
      }
    }
  }

private:
  void log_in(std::vector<smtp::mechanism> mechanisms) {
    auto who = std::make_shared<smtp::credentials>();
    who->username = "user";
    who->password = std::make_shared<const crypto::secret_text>("pencil");
    who->mechanisms = std::move(mechanisms);
    who->plaintext = true;
    engine_.authenticate(std::move(who), "rOprNGfwEbeRWgbNEkqO");
  }

  void give(fuzz::input& in) {
    if (in.below(8) == 0) {
      engine_.output().clear();
      const std::size_t replies = 1 + in.below(3);
      engine_.message_sent(replies);
      sent_ = given_ += replies;
    } else {
      engine_.command("NOOP");
      ++given_;
    }
    require(engine_.timeout().count() > 0);
  }

  void pump() {
    for (;;) {
      switch (engine_.next()) {
      case event::need_input:
        return;
      case event::start_tls:
        require(!ready_ && engine_.output().empty());
        engine_.tls_started(false);
        require(engine_.offers().set == 0);
        break;
      case event::ready:
        require(!ready_ && !stranger_);
        ready_ = true;
        break;
      case event::reply:
        require(ready_ && ++replies_ <= sent_);
        require(engine_.last_reply().code() >= 200 && engine_.last_reply().code() <= 599);
        require(engine_.last_reply().wire().ends_with("\r\n"));
        break;
      case event::failed:
        require(engine_.failure() != smtp::client_failure::none && !engine_.idle());
        failed_ = true;
        return;
      default:
        return;
      }
      // The dialogue of the greeting sends what it needs before it reads on.
      if (!ready_)
        engine_.output().clear();
    }
  }

  smtp::client_engine engine_;
  bool ready_ = false;
  bool failed_ = false;
  bool stranger_ = false; ///< it would have to prove that it knows the password
  std::size_t given_ = 0;
  std::size_t sent_ = 0;
  std::size_t replies_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  conversation c(in.below(2) == 0);
  c.run(in);
  return 0;
}
