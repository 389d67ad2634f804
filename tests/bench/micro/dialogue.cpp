// What a message costs in the two engines and in the log.
#include <sealonce/log/logger.hpp>
#include <sealonce/smtp/client_engine.hpp>
#include <sealonce/smtp/server_engine.hpp>

#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace sealonce;

namespace {

const smtp::reply ok(250, "2.1.0", "Ok");
const smtp::reply go_on(354, "", "End data with <CR><LF>.<CR><LF>");
constexpr std::string_view envelope =
    "MAIL FROM:<alice@bench.example> SIZE=4096 BODY=8BITMIME\r\n"
    "RCPT TO:<bob@rcpt.example> ORCPT=rfc822;bob@rcpt.example\r\nDATA\r\n";

smtp::extensions offers() {
  smtp::extensions e;
  e.set = smtp::pipelining | smtp::eight_bit_mime | smtp::dsn | smtp::message_size;
  return e;
}

/// Says what is due until the client has to speak.
void run(smtp::server_engine& engine) {
  using event = smtp::server_engine::event;
  for (;;) {
    const event e = engine.next();
    if (e == event::hello) {
      engine.answer_hello(offers());
    } else if (e == event::forward) {
      engine.answer(engine.forwarded().what == smtp::verb::data ? go_on : ok);
    } else {
      return;
    }
  }
}

void server_engine(benchmark::State& state) {
  smtp::server_engine::options options;
  options.hostname = "mail.bench.example";
  smtp::server_engine engine(options);
  engine.received(std::string_view("EHLO client.example\r\n"));
  run(engine);
  for (auto _ : state) {
    engine.received(envelope);
    run(engine);
    if (!engine.in_data()) {
      state.SkipWithError("no transaction");
      break;
    }
    engine.message_done(ok);
    engine.output().clear();
  }
}
BENCHMARK(server_engine);

void client_engine(benchmark::State& state) {
  using event = smtp::client_engine::event;
  smtp::client_engine engine("mail.bench.example");
  engine.received(std::string_view("220 next.example ESMTP\r\n"));
  while (engine.next() != event::need_input) {
  }
  engine.received(std::string_view("250-next.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n"));
  while (engine.next() != event::need_input) {
  }
  for (auto _ : state) {
    engine.command("MAIL FROM:<alice@bench.example> SIZE=4096 BODY=8BITMIME");
    engine.command("RCPT TO:<bob@rcpt.example>");
    engine.command("DATA");
    engine.output().clear();
    engine.received(std::string_view("250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 Go on\r\n"));
    int replies = 0;
    while (engine.next() == event::reply) {
      ++replies;
    }
    engine.message_sent();
    engine.received(std::string_view("250 2.0.0 Ok: queued as 4XyZ1234Abcd\r\n"));
    while (engine.next() == event::reply) {
      ++replies;
    }
    if (replies != 4) {
      state.SkipWithError("no transaction");
      break;
    }
  }
}
BENCHMARK(client_engine);

struct counting_target final : log::target {
  void line(config::log_level, std::string_view text) override { octets += text.size(); }
  void flush() override {}
  std::size_t octets = 0;
};

void log_line(benchmark::State& state, config::log_format format) {
  config::log_settings settings;
  settings.format = format;
  log::logger logger(settings, std::make_unique<counting_target>(),
                     [] { return std::int64_t{1709208000}; });
  log::transaction t;
  t.relay = "outgoing";
  t.queue_id = "4XyZ1234Abcd";
  t.client = "192.0.2.7";
  t.client_name = "client.example";
  t.helo = "client.example";
  t.proto = "ESMTP";
  t.from = "alice@bench.example";
  t.nrcpt = 1;
  t.size = 4096;
  t.action = "signed";
  t.keys = "bench.example/mail";
  t.reason = "keys-signed";
  t.reply = "250 2.0.0 Ok: queued as 4XyZ1234Abcd";
  for (auto _ : state) {
    logger.record(t);
  }
}
BENCHMARK_CAPTURE(log_line, text, config::log_format::text);
BENCHMARK_CAPTURE(log_line, json, config::log_format::json);

} // namespace
