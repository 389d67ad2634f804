#include "server_script.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;

namespace {

/// An upstream that was offered CHUNKING. What the engine gives out of chunks is collected, and
/// what lies between "[" and "]" is one chunk: "[abc]", "[abc]LAST".
class chunking_script {
public:
  using event = smtp::server_engine::event;

  chunking_script(test::cutting how, bool lmtp) : how_(how), engine(options(lmtp)) {
    engine.output().clear();
  }
  explicit chunking_script(test::cutting how) : chunking_script(how, false) {}

  void give(std::string_view octets) {
    while (!octets.empty()) {
      const auto length = how_.piece(given_, octets.size());
      engine.received(octets.substr(0, length));
      octets.remove_prefix(length);
      given_ += length;
      pump();
    }
  }
  void expect_send(std::string_view text) {
    BOOST_TEST(engine.output() == text);
    engine.output().clear();
  }
  /// What came out since the last look.
  void expect(std::string_view events) {
    BOOST_TEST(events_ == events);
    events_.clear();
  }
  void answer(std::string_view wire) {
    engine.answer(test::reply_from(wire));
    pump();
  }
  void chunk_done(std::string_view wire) {
    engine.chunk_done(test::reply_from(wire));
    pump();
  }
  void message_done(std::string_view wire) {
    engine.message_done(test::reply_from(wire));
    pump();
  }
  void recipient_done(std::string_view wire) { engine.recipient_done(test::reply_from(wire)); }

  void greet() {
    give(lmtp_ ? "LHLO x\r\n" : "EHLO x\r\n");
    expect("<hello>");
    engine.output().clear();
  }
  /// `recipients` RCPTs that the next hop takes.
  void begin(int recipients = 1) {
    greet();
    give("MAIL FROM:<a@b>\r\n");
    expect("<MAIL FROM:<a@b>>");
    answer("250 mail\r\n");
    for (int i = 0; i < recipients; ++i) {
      give("RCPT TO:<c@d>\r\n");
      expect("<RCPT TO:<c@d>>");
      answer("250 rcpt\r\n");
    }
    engine.output().clear();
  }
  void finish() {
    expect("");
    expect_send("");
  }
  [[nodiscard]] std::size_t octets_given() const { return given_; }

private:
  smtp::server_engine::options options(bool lmtp) {
    lmtp_ = lmtp;
    auto o = test::server_script::options();
    o.chunking = true;
    o.lmtp = lmtp;
    return o;
  }

  void pump() {
    while (!closed_) {
      switch (engine.next()) {
      case event::need_input:
        return;
      case event::hello:
        events_ += "<hello>";
        engine.answer_hello(test::full_offer());
        break;
      case event::forward:
        events_ += '<' + engine.forwarded().line + '>';
        break;
      case event::xclient: // which nobody here may
        BOOST_REQUIRE(false);
        break;
      case event::reset:
        events_ += "<reset>";
        break;
      case event::chunk:
        BOOST_TEST(!engine.chunk().empty());
        enter_chunk();
        events_ += engine.chunk();
        break;
      case event::chunk_end:
        enter_chunk();
        events_ += engine.last_chunk() ? "]LAST" : "]";
        inside_ = false;
        return; // an answer is due
      case event::start_tls:
        events_ += "<start_tls>";
        break;
      case event::close:
        events_ += "<close>";
        closed_ = true;
        break;
      }
    }
  }
  void enter_chunk() {
    events_ += inside_ ? "" : "[";
    inside_ = true;
  }

  test::cutting how_;
  std::size_t given_ = 0;
  bool lmtp_ = false;
  bool inside_ = false;
  bool closed_ = false;
  std::string events_;

public:
  smtp::server_engine engine;
};

class lmtp_chunking_script : public chunking_script {
public:
  explicit lmtp_chunking_script(test::cutting how) : chunking_script(how, true) {}
};

template <class script = chunking_script, class dialogue_function>
void in_every_cutting(dialogue_function dialogue) {
  test::in_every_cutting<script>(dialogue);
}

} // namespace

BOOST_AUTO_TEST_SUITE(chunking)

