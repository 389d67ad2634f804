#include <sealonce/log/logger.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace sealonce;
using config::log_level;

namespace {

struct written {
  std::vector<std::pair<log_level, std::string>> lines;
  int flushes = 0;
};

class recorder final : public log::target {
public:
  explicit recorder(written& w) : written_(w) {}
  void line(log_level level, std::string_view text) override {
    written_.lines.emplace_back(level, text);
  }
  void flush() override { ++written_.flushes; }

private:
  written& written_;
};

std::int64_t fixed_time() {
  return 1709208000;
} // 2024-02-29T12:00:00Z

struct fixture {
  written out;
  config::log_settings settings;
  log::logger make() { return log::logger(settings, std::make_unique<recorder>(out), fixed_time); }
};

log::transaction sample() {
  log::transaction t;
  t.relay = "outbound";
  t.queue_id = "4Vx1";
  t.client = "192.0.2.1";
  t.from = "a@example.com";
  t.nrcpt = 2;
  t.size = 4096;
  t.action = "signed";
  t.keys = "example.com/mail";
  t.reason = "signed";
  t.reply = "250 2.0.0 Ok: queued as 4Vx2";
  t.delay = std::chrono::milliseconds(1042);
  return t;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(logger, fixture)

BOOST_AUTO_TEST_CASE(a_transaction_is_one_line_with_names_in_order) {
  auto l = make();
  l.record(sample());
  BOOST_TEST_REQUIRE(out.lines.size() == 1u);
  BOOST_TEST(out.lines[0].second ==
             "relay=outbound queue_id=4Vx1 client=192.0.2.1 from=<a@example.com> nrcpt=2 size=4096 "
             "action=signed keys=example.com/mail reason=signed "
             "reply=\"250 2.0.0 Ok: queued as 4Vx2\" delay=1.042");
}

BOOST_AUTO_TEST_CASE(a_null_sender_and_odd_octets) {
  auto l = make();
  auto t = sample();
  t.from = "";
  t.queue_id = "A\nB";
  t.delay = std::chrono::milliseconds(-3);
  l.record(t);
  t.from = "\"a b\"@example.com";
  t.delay = std::chrono::milliseconds(7);
  l.record(t);
  BOOST_TEST(out.lines[0].second.find(" from=<> ") != std::string::npos);
  BOOST_TEST(out.lines[0].second.find(" queue_id=\"A\\x0aB\" ") != std::string::npos);
  BOOST_TEST(out.lines[0].second.ends_with(" delay=0.000"));
  BOOST_TEST(out.lines[1].second.find(" from=\"<\\\"a b\\\"@example.com>\" ") != std::string::npos);
  BOOST_TEST(out.lines[1].second.ends_with(" delay=0.007"));
}

BOOST_AUTO_TEST_CASE(json_form) {
  settings.format = config::log_format::json;
  auto l = make();
  l.record(sample());
  l.warning("full\tdisk");
  BOOST_TEST(out.lines[0].second ==
             "{\"time\":\"2024-02-29T12:00:00Z\",\"level\":\"info\",\"relay\":\"outbound\","
             "\"queue_id\":\"4Vx1\",\"client\":\"192.0.2.1\",\"from\":\"a@example.com\","
             "\"nrcpt\":2,\"size\":4096,\"action\":\"signed\",\"keys\":\"example.com/mail\","
             "\"reason\":\"signed\",\"reply\":\"250 2.0.0 Ok: queued as 4Vx2\",\"delay\":1.042}");
  BOOST_TEST(out.lines[1].second == "{\"time\":\"2024-02-29T12:00:00Z\",\"level\":\"warning\","
                                    "\"message\":\"full\\\\x09disk\"}");
}

BOOST_AUTO_TEST_CASE(levels_below_the_setting_are_dropped) {
  settings.level = log_level::warning;
  auto l = make();
  l.debug("d");
  l.info("i");
  l.record(sample());
  l.warning("w");
  l.error("e");
  BOOST_TEST_REQUIRE(out.lines.size() == 2u);
  BOOST_TEST(out.lines[0].second == "w");
  BOOST_TEST((out.lines[1].first == log_level::error));
  BOOST_TEST(!l.enabled(log_level::info));
}

BOOST_AUTO_TEST_CASE(lines_wait_for_flush_and_the_end_flushes) {
  {
    auto l = make();
    l.info("one");
    BOOST_TEST(out.flushes == 0);
    l.flush();
    BOOST_TEST(out.flushes == 1);
  }
  BOOST_TEST(out.flushes == 2);
}

BOOST_AUTO_TEST_SUITE_END()
