// Canonicalization with SHA-256 and bare SHA-256, in pieces as a session reads them. Whoever wants
// a ratio takes those of one run with --benchmark_enable_random_interleaving (body_hash_ratios).
#include "corpora.hpp"
#include <sealonce/dkim/body_hash.hpp>

#include <algorithm>
#include <benchmark/benchmark.h>
#include <string>

using namespace sealonce;

namespace {

constexpr std::size_t piece_octets = 64u << 10;

template <class Hash>
void hash_all(benchmark::State& state, const std::string& text, Hash& hash) {
  for (auto _ : state) {
    for (std::size_t at = 0; at < text.size(); at += piece_octets) {
      hash.update({text.data() + at, std::min(piece_octets, text.size() - at)});
    }
    benchmark::DoNotOptimize(hash.finish());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void bare(benchmark::State& state, const std::string& text) {
  crypto::sha256 hash;
  hash_all(state, text, hash);
}

void canonical(benchmark::State& state, const std::string& text, dkim::canonicalization how) {
  dkim::body_hash hash(how);
  hash_all(state, text, hash);
}

// "body_hash/CORPUS/sha256", …/simple, …/relaxed.
const bool registered = [] {
  for (const bench::corpus& c : bench::corpora()) {
    const auto name = [&](const char* how) {
      return "body_hash/" + std::string(c.name) + "/" + how;
    };
    benchmark::RegisterBenchmark(name("sha256").c_str(),
                                 [&c](benchmark::State& s) { bare(s, c.text); });
    benchmark::RegisterBenchmark(name("simple").c_str(), [&c](benchmark::State& s) {
      canonical(s, c.text, dkim::canonicalization::simple);
    });
    benchmark::RegisterBenchmark(name("relaxed").c_str(), [&c](benchmark::State& s) {
      canonical(s, c.text, dkim::canonicalization::relaxed);
    });
  }
  return true;
}();

} // namespace