BOOST_AUTO_TEST_CASE(it_is_announced_whether_or_not_the_next_hop_has_it) {
  in_every_cutting([](chunking_script& s) {
    s.give("EHLO x\r\n");
    s.expect("<hello>");
    BOOST_TEST(s.engine.output().find("\r\n250 CHUNKING\r\n") != std::string::npos);
    s.engine.output().clear();
  });
  const auto next_hop = smtp::parse_ehlo(test::reply_from("250-x\r\n250-CHUNKING\r\n250 DSN\r\n"));
  BOOST_TEST(smtp::mirrored(next_hop, 0).set == (smtp::pipelining | smtp::dsn));
}

BOOST_AUTO_TEST_CASE(a_message_in_chunks) {
  in_every_cutting([](chunking_script& s) {
    s.begin();
    s.give("BDAT 8\r\nA: b\r\n\r\n");
    s.expect("[A: b\r\n\r\n]");
    BOOST_TEST(s.engine.in_transaction());
    s.chunk_done("250 2.0.0 8\r\n");
    s.give("bdat 20 last\r\n.\r\nQUIT\r\nRSET\r\n\r\n.\r\n");
    s.expect("[.\r\nQUIT\r\nRSET\r\n\r\n.\r\n]LAST");
    s.message_done("250 2.0.0 queued\r\n");
    s.expect_send("250 2.0.0 8\r\n250 2.0.0 queued\r\n");
    BOOST_TEST(!s.engine.in_transaction());
    s.give("QUIT\r\n");
    s.expect("<close>");
    s.expect_send("221 2.0.0 Bye\r\n");
  });
}

BOOST_AUTO_TEST_CASE(chunks_without_octets) {
  in_every_cutting([](chunking_script& s) {
    s.begin();
    s.give("BDAT 0\r\n");
    s.expect("[]");
    s.chunk_done("250 0\r\n");
    s.give("BDAT 2\r\n\r\n");
    s.expect("[\r\n]");
    s.chunk_done("250 2\r\n");
    s.give("BDAT 0 LAST\r\n");
    s.expect("[]LAST");
    s.message_done("550 5.6.0 empty\r\n");
    s.expect_send("250 0\r\n250 2\r\n550 5.6.0 empty\r\n");
  });
}

BOOST_AUTO_TEST_CASE(everything_in_one_group) {
  in_every_cutting([](chunking_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nBDAT 3\r\nabcBDAT 4 LAST\r\nDATA"
           "MAIL FROM:<z@y>\r\n");
    s.expect("<MAIL FROM:<a@b>><RCPT TO:<c@d>><RCPT TO:<e@f>>");
    s.answer("250 1\r\n");
    s.answer("550 2\r\n");
    s.expect("");
    s.answer("250 3\r\n");
    s.expect("[abc]");
    s.chunk_done("250 4\r\n");
    s.expect("[DATA]LAST");
    s.message_done("250 5\r\n");
    s.expect("<MAIL FROM:<z@y>>");
    s.answer("250 6\r\n");
    s.expect_send("250 1\r\n550 2\r\n250 3\r\n250 4\r\n250 5\r\n250 6\r\n");
  });
}

