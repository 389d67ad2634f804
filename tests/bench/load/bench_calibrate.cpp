// NAME
//   bench_calibrate - what one bare signature and one bare SHA-256 cost here and now
// SYNOPSIS
//   bench_calibrate KEY.pem [MILLISECONDS]
// DESCRIPTION
//   CPU time of this one thread, by OpenSSL's EVP: an rsa-sha256 signature of 600 octets with a
//   template of the digest's context copied (the cheapest way that there is), SHA-256 of 10 MiB in
//   pieces of 64 KiB. Each takes MILLISECONDS (300) in slices of about 10 ms; the mean,
//   which compares with what a process used for many messages, and the best slice are printed as
//   one line of JSON, in µs.
// DIAGNOSTICS
//   Status 1 and a line on standard error when OpenSSL cannot.
#include "clocks.hpp"
#include "fail.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

using namespace bench;

namespace {

constexpr std::size_t header_octets = 600; // of a usual message: the fields that are signed
constexpr std::size_t large_octets = 10U << 20U;
constexpr std::size_t piece_octets = 64U << 10U;
constexpr int signatures_of_slice = 32;
constexpr std::int64_t default_ms = 300;

void check(bool good, const char* what) {
  if (!good) {
    fail("OpenSSL: %s", what);
  }
}

struct figures {
  double mean, best;
};

/// Calls the function, which does `each` pieces of work, until the time is over.
template <class Function>
figures slices(std::int64_t milliseconds, int each, Function work) {
  work(); // the first one warms
  std::vector<double> took;
  const std::int64_t end = wall_us() + 1000 * milliseconds;
  do {
    const std::int64_t before = cpu_us();
    work();
    took.push_back(static_cast<double>(cpu_us() - before) / each);
  } while (wall_us() < end || took.size() < 3);
  return {std::accumulate(took.begin(), took.end(), 0.0) / static_cast<double>(took.size()),
          *std::min_element(took.begin(), took.end())};
}

figures signature(EVP_PKEY* key, std::int64_t milliseconds) {
  EVP_MD_CTX* const whole = EVP_MD_CTX_new();
  EVP_MD_CTX* const one = EVP_MD_CTX_new();
  check(EVP_DigestSignInit(whole, nullptr, EVP_sha256(), nullptr, key) == 1, "DigestSignInit");
  const std::string header(header_octets, 'h');
  std::vector<unsigned char> result(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  const auto measured = slices(milliseconds, signatures_of_slice, [&] {
    for (int i = 0; i < signatures_of_slice; ++i) {
      std::size_t size = result.size();
      check(EVP_MD_CTX_copy_ex(one, whole) == 1 &&
                EVP_DigestSignUpdate(one, header.data(), header.size()) == 1 &&
                EVP_DigestSignFinal(one, result.data(), &size) == 1,
            "a signature");
    }
  });
  EVP_MD_CTX_free(one);
  EVP_MD_CTX_free(whole);
  return measured;
}

figures large_digest(std::int64_t milliseconds) {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  const std::string octets(large_octets, 'm');
  unsigned char result[EVP_MAX_MD_SIZE];
  const auto measured = slices(milliseconds, 1, [&] {
    bool good = EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1;
    for (std::size_t at = 0; at < octets.size(); at += piece_octets) {
      good = good && EVP_DigestUpdate(context, octets.data() + at, piece_octets) == 1;
    }
    check(good && EVP_DigestFinal_ex(context, result, nullptr) == 1, "SHA-256");
  });
  EVP_MD_CTX_free(context);
  return measured;
}

} // namespace

int main(int count, char** values) {
  if (count < 2 || count > 3) {
    fail("bench_calibrate KEY.pem [MILLISECONDS]");
  }
  const std::int64_t milliseconds = count == 3 ? std::atoll(values[2]) : default_ms;
  std::FILE* const file = std::fopen(values[1], "r");
  EVP_PKEY* const key =
      file != nullptr ? PEM_read_PrivateKey(file, nullptr, nullptr, nullptr) : nullptr;
  check(key != nullptr, "no key in the file");
  std::fclose(file);
  const figures sign = signature(key, milliseconds), digest = large_digest(milliseconds);
  EVP_PKEY_free(key);
  std::printf("{\"signature_us\": %.2f, \"signature_best_us\": %.2f, \"sha256_10mib_us\": %.1f, "
              "\"sha256_10mib_best_us\": %.1f}\n",
              sign.mean, sign.best, digest.mean, digest.best);
}
