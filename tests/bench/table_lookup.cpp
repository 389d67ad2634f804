// NAME
//   table_lookup - what large key tables and signing tables cost
// DESCRIPTION
//   Writes tables of so many domains to a temporary directory, loads them as serve does, and asks
//   select_keys for authors in random order: time to load, ns for each answer (the whole choice,
//   with the signing_key made for it), octets of memory for each domain. Then so many key files,
//   one for each domain. A second, small table shows whether the cost of a lookup grows with the
//   table; what remains of a difference is the machine's caches. Build: g++ -std=c++20 -O2
//   -Iinclude tests/bench/table_lookup.cpp libsealonce_core.a
//          -ltomlplusplus -lidn2 -lmimetic -lcrypto
//   Usage: table_lookup [DOMAINS [KEY_FILES]]
#include <sealonce/crypto/private_key.hpp>
#include <sealonce/message/scanner.hpp>
#include <sealonce/policy/key_selection.hpp>
#include <sealonce/policy/signing_tables.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <malloc.h>
#include <random>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace sealonce;
namespace fs = std::filesystem;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr std::size_t small = 1000;
constexpr std::size_t questions = 200'000;
constexpr std::size_t rounds = 400; // each asks for other authors; the best one counts

double seconds_since(clock_type::time_point start) {
  return std::chrono::duration<double>(clock_type::now() - start).count();
}

/// Of this process.
double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// Octets of this process that are in memory and in use.
std::size_t resident() {
  ::malloc_trim(0);
  std::ifstream in("/proc/self/statm");
  std::size_t pages = 0;
  in >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

struct no_body final : message::body_sink {
  void header_complete(const message::header&) override {}
  void body(std::span<const char>) override {}
};

std::string domain(std::size_t i) {
  return "customer-" + std::to_string(i) + ".example";
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file) << text;
  ::chmod(file.c_str(), 0600);
}

class bench {
public:
  explicit bench(const fs::path& directory) : directory_(directory) {
    sink_scanner_.finish();
    pem_ = crypto::private_key::generate(crypto::key_type::rsa, 2048).value()->to_pem();
    write(directory_ / "key", pem_);
  }

  /// Loads tables whose rows are made by `key_row` and `sign_row` for each number.
  template <class KeyRow, class SignRow>
  void load(const char* what, const char* kind, std::size_t rows, KeyRow key_row,
            SignRow sign_row) {
    settings_.signing.tables.reset();
    std::string keys;
    std::string signing;
    for (std::size_t i = 0; i < rows; ++i) {
      keys += key_row(i);
      signing += sign_row(i);
    }
    write(directory_ / "KeyTable", keys);
    write(directory_ / "SigningTable", signing);
    std::string().swap(keys);
    std::string().swap(signing);
    policy::signing_tables::sources from;
    from.keys = policy::parse_table_source("file:KeyTable").value();
    from.signing = policy::parse_table_source(std::string(kind) + ":SigningTable").value();
    from.beside = directory_;
    const auto before = resident();
    const auto start = clock_type::now();
    const double cpu = cpu_seconds();
    auto loaded = policy::signing_tables::load(from);
    const double took = seconds_since(start);
    const double used = cpu_seconds() - cpu;
    if (!loaded || !loaded.value().complaints.empty()) {
      std::fprintf(stderr, "%s\n",
                   loaded ? loaded.value().complaints.front().c_str()
                          : loaded.error().what.c_str());
      std::exit(1);
    }
    settings_.signing.tables = loaded.value().tables;
    rows_ = rows;
    std::printf("\n%s, %zu domains: %.2f s to load (%.2f s of CPU), %.0f octets of tables a "
                "domain, %.0f of the "
                "process\n",
                what, rows, took, used,
                static_cast<double>(loaded.value().tables->octets()) / static_cast<double>(rows),
                static_cast<double>(resident() - before) / static_cast<double>(rows));
  }

