#include <sealonce/config/load.hpp>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <sys/stat.h>

using namespace sealonce;
namespace fs = std::filesystem;

namespace {

/// A directory with key files, gone at the end.
class key_directory {
public:
  key_directory() {
    std::string name = (fs::temp_directory_path() / "sealonce-keys-XXXXXX").string();
    BOOST_TEST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~key_directory() { fs::remove_all(path_); }

  void add(const std::string& name, const crypto::private_key& key, mode_t mode = 0600) {
    const fs::path file = path_ / name;
    std::ofstream(file) << key.to_pem();
    BOOST_TEST_REQUIRE(::chmod(file.c_str(), mode) == 0);
  }
  [[nodiscard]] fs::path config() const { return path_ / "sealonce.toml"; }
  [[nodiscard]] const fs::path& path() const { return path_; }

  [[nodiscard]] config::settings_ptr made(std::string_view text) const {
    const auto got = config::parse(text, config());
    if (const auto* wrong = std::get_if<config::errors>(&got))
      for (const std::string& line : wrong->lines)
        BOOST_ERROR(line);
    BOOST_TEST_REQUIRE(std::holds_alternative<config::settings_ptr>(got));
    return std::get<config::settings_ptr>(got);
  }

private:
  fs::path path_;
};

std::shared_ptr<const crypto::private_key> ed25519() {
  return crypto::private_key::generate(crypto::key_type::ed25519, 0).value();
}

std::string domain(const std::string& name, const std::string& file) {
  return "[[domain]]\nname = \"" + name + "\"\n[[domain.key]]\nselector = \"s\"\nfile = \"" + file +
         "\"\n";
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(keys, key_directory)

BOOST_AUTO_TEST_CASE(a_relative_file_is_beside_the_configuration) {
  add("k.private", *ed25519());
  const auto s = made(domain("Example.com", "k.private"));
  const auto& d = s->domains.at("example.com");
  BOOST_TEST(d.unusable.empty());
  BOOST_TEST_REQUIRE(d.keys.size() == 1u);
  BOOST_TEST(d.keys[0].domain == "example.com");
  BOOST_TEST(d.keys[0].selector == "s");
  BOOST_TEST((d.keys[0].key->type() == crypto::key_type::ed25519));
  BOOST_TEST(s->warnings.empty());
}

BOOST_AUTO_TEST_CASE(one_file_for_many_domains_is_read_once) {
  add("k", *ed25519());
  const auto s = made(domain("a.example", "k") + domain("b.example", "./k") +
                      domain("c.example", (path() / "k").string()));
  const auto& a = s->domains.at("a.example").keys.at(0).key;
  BOOST_TEST(a == s->domains.at("b.example").keys.at(0).key);
  BOOST_TEST(a == s->domains.at("c.example").keys.at(0).key);
}

BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_used_hurts_its_domain_only) {
  add("good", *ed25519());
  add("open", *ed25519(), 0644);
  std::ofstream(path() / "none.pem") << "nothing";
  ::chmod((path() / "none.pem").c_str(), 0600);
  const auto s = made(domain("good.example", "good") + domain("missing.example", "missing") +
                      domain("open.example", "open") + domain("none.example", "none.pem"));
  BOOST_TEST(s->domains.at("good.example").keys.size() == 1u);
  for (const std::string name : {"missing.example", "open.example", "none.example"}) {
    const auto& d = s->domains.at(name);
    BOOST_TEST(d.keys.empty(), name);
    BOOST_TEST_REQUIRE(d.unusable.size() == 1u);
    BOOST_TEST(d.unusable[0].selector == "s");
    BOOST_TEST(!d.unusable[0].why.empty());
  }
  const auto& missing = s->domains.at("missing.example").unusable[0];
  BOOST_TEST(missing.file == (path() / "missing").string());
  BOOST_TEST(missing.where == config().string() + ":10:8");
  BOOST_TEST(s->domains.at("open.example").unusable[0].why.find("chmod") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_weak_key_works_with_a_warning) {
  add("weak", *crypto::private_key::generate(crypto::key_type::rsa, 1024).value());
  const auto s = made(domain("a.example", "weak"));
  BOOST_TEST(s->domains.at("a.example").keys.size() == 1u);
  BOOST_TEST_REQUIRE(s->warnings.size() == 1u);
  BOOST_TEST(s->warnings[0].find(":5:8: domain.key.file: ") != std::string::npos);
  BOOST_TEST(s->warnings[0].find("1024 bits is weak") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(load_reads_the_file_itself) {
  add("k", *ed25519());
  std::ofstream(config()) << domain("a.example", "k");
  const auto got = config::load(config());
  BOOST_TEST_REQUIRE(std::holds_alternative<config::settings_ptr>(got));
  BOOST_TEST(std::get<config::settings_ptr>(got)->domains.at("a.example").keys.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
