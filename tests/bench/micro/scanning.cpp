// What looks at the octets of a message: the end of the data, the header, the author.
#include "corpora.hpp"
#include <sealonce/message/author.hpp>
#include <sealonce/message/scanner.hpp>
#include <sealonce/smtp/data_scanner.hpp>

#include <benchmark/benchmark.h>
#include <string>

using namespace sealonce;

namespace {

struct counting_sink final : content_sink {
  void content(std::span<const char> piece, std::uint64_t) override { octets += piece.size(); }
  std::size_t octets = 0;
};

struct no_body final : message::body_sink {
  void header_complete(const message::header&) override {}
  void body(std::span<const char>) override {}
};

void data_scanner(benchmark::State& state, std::size_t corpus, std::size_t octets) {
  std::string text = bench::corpora().at(corpus).text.substr(0, octets);
  for (auto _ : state) {
    counting_sink sink;
    smtp::data_scanner scanner(sink);
    benchmark::DoNotOptimize(scanner.scan(text));
    benchmark::DoNotOptimize(sink.octets);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK_CAPTURE(data_scanner, base64, 0, 256u << 10);
BENCHMARK_CAPTURE(data_scanner, text, 1, 256u << 10);
BENCHMARK_CAPTURE(data_scanner, text_4KiB, 1, 4u << 10);
BENCHMARK_CAPTURE(data_scanner, empty_lines, 7, 256u << 10);

void header_scanner(benchmark::State& state) {
  const std::string message = bench::usual_message();
  for (auto _ : state) {
    no_body sink;
    message::scanner scanner(sink);
    scanner.content(message, 0);
    scanner.finish();
    benchmark::DoNotOptimize(scanner.head().fields().size());
  }
}
BENCHMARK(header_scanner);

void author(benchmark::State& state, const char* from) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(message::parse_author(from));
  }
}
BENCHMARK_CAPTURE(author, bare, " alice@bench.example\r\n");
BENCHMARK_CAPTURE(author, usual, " Alice of the Bench <alice@bench.example>\r\n");
BENCHMARK_CAPTURE(author, quoted, " \"Alice, of (the) Bench\" (sales) <alice@bench.example>\r\n");
BENCHMARK_CAPTURE(author, group_of_two, " Sales: Al <al@bench.example>, bo@bench.example;\r\n");

} // namespace
