#pragma once
// Tables and keys for tests: a directory with files, and keys made once.

#include <sealonce/crypto/private_key.hpp>
#include <sealonce/policy/signing_tables.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace sealonce::test {

class table_directory {
public:
  table_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "sealonce-tables-XXXXXX").string();
    BOOST_TEST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~table_directory() { std::filesystem::remove_all(path); }
  table_directory(const table_directory&) = delete;
  table_directory& operator=(const table_directory&) = delete;

  /// Returns the path.
  [[nodiscard]] std::string write(const std::string& name, const std::string& text,
                                  mode_t mode = 0600) const {
    const auto file = path / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    BOOST_TEST_REQUIRE(::chmod(file.c_str(), mode) == 0);
    return file.string();
  }

  [[nodiscard]] policy::signing_tables::loaded load(const std::string& keys,
                                                    const std::string& signing) const {
    policy::signing_tables::sources from;
    from.keys = policy::parse_table_source(keys).value();
    from.signing = policy::parse_table_source(signing).value();
    from.beside = path;
    auto got = policy::signing_tables::load(from);
    if (!got) {
      BOOST_FAIL(got.error().what);
    }
    return std::move(got).value();
  }
  /// The same with the texts of a KeyTable and a SigningTable.
  [[nodiscard]] policy::signing_tables::loaded load_texts(const std::string& keys,
                                                          const std::string& signing,
                                                          const std::string& kind = "file") const {
    return load("file:" + write("KeyTable", keys), kind + ":" + write("SigningTable", signing));
  }

  std::filesystem::path path;
};

/// An Ed25519 key as it stands in a row: the base64 of its DER.
inline const std::string& key_in_a_row() {
  static const std::string key = [] {
    std::string pem = crypto::private_key::generate(crypto::key_type::ed25519, 0).value()->to_pem();
    pem.erase(std::remove(pem.begin(), pem.end(), '\n'), pem.end());
    const auto begin = pem.find("-----", 5) + 5;
    return pem.substr(begin, pem.find("-----", begin) - begin);
  }();
  return key;
}

/// "d/s" or "d/s i=identity" of each key, blanks between; "trouble: why" behind them.
inline std::string described(const policy::selection& s) {
  std::string out;
  for (const auto& one : s.keys) {
    out += (out.empty() ? "" : " ") + one.key->domain + "/" + one.key->selector;
    out += one.identity.empty() ? "" : " i=" + one.identity;
  }
  if (s.key_trouble) {
    out += (out.empty() ? "trouble: " : " trouble: ") + s.detail;
  }
  return out;
}

inline std::string selected(const policy::signing_tables& t, const std::string& user,
                            const std::string& domain, bool all = false) {
  policy::selection s;
  const bool matched = t.select(user, domain, all, s, nullptr);
  BOOST_TEST(matched == (!s.keys.empty() || s.key_trouble));
  return described(s);
}

} // namespace sealonce::test
