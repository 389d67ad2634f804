// next_hop_auth: what is taken, what is refused, and what a reload keeps.

#include <sealonce/config/load.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace sealonce;

BOOST_AUTO_TEST_SUITE(auth)

namespace {

/// A directory with a configuration's password file; gone with the object.
struct directory {
  directory() { std::filesystem::create_directory(path); }
  ~directory() { std::filesystem::remove_all(path); }
  directory(const directory&) = delete;
  directory& operator=(const directory&) = delete;

  void write(std::string_view password, mode_t mode = 0600) const {
    std::ofstream(path / "password", std::ios::binary) << password;
    ::chmod((path / "password").c_str(), mode);
  }
  [[nodiscard]] auto parse(const std::string& table, const config::settings* before = nullptr,
                           const std::string& next_hop = "127.0.0.1:2") const {
    return config::parse("[[relay]]\nname = \"r\"\nlisten = \"127.0.0.1:1\"\n"
                         "next_hop = \"" +
                             next_hop + "\"\n[relay.next_hop_auth]\n" + table,
                         path / "x.toml", before);
  }
  [[nodiscard]] config::settings_ptr made(const std::string& table,
                                          const config::settings* before = nullptr) const {
    auto got = parse(table, before);
    if (const auto* wrong = std::get_if<config::errors>(&got))
      for (const std::string& line : wrong->lines)
        BOOST_ERROR(line);
    BOOST_TEST_REQUIRE(std::holds_alternative<config::settings_ptr>(got));
    return std::get<config::settings_ptr>(got);
  }
  void expect(const std::string& table, const std::vector<std::string>& lines) const {
    const auto got = parse(table);
    BOOST_TEST_REQUIRE(std::holds_alternative<config::errors>(got));
    std::vector<std::string> shown;
    for (const std::string& line : std::get<config::errors>(got).lines)
      shown.push_back(line.substr((path / "x.toml:").string().size()));
    BOOST_TEST(shown == lines, boost::test_tools::per_element());
  }

  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("sealonce-auth-" + std::to_string(::getpid()));
};

bool warned(const config::settings& s, std::string_view text) {
  return std::any_of(s.warnings.begin(), s.warnings.end(), [text](const std::string& line) {
    return line.find(text) != std::string::npos;
  });
}

const std::string usual = "username = \"u\"\npassword_file = \"password\"\n";

} // namespace

BOOST_AUTO_TEST_CASE(what_is_written_and_what_is_not) {
  const directory d;
  d.write("secret\n");
  const auto s = d.made(usual);
  const auto& auth = s->relays.at(0).next_hop_auth;
  BOOST_TEST_REQUIRE(auth != nullptr);
  BOOST_TEST(auth->username == "u");
  BOOST_TEST(auth->password->view() == "secret");
  BOOST_TEST(!auth->plaintext);
  BOOST_TEST(auth->mechanisms.size() == 3u);
  BOOST_TEST(auth->mechanisms.at(0) == smtp::auth_scram_sha_256);
  const auto own = d.made(usual + "mechanisms = [\"LOGIN\", \"PLAIN\"]\nplaintext = true\n");
  BOOST_TEST(own->relays.at(0).next_hop_auth->mechanisms.at(0) == smtp::auth_login);
  BOOST_TEST(own->relays.at(0).next_hop_auth->plaintext);
  BOOST_TEST(warned(*own, "can be read on the way"));
  BOOST_TEST(config::load(d.path / "password").index() == 1u); // and nobody takes it for TOML
}

BOOST_AUTO_TEST_CASE(errors_name_the_place_and_the_remedy) {
  const directory d;
  d.write("secret\n");
  const std::string key = "relay.next_hop_auth";
  d.expect("username = \"u\"\n", {"5:1: " + key + ".password_file: missing"});
  d.expect("password_file = \"password\"\n", {"5:1: " + key + ".username: missing"});
  d.expect(usual + "user = \"x\"\n",
           {"8:1: " + key + ".user: unknown key; a key of this name belongs in [server]"});
  d.expect(
      "username = \"a\\u0000b\"\npassword_file = \"password\"\n",
      {"6:12: " + key + ".username: at most 255 octets without control characters are expected"});
  d.expect(usual + "mechanisms = [\"CRAM-MD5\"]\n",
           {"8:15: " + key +
            ".mechanisms: \"CRAM-MD5\": \"SCRAM-SHA-256\", \"PLAIN\" or \"LOGIN\" is expected"});
  d.expect("username = \"u\"\npassword_file = \"none\"\n",
           {"7:17: " + key + ".password_file: " + (d.path / "none").string() +
            ": cannot open the password: No such file or directory"});
  d.write("two\nlines\n");
  d.expect(usual, {"7:17: " + key + ".password_file: " + (d.path / "password").string() +
                   ": one line of at most 1024 octets without control characters is expected"});
  d.write("secret\n", 0604);
  d.expect(usual, {"7:17: " + key + ".password_file: " + (d.path / "password").string() +
                   ": its mode 0604 lets others at the password: chmod 0600 " +
                   (d.path / "password").string()});
}

BOOST_AUTO_TEST_CASE(scram_is_for_ascii) {
  const directory d;
  d.write("gr\xc3\xbc\xc3\x9f\n");
  const auto s = d.made(usual);
  BOOST_TEST(s->relays.at(0).next_hop_auth->mechanisms.size() == 2u);
  BOOST_TEST(warned(*s, "SCRAM-SHA-256 is left out"));
  d.expect(
      usual + "mechanisms = [\"SCRAM-SHA-256\"]\n",
      {"5:1: relay.next_hop_auth: SCRAM-SHA-256 needs a user name and a password in US-ASCII"});
}

BOOST_AUTO_TEST_CASE(a_reload_keeps_a_password_that_it_cannot_read) {
  const directory d;
  d.write("first\n");
  const auto first = d.made(usual);
  d.write("second\n");
  const auto second = d.made(usual, first.get());
  BOOST_TEST(second->relays.at(0).next_hop_auth->password->view() == "second");
  BOOST_TEST(second->kept.empty());
  d.write("third\n", 0666);
  const auto third = d.made(usual, second.get());
  BOOST_TEST(third->relays.at(0).next_hop_auth->password->view() == "second");
  BOOST_TEST_REQUIRE(third->kept.size() == 1u);
  BOOST_TEST(third->kept[0].find("chmod") != std::string::npos);
  BOOST_TEST(third->kept[0].ends_with("; the password that was read before stays"));
  // Nobody else is to hear it: another next hop, another file.
  BOOST_TEST(
      std::holds_alternative<config::errors>(d.parse(usual, second.get(), "mail.example.org:587")));
  BOOST_TEST(std::holds_alternative<config::errors>(
      d.parse("username = \"u\"\npassword_file = \"none\"\n", second.get())));
  // It was another account's.
  BOOST_TEST(std::holds_alternative<config::errors>(
      d.parse("username = \"v\"\npassword_file = \"password\"\n", second.get())));
}

BOOST_AUTO_TEST_SUITE_END()
