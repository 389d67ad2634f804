// What a reload keeps where it cannot read anew: config::load with the settings in force.

#include <sealonce/config/load.hpp>
#include <sealonce/policy/signing_tables.hpp>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>

using namespace sealonce;
namespace fs = std::filesystem;

namespace {

/// A directory with a configuration and keys, gone at the end.
class running {
public:
  running() {
    std::string name = (fs::temp_directory_path() / "sealonce-reload-XXXXXX").string();
    BOOST_TEST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~running() { fs::remove_all(path); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
    BOOST_TEST_REQUIRE(::chmod((path / name).c_str(), 0600) == 0);
  }
  /// A new key; its public half.
  [[nodiscard]] std::string key(const std::string& name) const {
    const auto made = crypto::private_key::generate(crypto::key_type::ed25519, 0).value();
    write(name, made->to_pem());
    return made->public_record();
  }
  /// Loads the text; what was loaded before is in force.
  void load(const std::string& text) {
    write("sealonce.toml", text);
    const auto got = config::load(path / "sealonce.toml", now.get());
    BOOST_TEST_REQUIRE(std::holds_alternative<config::settings_ptr>(got));
    now = std::get<config::settings_ptr>(got);
  }
  void again() { load(text_of("sealonce.toml")); }

  [[nodiscard]] std::string text_of(const std::string& name) const {
    std::ifstream in(path / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] const config::domain_settings& domain(const std::string& name) const {
    return now->domains.at(name);
  }
  [[nodiscard]] bool kept_says(const std::string& what) const {
    for (const std::string& line : now->kept)
      if (line.find(what) != line.npos)
        return true;
    return false;
  }

  fs::path path;
  config::settings_ptr now;
};

std::string domain_text(const std::string& name, const std::string& selector,
                        const std::string& file) {
  return "[[domain]]\nname = \"" + name + "\"\n[[domain.key]]\nselector = \"" + selector +
         "\"\nfile = \"" + file + "\"\n";
}

/// p= of the key that the tables have for an author; "none" or "trouble".
std::string of_author(const config::settings& s, const std::string& domain) {
  policy::selection out;
  s.signing.tables->select("joe", domain, false, out, nullptr);
  if (out.key_trouble)
    return "trouble";
  return out.keys.empty() ? "none" : out.keys.front().key->key->public_record();
}

constexpr auto tables_text = "[signing]\nkey_table = \"file:keys\"\n"
                             "signing_table = \"refile:signing\"\n";

} // namespace

BOOST_FIXTURE_TEST_SUITE(reload, running)

BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_read_stays) {
  const auto first = key("a");
  load(domain_text("a.example", "s", "a"));
  BOOST_TEST(now->kept.empty());
  fs::remove(path / "a");
  again();
  BOOST_TEST_REQUIRE(domain("a.example").keys.size() == 1u);
  BOOST_TEST(domain("a.example").keys[0].key->public_record() == first);
  BOOST_TEST(domain("a.example").unusable.empty());
  BOOST_TEST(now->kept.size() == 1u);
  BOOST_TEST(kept_says("sealonce.toml:5:8: domain a.example, selector s: "));
  BOOST_TEST(kept_says("No such file or directory; the domain signs with the keys that it had"));
}

BOOST_AUTO_TEST_CASE(it_stays_over_several_reloads_and_ends_with_a_good_one) {
  const auto first = key("a");
  load(domain_text("a.example", "s", "a"));
  write("a", "no key");
  again();
  again();
  BOOST_TEST(domain("a.example").keys.at(0).key->public_record() == first);
  BOOST_TEST(now->kept.size() == 1u);
  const auto second = key("a");
  again();
  BOOST_TEST(domain("a.example").keys.at(0).key->public_record() == second);
  BOOST_TEST(now->kept.empty());
}

BOOST_AUTO_TEST_CASE(a_new_selector_that_cannot_be_read_leaves_the_old_one) {
  (void)key("a");
  load(domain_text("a.example", "old", "a"));
  load(domain_text("a.example", "new", "missing"));
  BOOST_TEST(domain("a.example").keys.at(0).selector == "old");
  BOOST_TEST(kept_says("selector new"));
}

BOOST_AUTO_TEST_CASE(a_domain_without_good_keys_has_nothing_to_keep) {
  (void)key("a");
  load(domain_text("a.example", "s", "missing"));
  BOOST_TEST(now->kept.empty());
  load(domain_text("a.example", "s", "missing") + domain_text("b.example", "s", "missing"));
  BOOST_TEST(now->kept.empty());
  for (const auto* name : {"a.example", "b.example"}) {
    BOOST_TEST(domain(name).keys.empty());
    BOOST_TEST(domain(name).unusable.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(what_is_taken_out_is_gone) {
  (void)key("a");
  load(domain_text("a.example", "s", "a") + domain_text("b.example", "s", "a"));
  load(domain_text("b.example", "s", "a"));
  BOOST_TEST(now->domains.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_key_file_of_the_tables_stays) {
  const auto first = key("a");
  write("keys", "k a.example:s:./a\n");
  write("signing", "*@a.example k\n");
  load(tables_text);
  BOOST_TEST(of_author(*now, "a.example") == first);
  for (int i = 0; i < 2; ++i) {
    fs::remove(path / "a");
    write("keys", "k a.example:s:./a\nother b.example:s:./missing\n");
    write("signing", "*@a.example k\n*@b.example other\n");
    again();
    BOOST_TEST(of_author(*now, "a.example") == first);
    BOOST_TEST(of_author(*now, "b.example") == "trouble");
  }
  BOOST_TEST_REQUIRE(now->warnings.size() == 2u);
  BOOST_TEST(now->warnings[0].find("the key that was read before stays in use") !=
             std::string::npos);
  BOOST_TEST(now->warnings[1].find("stays") == std::string::npos);
  const auto second = key("a");
  again();
  BOOST_TEST(of_author(*now, "a.example") == second);
}

BOOST_AUTO_TEST_CASE(a_key_in_a_row_is_the_one_of_the_row) {
  const auto in_row = [this](const std::string& name) {
    (void)key(name);
    std::string pem = text_of(name);
    pem = pem.substr(pem.find('\n') + 1);
    return pem.substr(0, pem.find('\n'));
  };
  write("signing", "*@a.example k\n");
  write("keys", "k a.example:s:" + in_row("a") + "\n");
  load(tables_text);
  const auto first = of_author(*now, "a.example");
  write("keys", "k a.example:s:" + in_row("b") + "\n");
  again();
  BOOST_TEST(of_author(*now, "a.example") != first);
  write("keys", "k a.example:s:nonsense\n");
  again();
  BOOST_TEST(of_author(*now, "a.example") == "trouble");
}

BOOST_AUTO_TEST_CASE(keys_of_authors_stay_too) {
  const auto a = key("authors/a.example/key");
  write("keys", "k %:s:" + (path / "authors/%/key").string() + "\n");
  write("signing", "* k\n");
  load(tables_text);
  BOOST_TEST(of_author(*now, "a.example") == a);
  write("authors/a.example/key", "");
  BOOST_TEST_REQUIRE(::chmod((path / "authors/a.example/key").c_str(), 0644) == 0);
  again();
  BOOST_TEST(of_author(*now, "a.example") == a);
  BOOST_TEST_REQUIRE(now->warnings.size() == 1u);
  BOOST_TEST(now->warnings[0].find("its mode 0644") != std::string::npos);
  // A file that is gone is a domain that is gone.
  fs::remove_all(path / "authors/a.example");
  again();
  BOOST_TEST(of_author(*now, "a.example") == "trouble");
}

BOOST_AUTO_TEST_SUITE_END()
