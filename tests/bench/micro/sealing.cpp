// Signatures, bare and as fields; whole messages through a sealer; the choice of keys.
#include "corpora.hpp"
#include "keys.hpp"
#include <sealonce/crypto/public_key.hpp>
#include <sealonce/policy/key_selection.hpp>
#include <sealonce/seal/sealer.hpp>

#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

using namespace sealonce;

namespace {

constexpr std::int64_t signing_time = 1709208000;
constexpr std::size_t header_octets = 600; // of a usual message: the fields that are signed

void signature(benchmark::State& state, crypto::key_type type) {
  const auto key = bench::new_key(type);
  const std::string header(header_octets, 'h');
  for (auto _ : state) {
    benchmark::DoNotOptimize(key->sign(header));
  }
}
BENCHMARK_CAPTURE(signature, rsa_2048, crypto::key_type::rsa);
BENCHMARK_CAPTURE(signature, ed25519, crypto::key_type::ed25519);

/// What Google Benchmark repeats; `want` is what must become of the message.
void seal_message(benchmark::State& state, const config::settings& s, const std::string& message,
                  policy::action want) {
  for (auto _ : state) {
    seal::sealer sealer(s, config::relay_mode::sign);
    sealer.content(message, 0);
    const auto outcome = sealer.finish(signing_time);
    if (outcome.what != want) {
      state.SkipWithError("another outcome");
      break;
    }
    benchmark::DoNotOptimize(outcome.new_fields.data());
  }
}

std::string signed_message(const config::settings& s) {
  const std::string message = bench::usual_message();
  seal::sealer sealer(s, config::relay_mode::sign);
  sealer.content(message, 0);
  return sealer.finish(signing_time).new_fields + message;
}

void sealer_signs(benchmark::State& state, const config::settings& (*s)()) {
  seal_message(state, s(), bench::usual_message(), policy::action::sign);
}
BENCHMARK_CAPTURE(sealer_signs, rsa_2048, bench::settings);
BENCHMARK_CAPTURE(sealer_signs, ed25519, bench::settings_without_rsa);

void sealer_knows_own(benchmark::State& state, const config::settings& (*s)()) {
  seal_message(state, s(), signed_message(s()), policy::action::already_signed);
}
BENCHMARK_CAPTURE(sealer_knows_own, rsa_2048, bench::settings);
BENCHMARK_CAPTURE(sealer_knows_own, ed25519, bench::settings_without_rsa);

void sealer_passes_strangers(benchmark::State& state) {
  std::string message = bench::usual_message();
  message.replace(message.find("@bench.example>\r\nTo"), 6, "@other");
  seal_message(state, bench::settings(), message, policy::action::pass_unsigned);
}
BENCHMARK(sealer_passes_strangers);

void choice_of_keys(benchmark::State& state, const char* suffix, std::size_t keys) {
  const auto& s = bench::settings();
  seal::sealer header(s, config::relay_mode::pass);
  header.content(bench::usual_message(), 0);
  std::vector<message::author> authors(4096);
  std::mt19937 any(20240229);
  for (auto& a : authors) {
    a.status = message::author_status::found;
    a.local_part = "joe";
    a.domain = "customer-" + std::to_string(any() % 1000) + suffix;
  }
  policy::author_query query;
  query.head = &header.scanned().head();
  std::size_t i = 0;
  for (auto _ : state) {
    query.author = &authors[i++ % authors.size()];
    if (policy::select_keys(query, s).keys.size() != keys) {
      state.SkipWithError("another choice");
      break;
    }
  }
}
BENCHMARK_CAPTURE(choice_of_keys, found, ".example", 1);
BENCHMARK_CAPTURE(choice_of_keys, not_found, ".invalid", 0);

} // namespace