BOOST_AUTO_TEST_CASE(refused_chunks_are_swallowed_to_the_last_octet) {
  in_every_cutting([](chunking_script& s) { // nobody said EHLO
    s.give("BDAT 12\r\nMAIL\r\nQUIT\r\nNOOP\r\n");
    s.expect_send("503 5.5.1 Say EHLO first\r\n250 2.0.0 Ok\r\n");
  });
  in_every_cutting([](chunking_script& s) { // no MAIL
    s.greet();
    s.give("BDAT 6 LAST\r\nQUIT\r\nBDAT 0 LAST\r\nNOOP\r\n");
    s.expect_send("503 5.5.1 Need MAIL command\r\n503 5.5.1 Need MAIL command\r\n250 2.0.0 Ok\r\n");
  });
  in_every_cutting([](chunking_script& s) { // no RCPT
    s.begin(0);
    s.give("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
    s.expect_send("503 5.5.1 Need RCPT command\r\n250 2.0.0 Ok\r\n");
  });
  in_every_cutting([](chunking_script& s) { // no RCPT that the next hop takes; then one
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\n");
    s.expect("<MAIL FROM:<a@b>><RCPT TO:<c@d>>");
    s.answer("250 1\r\n");
    s.answer("550 2\r\n");
    s.expect_send("250 1\r\n550 2\r\n554 5.5.1 No valid recipients\r\n"
                  "554 5.5.1 No valid recipients\r\n");
    s.give("RCPT TO:<e@f>\r\n");
    s.expect("<RCPT TO:<e@f>>");
    s.answer("250 3\r\n");
    s.give("BDAT 1 LAST\r\nx");
    s.expect("[x]LAST");
    s.message_done("250 4\r\n");
    s.expect_send("250 3\r\n250 4\r\n");
  });
}

BOOST_AUTO_TEST_CASE(behind_a_refused_mail) {
  in_every_cutting([](chunking_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
    s.expect("<MAIL FROM:<a@b>><RCPT TO:<c@d>>");
    s.answer("451 1\r\n");
    s.answer("503 2\r\n");
    s.expect_send("451 1\r\n503 2\r\n503 5.5.1 Need MAIL command\r\n250 2.0.0 Ok\r\n");
  });
}

BOOST_AUTO_TEST_CASE(the_reply_to_a_chunk_that_failed_is_said_again) {
  in_every_cutting([](chunking_script& s) {
    s.begin();
    s.give("BDAT 2\r\nabBDAT 6\r\nQUIT\r\nBDAT 1 LAST\r\nxRCPT TO:<e@f>\r\n");
    s.expect("[ab]");
    s.chunk_done("452 4.3.1 Full\r\n");
    s.expect_send("452 4.3.1 Full\r\n452 4.3.1 Full\r\n452 4.3.1 Full\r\n452 4.3.1 Full\r\n");
    s.give("RSET\r\nBDAT 1\r\nx");
    s.expect("<reset>");
    s.expect_send("250 2.0.0 Ok\r\n503 5.5.1 Need MAIL command\r\n");
    s.give("MAIL FROM:<a@b>\r\n");
    s.expect("<MAIL FROM:<a@b>>");
    s.answer("250 mail\r\n");
    s.expect_send("250 mail\r\n");
  });
}

BOOST_AUTO_TEST_CASE(a_lost_transaction_stays_temporary) {
  in_every_cutting([](chunking_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
    s.expect("<MAIL FROM:<a@b>><RCPT TO:<c@d>>");
    s.answer("250 1\r\n");
    s.engine.transaction_lost();
    s.answer("451 2\r\n");
    s.expect_send("250 1\r\n451 2\r\n"
                  "451 4.4.2 The next hop lost this transaction; try again\r\n250 2.0.0 Ok\r\n");
  });
}

BOOST_AUTO_TEST_CASE(other_commands_between_chunks) {
  in_every_cutting([](chunking_script& s) {
    s.begin();
    s.give("BDAT 1\r\na");
    s.expect("[a]");
    s.chunk_done("250 1\r\n");
    s.give("DATA\r\nRCPT TO:<c@d>\r\nMAIL FROM:<a@b>\r\nNOOP\r\nXFORWARD NAME=x\r\n");
    s.expect_send("250 1\r\n503 5.5.1 The message has begun with BDAT\r\n"
                  "503 5.5.1 The message has begun with BDAT\r\n"
                  "503 5.5.1 Nested MAIL command\r\n250 2.0.0 Ok\r\n"
                  "503 5.5.1 XFORWARD inside a transaction\r\n");
    s.give("BDAT 1 LAST\r\nb");
    s.expect("[b]LAST");
    s.message_done("250 2\r\n");
    s.expect_send("250 2\r\n");
  });
  for (const auto end : {"RSET\r\n"sv, "EHLO y\r\n"sv}) {
    in_every_cutting([end](chunking_script& s) {
      s.begin();
      s.give("BDAT 1\r\na");
      s.expect("[a]");
      s.chunk_done("250 1\r\n");
      s.engine.output().clear();
      s.give(end);
      s.expect(end.starts_with('R') ? "<reset>" : "<hello>");
      s.engine.output().clear();
      s.give("BDAT 1 LAST\r\nb");
      s.expect_send("503 5.5.1 Need MAIL command\r\n");
    });
  }
}

BOOST_AUTO_TEST_CASE(where_the_size_is_not_known_nothing_behind_it_is_a_command) {
  for (const auto line : {"BDAT\r\n"sv, "BDAT LAST\r\n"sv, "BDAT -1\r\n"sv, "BDAT 1x\r\n"sv,
                          "BDAT 1 FIRST\r\n"sv, "BDAT 99999999999999999999 LAST\r\n"sv}) {
    in_every_cutting([line](chunking_script& s) {
      s.begin();
      s.give(line);
      s.expect("<close>");
      s.give("RSET\r\nMAIL FROM:<evil@b>\r\n");
      s.expect_send("501 5.5.4 Syntax: BDAT size [LAST]\r\n");
    });
  }
}

BOOST_AUTO_TEST_CASE(an_overlong_bdat_ends_the_session) {
  in_every_cutting([](chunking_script& s) {
    s.begin();
    s.give("BDAT 6" + std::string(510, ' ') + "\r\nRSET\r\n");
    s.expect("<close>");
    s.expect_send("500 5.5.2 Command line too long\r\n");
  });
}

BOOST_AUTO_TEST_CASE(a_size_that_nobody_can_send_is_swallowed_for_ever) {
  chunking_script s(test::cutting::whole());
  s.begin(0);
  s.give("BDAT 18446744073709551615 LAST\r\n");
  for (int i = 0; i < 1000; ++i)
    s.give("QUIT\r\nMAIL FROM:<evil@b>\r\n");
  s.finish();
  BOOST_TEST(s.engine.in_chunk());
  BOOST_TEST(s.engine.unread() == 0u);
}

BOOST_AUTO_TEST_CASE(binarymime_is_not_carried) {
  in_every_cutting([](chunking_script& s) {
    s.greet();
    s.give("MAIL FROM:<a@b> BODY=BINARYMIME\r\nBDAT 6 LAST\r\nQUIT\r\n");
    s.expect_send("555 5.5.4 Unsupported body type: only 7BIT and 8BITMIME are carried\r\n"
                  "503 5.5.1 Need MAIL command\r\n");
  });
}

BOOST_AUTO_TEST_CASE(in_lmtp_the_last_chunk_is_answered_for_each_recipient) {
  in_every_cutting<lmtp_chunking_script>([](chunking_script& s) {
    s.begin(3);
    s.give("BDAT 1\r\na");
    s.expect("[a]");
    s.chunk_done("250 one for all\r\n");
    s.give("BDAT 1 LAST\r\nb");
    s.expect("[b]LAST");
    s.recipient_done("250 stored\r\n");
    s.message_done("452 full\r\n");
    s.expect_send("250 one for all\r\n250 stored\r\n452 full\r\n452 full\r\n");
    s.give("BDAT 1 LAST\r\nb");
    s.expect_send("503 5.5.1 Need MAIL command\r\n");
  });
}

BOOST_AUTO_TEST_CASE(in_lmtp_the_last_chunk_behind_one_that_failed_is_answered_for_each_recipient) {
  in_every_cutting<lmtp_chunking_script>([](chunking_script& s) {
    s.begin(3);
    s.give("BDAT 1\r\na");
    s.expect("[a]");
    s.chunk_done("552 too large\r\n");
    s.give("BDAT 1\r\nb");
    s.expect_send("552 too large\r\n552 too large\r\n");
    s.give("BDAT 1 LAST\r\nc");
    s.expect_send("552 too large\r\n552 too large\r\n552 too large\r\n");
  });
}

BOOST_AUTO_TEST_CASE(where_it_is_not_offered_bdat_ends_the_session) {
  test::server_script s(test::cutting::whole());
  s.begin_transaction();
  s.give("BDAT 6\r\nRSET\r\n");
  s.expect_close();
  s.expect_send("502 5.5.1 Command not implemented\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
