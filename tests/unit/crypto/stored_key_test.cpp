// Keys that are kept as text until they are needed.

#include <sealonce/crypto/stored_key.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace sealonce;
using crypto::key_type;
using crypto::private_key;
using crypto::stored_key;

namespace {

std::string without(std::string text, const std::string& cut) {
  const auto at = text.find(cut);
  return at == text.npos ? text : text.erase(at, cut.size());
}

std::string in_one_line(std::string pem, char between) {
  std::replace(pem.begin(), pem.end(), '\n', between);
  return pem;
}

std::string without_line_ends(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), '\n'), text.end());
  return text;
}

/// The base64 of a PKCS#8 key.
std::string bare(const std::string& pem) {
  return without_line_ends(
      without(without(pem, "-----BEGIN PRIVATE KEY-----"), "-----END PRIVATE KEY-----"));
}

/// A PKCS#8 RSA key holds its PKCS#1 form behind 26 octets of algorithm, 4 + 3 + 15 + 4.
std::string pkcs1(const private_key& key) {
  const std::string text = bare(key.to_pem());
  static const std::string letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string octets;
  unsigned value = 0;
  int bits = 0;
  for (const char c : text.substr(0, text.find('='))) {
    value = (value << 6) | static_cast<unsigned>(letters.find(c));
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      octets += static_cast<char>(value >> bits);
    }
  }
  octets.erase(0, 26);
  std::string out;
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group =
          (group << 8) | (i + k < octets.size() ? static_cast<unsigned char>(octets[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k > octets.size() ? '=' : letters[(group >> (18 - 6 * k)) & 63];
    }
  }
  return out;
}

struct key_file {
  explicit key_file(const std::string& text, mode_t mode = 0600) {
    std::string name = "/tmp/sealonce-stored-XXXXXX";
    const int fd = ::mkstemp(name.data());
    BOOST_TEST_REQUIRE(fd >= 0);
    ::close(fd);
    path = name;
    std::ofstream(path) << text;
    BOOST_TEST_REQUIRE(::chmod(path.c_str(), mode) == 0);
  }
  ~key_file() { ::unlink(path.c_str()); }
  key_file(const key_file&) = delete;
  key_file& operator=(const key_file&) = delete;
  std::string path;
};

} // namespace

BOOST_AUTO_TEST_SUITE(stored_key_test)

BOOST_AUTO_TEST_CASE(every_form_of_a_line) {
  const auto rsa = private_key::generate(key_type::rsa, 1024).value();
  const auto ed25519 = private_key::generate(key_type::ed25519, 0).value();
  const std::pair<std::string, const private_key*> rows[] = {
      {bare(rsa->to_pem()), rsa.get()},
      {bare(ed25519->to_pem()), ed25519.get()},
      {pkcs1(*rsa), rsa.get()},
      {rsa->to_pem(), rsa.get()},
      {in_one_line(rsa->to_pem(), ' '), rsa.get()},
      {without_line_ends(ed25519->to_pem()), ed25519.get()},
      {" " + bare(rsa->to_pem()).insert(100, " \t"), rsa.get()},
  };
  for (const auto& [line, key] : rows) {
    BOOST_TEST_CONTEXT(line.substr(0, 40)) {
      const auto stored = stored_key::from_line(line, "KeyTable:7");
      const auto got = stored->get();
      BOOST_TEST_REQUIRE(got.has_value());
      BOOST_TEST(got.value()->public_record() == key->public_record());
    }
  }
}

BOOST_AUTO_TEST_CASE(lines_that_are_no_key) {
  const std::string good = bare(private_key::generate(key_type::ed25519, 0).value()->to_pem());
  for (const std::string& line :
       {std::string(), std::string("keys/x.private"), good.substr(0, good.size() - 8), "A" + good,
        std::string("-----BEGIN"), std::string("-----BEGIN PRIVATE KEY-----"),
        std::string("-----BEGIN PRIVATE KEY-----AAAA"), std::string("----------"),
        std::string(100000, 'A')}) {
    BOOST_TEST_CONTEXT(line.substr(0, 40)) {
      const auto got = stored_key::from_line(line, "KeyTable:7")->get();
      BOOST_TEST_REQUIRE(got.has_error());
      BOOST_TEST(got.error().what.starts_with("KeyTable:7: "));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_file_is_read_at_once_and_parsed_later) {
  const auto key = private_key::generate(key_type::ed25519, 0).value();
  std::shared_ptr<const stored_key> stored;
  {
    const key_file file(key->to_pem());
    stored = stored_key::read(file.path).value();
  }
  BOOST_TEST(stored->get().value()->public_record() == key->public_record());
  BOOST_TEST(stored->get().value() == stored->get().value());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_file_is_said_at_its_time) {
  const key_file open_to_all("text", 0644);
  const auto refused = stored_key::read(open_to_all.path);
  BOOST_TEST_REQUIRE(refused.has_error());
  BOOST_TEST((refused.error().what.find("chmod 06") != std::string::npos));
  BOOST_TEST(stored_key::read("/nowhere/key").has_error());
  const key_file no_key("text");
  const auto stored = stored_key::read(no_key.path).value();
  BOOST_TEST_REQUIRE(stored->get().has_error());
  BOOST_TEST(stored->get().error().what.starts_with(no_key.path + ": "));
}

BOOST_AUTO_TEST_CASE(many_threads_get_one_key) {
  const auto line = bare(private_key::generate(key_type::ed25519, 0).value()->to_pem());
  const auto stored = stored_key::from_line(line, "x");
  std::vector<const private_key*> got(8);
  std::vector<std::thread> threads;
  for (auto& one : got) {
    threads.emplace_back([&] { one = stored->get().value().get(); });
  }
  for (auto& t : threads) {
    t.join();
  }
  BOOST_TEST(std::count(got.begin(), got.end(), got.front()) == 8);
}

BOOST_AUTO_TEST_CASE(secret_text_moves_and_shrinks) {
  crypto::secret_text text("abcdef");
  text.shorten(3);
  BOOST_TEST(text.view() == "abc");
  crypto::secret_text other(std::move(text));
  BOOST_TEST(text.empty()); // NOLINT(bugprone-use-after-move): what is left is empty
  text = std::move(other);
  BOOST_TEST(text.view() == "abc");
  text.wipe();
  BOOST_TEST(text.empty());
  BOOST_TEST(text.view() == "");
}

BOOST_AUTO_TEST_SUITE_END()
