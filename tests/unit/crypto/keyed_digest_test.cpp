#include <sealonce/crypto/keyed_digest.hpp>

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

using namespace sealonce;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(keyed_digest)

namespace {

std::string hex(const crypto::sha256_value& value) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const unsigned char octet : value)
    out.append(1, digits[octet >> 4]).append(1, digits[octet & 15]);
  return out;
}

/// A file with this text and mode; gone with the object.
struct password_file {
  password_file(std::string_view text, mode_t mode) {
    std::ofstream(path, std::ios::binary) << text;
    ::chmod(path.c_str(), mode);
  }
  ~password_file() { std::filesystem::remove(path); }
  password_file(const password_file&) = delete;
  password_file& operator=(const password_file&) = delete;
  std::string path =
      (std::filesystem::temp_directory_path() / ("sealonce-password-" + std::to_string(::getpid())))
          .string();
};

} // namespace

// RFC 4231 §4.2, §4.3 and §4.7: a key longer than the block.
BOOST_AUTO_TEST_CASE(hmac_as_in_rfc_4231) {
  BOOST_TEST(hex(crypto::hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
             "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  BOOST_TEST(hex(crypto::hmac_sha256("Jefe", "what do ya want for nothing?")) ==
             "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  BOOST_TEST(hex(crypto::hmac_sha256(std::string(131, '\xaa'),
                                     "Test Using Larger Than Block-Size Key - Hash Key First")) ==
             "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// RFC 7914 §11, the first 32 octets of each.
BOOST_AUTO_TEST_CASE(pbkdf2_as_in_rfc_7914) {
  BOOST_TEST(hex(crypto::pbkdf2_sha256("passwd", "salt", 1)) ==
             "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
  BOOST_TEST(hex(crypto::pbkdf2_sha256("Password", "NaCl", 80000)) ==
             "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
}

BOOST_AUTO_TEST_CASE(secrets_are_compared_whole) {
  BOOST_TEST(crypto::equal_in_constant_time("abc", "abc"));
  BOOST_TEST(crypto::equal_in_constant_time("", ""));
  BOOST_TEST(!crypto::equal_in_constant_time("abc", "abd"));
  BOOST_TEST(!crypto::equal_in_constant_time("abc", "ab"));
  BOOST_TEST(!crypto::equal_in_constant_time("", "a"));
}

BOOST_AUTO_TEST_CASE(random_text_is_never_the_same) {
  BOOST_TEST(crypto::random_text(18).size() == 24u);
  BOOST_TEST(crypto::random_text(18) != crypto::random_text(18));
}

BOOST_AUTO_TEST_CASE(a_password_file_is_its_line) {
  for (const auto text : {"secret"sv, "secret\n"sv, "secret\r\n"sv}) {
    const password_file file(text, 0600);
    const auto read = crypto::read_password_file(file.path, std::nullopt);
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST(read.value().view() == "secret");
  }
  const password_file blank(" two words \n\n", 0600);
  BOOST_TEST(crypto::read_password_file(blank.path, std::nullopt).value().view() ==
             " two words \n");
}

BOOST_AUTO_TEST_CASE(a_password_that_others_can_read_is_refused_with_the_remedy) {
  const password_file open("secret\n", 0644);
  const auto read = crypto::read_password_file(open.path, std::nullopt);
  BOOST_TEST_REQUIRE(!read.has_value());
  BOOST_TEST(read.error().what.starts_with(
      open.path + ": its mode 0644 lets others at the password: chmod 06"));
}

BOOST_AUTO_TEST_CASE(an_empty_password_file_is_refused) {
  for (const auto text : {""sv, "\n"sv, "\r\n"sv}) {
    const password_file file(text, 0600);
    const auto read = crypto::read_password_file(file.path, std::nullopt);
    BOOST_TEST_REQUIRE(!read.has_value());
    BOOST_TEST(read.error().what == file.path + ": there is no password in it");
  }
  BOOST_TEST(crypto::read_password_file("/nowhere/password", std::nullopt).error().what ==
             "/nowhere/password: cannot open the password: No such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()
