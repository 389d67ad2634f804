// Random clients with BDAT, held to a model of RFC 3030: whatever the octets of a chunk look like,
// they are message where the chunk is welcome and nothing where it is not.

#include "server_script.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;

namespace {

using event = smtp::server_engine::event;

class chunking_client {
public:
  explicit chunking_client(std::uint32_t seed) : random_(seed), engine_(options()) {
    engine_.output().clear();
    client_ = "EHLO x\r\n";
    for (int i = 0; i < 12; ++i) // too few for 421 4.7.0
      add_random();
    client_ += "QUIT\r\n";
    replies_ += "221\n";
  }

  /// Everything is sent in random pieces, replies or not.
  void run() {
    std::string_view left = client_;
    while (!left.empty()) {
      const auto piece = left.substr(0, 1 + below(below(4) == 0 ? 200 : 7));
      left.remove_prefix(piece.size());
      engine_.received(piece);
      pump();
    }
    BOOST_REQUIRE(closed_);
    BOOST_TEST_REQUIRE(seen_ == expected_);
    BOOST_TEST_REQUIRE(codes() == replies_);
  }

private:
  enum class state { idle, open, chunks, failed };

  static smtp::server_engine::options options() {
    smtp::server_engine::options o;
    o.hostname = "relay.example";
    o.chunking = true;
    return o;
  }
  std::size_t below(std::size_t n) { return random_() % n; }

  void add_random() {
    switch (below(8)) {
    case 0:
      client_ += "RSET\r\n";
      replies_ += "250\n";
      expected_ += "<reset>";
      state_ = state::idle;
      return;
    case 1:
      client_ += "NOOP\r\n";
      replies_ += "250\n";
      return;
    case 2:
    case 3:
      client_ += "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";
      replies_ += begins() ? "250\n250\n" : state_ == state::chunks ? "503\n503\n" : "503\n250\n";
      expected_ += begins() ? "<mail><rcpt>" : state_ == state::open ? "<rcpt>" : "";
      state_ = begins() ? state::open : state_;
      return;
    default:
      add_chunk();
    }
  }
  bool begins() const { return state_ == state::idle || state_ == state::failed; }

  void add_chunk() {
    constexpr std::string_view words[] = {"QUIT\r\n", "BDAT 3\r\n", "\r\n.\r\n",
                                          "\r",       "\n",         "RSET\r\n",
                                          ".",        "x",          "MAIL FROM:<e@f>\r\n"};
    std::string content;
    for (auto n = below(5); n != 0; --n)
      content += words[below(std::size(words))];
    const bool last = below(3) == 0;
    client_ += "BDAT " + std::to_string(content.size()) + (last ? " LAST\r\n" : "\r\n") + content;
    switch (state_) {
    case state::idle:
      replies_ += "503\n";
      return;
    case state::failed:
      replies_ += "452\n";
      return;
    default:
      break;
    }
    expected_ += content + (last ? "|LAST" : "|");
    // The caller's answer is a matter of the message alone, so that both sides know it.
    const bool fails = content.size() % 5 == 4;
    replies_ += fails ? "452\n" : "250\n";
    state_ = last ? state::idle : fails ? state::failed : state::chunks;
  }

  void pump() {
    for (;;) {
      switch (engine_.next()) {
      case event::need_input:
        return answer_forwarded();
      case event::hello:
        engine_.answer_hello(test::full_offer());
        engine_.output().clear();
        break;
      case event::xclient: // which nobody here may
        BOOST_REQUIRE(false);
        break;
      case event::reset:
        seen_ += "<reset>";
        break;
      case event::forward:
        seen_ += engine_.forwarded().what == smtp::verb::mail ? "<mail>" : "<rcpt>";
        break;
      case event::chunk:
        seen_ += engine_.chunk();
        chunk_ += engine_.chunk().size();
        break;
      case event::chunk_end:
        end_chunk();
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

  void answer_forwarded() {
    const bool any = engine_.unanswered() != 0;
    while (engine_.unanswered() != 0)
      engine_.answer({250, "", "Ok"});
    if (any)
      pump();
  }

  void end_chunk() {
    const smtp::reply answer(chunk_ % 5 == 4 ? 452 : 250, "", "answer");
    chunk_ = 0;
    seen_ += engine_.last_chunk() ? "|LAST" : "|";
    if (engine_.last_chunk())
      engine_.message_done(answer);
    else
      engine_.chunk_done(answer);
  }

  std::string codes() const {
    std::string found;
    std::string_view output = engine_.output();
    smtp::reply_parser parser;
    while (!output.empty()) {
      const auto step = parser.feed(output);
      BOOST_REQUIRE(step.what == smtp::reply_parser::status::complete);
      output.remove_prefix(step.consumed);
      found += std::to_string(parser.result().code()) + '\n';
    }
    return found;
  }

  std::mt19937 random_;
  mutable smtp::server_engine engine_;
  state state_ = state::idle;
  std::string client_;   ///< all that the client says
  std::string expected_; ///< events, and the octets of chunks
  std::string replies_;  ///< codes
  std::string seen_;
  std::size_t chunk_ = 0;
  bool closed_ = false;
};

} // namespace

BOOST_AUTO_TEST_SUITE(chunking_model)

BOOST_AUTO_TEST_CASE(random_chunks_are_message_or_nothing) {
  const std::uint32_t first = std::random_device{}();
  for (std::uint32_t round = 0; round < 3000; ++round)
    BOOST_TEST_CONTEXT("seed " << first + round)
  chunking_client(first + round).run();
}

BOOST_AUTO_TEST_SUITE_END()