  /// Asks for authors `user` at the domain that `name` makes of a number.
  template <class Name>
  void ask(const char* what, const char* user, bool found, Name name) {
    std::vector<message::author> authors(questions);
    for (auto& a : authors) {
      a.status = message::author_status::found;
      a.local_part = user;
      a.domain = name(generator_() % rows_);
    }
    policy::author_query query;
    query.head = &sink_scanner_.head();
    std::size_t answers = 0;
    double each = 0;
    for (std::size_t round = 0; round < rounds; ++round) {
      const auto start = clock_type::now();
      for (std::size_t i = round; i < questions; i += rounds) {
        query.author = &authors[i];
        answers += policy::select_keys(query, settings_).keys.size();
      }
      const double took = seconds_since(start) * 1e9 * rounds / static_cast<double>(questions);
      each = round == 0 ? took : std::min(each, took);
    }
    std::printf("  %-44s %7.0f ns\n", what, each);
    if (answers != (found ? questions : 0)) {
      std::fprintf(stderr, "%zu answers\n", answers);
      std::exit(1);
    }
  }

  const fs::path& directory() const { return directory_; }
  const std::string& pem() const { return pem_; }

private:
  fs::path directory_;
  std::string pem_;
  config::settings settings_;
  no_body sink_;
  message::scanner sink_scanner_{sink_};
  std::mt19937_64 generator_{20260930};
  std::size_t rows_ = 1;
};

void names(bench& b, std::size_t rows) {
  const std::string key = (b.directory() / "key").string();
  b.load(
      "file:, a key row each, one key file", "file", rows,
      [&](std::size_t i) { return domain(i) + " " + domain(i) + ":mail:" + key + "\n"; },
      [](std::size_t i) {
        const auto n = std::to_string(i);
        const auto name = domain(i);
        return (i % 4 == 1 ? "." + name : i % 4 == 2 ? "joe@" + name : name) + " " + name + "\n";
      });
  const auto of_kind = [](std::size_t i, std::size_t kind) { return i / 4 * 4 + kind; };
  b.ask("hit: host", "joe", true, [&](std::size_t i) { return domain(of_kind(i, 0)); });
  b.ask("hit: joe@host", "joe", true, [&](std::size_t i) { return domain(of_kind(i, 2)); });
  b.ask("hit: .parent", "joe", true, [&](std::size_t i) { return "a." + domain(of_kind(i, 1)); });
  b.ask("hit: .parent, five labels above", "joe", true,
        [&](std::size_t i) { return "a.b.c.d.e." + domain(of_kind(i, 1)); });
  b.ask("miss", "joe", false, [](std::size_t i) { return "foreign" + domain(i); });
}

void patterns(bench& b, std::size_t rows) {
  b.load(
      "refile:, one key row for all", "refile", rows,
      [&](std::size_t i) { return i == 0 ? "all %:mail:" + (b.directory() / "key").string() : ""; },
      [](std::size_t i) {
        return (i % 4 == 1   ? "*@*." + domain(i)
                : i % 4 == 2 ? "sales*@" + domain(i)
                             : "*@" + domain(i)) +
               " all\n";
      });
  const auto of_kind = [](std::size_t i, std::size_t kind) { return i / 4 * 4 + kind; };
  b.ask("hit: *@host", "joe", true, [&](std::size_t i) { return domain(of_kind(i, 0)); });
  b.ask("hit: *@*.host", "joe", true, [&](std::size_t i) { return "a." + domain(of_kind(i, 1)); });
  b.ask("hit: sales*@host", "sales-3", true, [&](std::size_t i) { return domain(of_kind(i, 2)); });
  b.ask("miss", "joe", false, [](std::size_t i) { return "foreign" + domain(i); });
}

void key_files(bench& b, std::size_t files) {
  fs::create_directories(b.directory() / "keys");
  for (std::size_t i = 0; i < files; ++i) {
    write(b.directory() / "keys" / domain(i), b.pem());
  }
  const std::string keys = (b.directory() / "keys").string() + "/";
  b.load(
      "file:, a key file each", "file", files,
      [&](std::size_t i) {
        return domain(i) + " " + domain(i) + ":mail:" + keys + domain(i) + "\n";
      },
      [](std::size_t i) { return domain(i) + " " + domain(i) + "\n"; });
}

} // namespace

int main(int argc, char** argv) {
  const std::size_t rows = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  const std::size_t files = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 100'000;
  if (rows < 4) {
    std::fprintf(stderr, "usage: table_lookup [DOMAINS [KEY_FILES]]\n");
    return 64;
  }
  std::string directory = "/tmp/sealonce-bench-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) {
    std::perror("mkdtemp");
    return 73;
  }
  {
    bench b(directory);
    names(b, small);
    names(b, rows);
    patterns(b, small);
    patterns(b, rows);
    if (files > 0) {
      key_files(b, files);
    }
  }
  fs::remove_all(directory);
  return 0;
}
