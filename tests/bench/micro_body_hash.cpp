// NAME
//   micro_body_hash - what body canonicalization costs on top of bare SHA-256
// DESCRIPTION
//   For each kind of body: GB/s of bare SHA-256, simple and relaxed, the ratios to bare SHA-256,
//   best of several rounds taken in turns. Pieces of 64 KiB, as a session reads them.
//   Build: g++ -std=c++20 -O2 -Iinclude tests/bench/micro_body_hash.cpp libsealonce_core.a -lcrypto
//   Usage: micro_body_hash [OCTETS_PER_PIECE]
#include <sealonce/dkim/body_hash.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

using namespace sealonce;

namespace {

constexpr std::size_t corpus_size = 4u << 20;
constexpr int rounds = 9;

std::mt19937 generator(20240229);

std::size_t any(std::size_t below) {
  return generator() % below;
}

std::string word() {
  std::string w(1 + any(9), 'x');
  for (char& c : w) {
    c = static_cast<char>('a' + any(26));
  }
  return w;
}

std::string grown(const std::function<std::string()>& line) {
  std::string text;
  while (text.size() < corpus_size) {
    text += line();
  }
  text.resize(corpus_size);
  return text;
}

std::string base64_line() {
  std::string line(76, 'A');
  for (char& c : line) {
    c = static_cast<char>('A' + any(26));
  }
  return line + "\r\n";
}

std::string text_line() {
  std::string line = word();
  while (line.size() < 66) {
    line += any(40) == 0 ? "  " : " ";
    line += word();
  }
  return line + (any(25) == 0 ? "\r\n\r\n" : "\r\n");
}

std::string html_line() {
  return std::string(2 * any(12), ' ') + "<td class=\"" + word() + "\">" + word() + "</td>\r\n";
}

std::string quoted_printable_line() {
  std::string line;
  while (line.size() < 70) {
    line += any(4) == 0 ? "=C3=A4" : word();
    line += any(6) == 0 ? " " : "";
  }
  return line + "=\r\n";
}

struct corpus {
  const char* name;
  std::string text;
};

double gigabytes_per_second(const std::string& text, std::size_t piece,
                            const std::function<void(std::span<const char>)>& feed,
                            const std::function<void()>& finish) {
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t at = 0; at < text.size(); at += piece) {
    feed({text.data() + at, std::min(piece, text.size() - at)});
  }
  finish();
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  return static_cast<double>(text.size()) / took.count();
}

void measure(const corpus& c, std::size_t piece) {
  crypto::sha256 bare;
  dkim::body_hash simple(dkim::canonicalization::simple);
  dkim::body_hash relaxed(dkim::canonicalization::relaxed);
  double best[3] = {};
  for (int i = 0; i < rounds; ++i) {
    const double now[3] = {
        gigabytes_per_second(
            c.text, piece, [&](auto s) { bare.update(s); }, [&] { (void)bare.finish(); }),
        gigabytes_per_second(
            c.text, piece, [&](auto s) { simple.update(s); }, [&] { (void)simple.finish(); }),
        gigabytes_per_second(
            c.text, piece, [&](auto s) { relaxed.update(s); }, [&] { (void)relaxed.finish(); })};
    for (int k = 0; k < 3; ++k) {
      best[k] = std::max(best[k], now[k]);
    }
  }
  std::printf("%-20s %6.2f %8.2f %9.2f %10.2f %10.2f\n", c.name, best[0], best[1], best[2],
              best[1] / best[0], best[2] / best[0]);
}

} // namespace

int main(int argc, char** argv) {
  const std::size_t piece = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 65536;
  if (piece == 0) {
    std::fprintf(stderr, "usage: micro_body_hash [OCTETS_PER_PIECE]\n");
    return 64;
  }
  const auto repeated = [](const char* unit) {
    return grown([unit] { return std::string(unit); });
  };
  const std::vector<corpus> all = {
      {"base64, 76 columns", grown(base64_line)},
      {"plain text", grown(text_line)},
      {"quoted-printable", grown(quoted_printable_line)},
      {"indented HTML", grown(html_line)},
      {"TAB separated", grown([] { return word() + "\t" + word() + "\t" + word() + "\r\n"; })},
      {"all SP", repeated(" ")},
      {"SP SP SP SP CRLF", repeated("    \r\n")},
      {"all CRLF", repeated("\r\n")},
      {"a SP SP", repeated("a  ")},
      {"a CRLF", repeated("a\r\n")},
      {"a SP CRLF", repeated("a \r\n")},
      {"CRLF CRLF a", repeated("\r\n\r\na")},
      {"a CR", repeated("a\r")},
  };
  std::printf("%-20s %6s %8s %9s %10s %10s\n", "GB/s of input", "SHA", "simple", "relaxed",
              "simple/SHA", "relaxed/SHA");
  for (const corpus& c : all) {
    measure(c, piece);
  }
  return 0;
}
