#include "rfc8463_keys.hpp"
#include <sealonce/crypto/private_key.hpp>
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace sealonce;
using crypto::private_key;

namespace {

/// A directory of its own with one key file in it.
struct key_directory {
  key_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "sealonce-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
    write(rfc8463::ed25519_private);
    mode(0600);
  }
  ~key_directory() { std::filesystem::remove_all(path); }

  void write(std::string_view text) const { std::ofstream(file()) << text; }
  void mode(mode_t m) const { BOOST_REQUIRE(chmod(file().c_str(), m) == 0); }
  void owner(uid_t user, gid_t group) const {
    BOOST_REQUIRE(chown(file().c_str(), user, group) == 0);
  }
  [[nodiscard]] std::filesystem::path file() const { return path / "mail.private"; }
  [[nodiscard]] std::string refusal(std::optional<crypto::key_account> later = {}) const {
    const auto key = private_key::load(file(), later);
    if (key) {
      return "accepted";
    }
    const std::string prefix = file().string() + ": ";
    BOOST_TEST(key.error().what.starts_with(prefix));
    return key.error().what.substr(prefix.size());
  }

  std::filesystem::path path;
};

constexpr uid_t other_user = 4242;
constexpr gid_t other_group = 4243;

} // namespace

BOOST_AUTO_TEST_SUITE(key_file_suite)

BOOST_FIXTURE_TEST_CASE(a_file_of_our_own_is_read, key_directory) {
  for (const mode_t m : {0600, 0400, 0700, 0640, 0440}) {
    mode(m);
    BOOST_TEST(refusal() == "accepted", "mode " << std::oct << m);
  }
  BOOST_TEST(private_key::load(file()).value()->public_record() == rfc8463::ed25519_public);
}

BOOST_FIXTURE_TEST_CASE(a_mode_that_lets_others_in_is_refused_with_the_chmod, key_directory) {
  for (const mode_t m : {0604, 0602, 0601, 0620, 0610}) {
    mode(m);
    BOOST_TEST(refusal() != "accepted", "mode " << std::oct << m);
  }
  mode(0604);
  BOOST_TEST(refusal() == "its mode 0604 lets others at the key: chmod 0600 " + file().string());
  mode(0644);
  BOOST_TEST(refusal() == "its mode 0644 lets others at the key: chmod 0640 " + file().string());
}

BOOST_FIXTURE_TEST_CASE(another_owner_is_refused_unless_we_become_it, key_directory) {
  if (geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: only root can give files away");
    return;
  }
  owner(other_user, 0);
  BOOST_TEST(refusal() == "the key belongs to 4242, who could read and change it: chown root " +
                              file().string());
  const crypto::key_account later{other_user, other_group};
  BOOST_TEST(refusal(later) == "accepted");
  mode(0666);
  BOOST_TEST(refusal() ==
             "the key belongs to 4242, who could read and change it, and its mode 0666 "
             "lets others at the key: chown root " +
                 file().string() + " && chmod 0640 " + file().string());
}

BOOST_FIXTURE_TEST_CASE(another_group_may_not_read_unless_we_become_it, key_directory) {
  if (geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: only root can give files away");
    return;
  }
  owner(0, other_group);
  mode(0600);
  BOOST_TEST(refusal() == "accepted");
  mode(0640);
  BOOST_TEST(refusal() == "its mode 0640 lets others at the key: chmod 0600 " + file().string());
  const crypto::key_account later{other_user, other_group};
  BOOST_TEST(refusal(later) == "accepted");
}

BOOST_FIXTURE_TEST_CASE(what_is_not_a_regular_file_is_not_waited_for, key_directory) {
  std::filesystem::remove(file());
  BOOST_TEST(refusal() == "cannot open the key: No such file or directory");
  std::filesystem::create_directory(file());
  BOOST_TEST(refusal() == "is not a regular file");
  std::filesystem::remove(file());
  BOOST_REQUIRE(mkfifo(file().c_str(), 0600) == 0);
  BOOST_TEST(refusal() == "is not a regular file");
}

BOOST_FIXTURE_TEST_CASE(what_is_in_the_file_is_judged_as_text_is, key_directory) {
  write("");
  BOOST_TEST(refusal().starts_with("there is no PEM private key"));
  write(std::string(limits::key_file + 1, '\n') + rfc8463::ed25519_private);
  BOOST_TEST(refusal() == "a key is never larger than 65536 octets");
}

BOOST_FIXTURE_TEST_CASE(a_path_is_quoted_for_the_shell, key_directory) {
  const auto odd = path / "it's a key";
  std::filesystem::rename(file(), odd);
  BOOST_REQUIRE(chmod(odd.c_str(), 0606) == 0);
  const auto key = private_key::load(odd);
  BOOST_REQUIRE(!key.has_value());
  BOOST_TEST(key.error().what == odd.string() +
                                     ": its mode 0606 lets others at the key: chmod 0600 '" +
                                     path.string() + "/it'\\''s a key'");
}

BOOST_AUTO_TEST_SUITE_END()
