#include "../crypto/rfc8463_keys.hpp"
#include <sealonce/crypto/base64.hpp>
#include <sealonce/dkim/key_record.hpp>
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

using namespace sealonce;
using dkim::key_record_fault;
using dkim::parse_key_record;

namespace {

const std::string rsa_p = std::string("p=") + rfc8463::rsa_public;
const std::string ed_p = std::string("p=") + rfc8463::ed25519_public;

struct row {
  const char* clause;
  std::string text;
  key_record_fault fault;
  const char* why;
};

} // namespace

BOOST_TEST_DONT_PRINT_LOG_VALUE(key_record_fault)

BOOST_AUTO_TEST_SUITE(key_record_suite)

BOOST_AUTO_TEST_CASE(what_can_be_used) {
  const std::string texts[] = {
      "v=DKIM1; k=rsa; " + rsa_p,
      rsa_p, // v= and k= have defaults, RFC 6376 §3.6.1
      " v = DKIM1 ;\t" + rsa_p + " ; ",
      "k=ed25519;" + ed_p,
      "v=DKIM1;h=sha1:sha256;s=email;t=y:s;n=a note;" + rsa_p,
      "v=DKIM1;h= sha256 : sha3 ; s=tlsrpt : * ;" + rsa_p,
      "g=*; " + rsa_p,             // historic, RFC 4871
      "x_new=1; " + rsa_p + ";q=", // unknown tags are ignored
      "t=;" + rsa_p,
      "p=" + std::string(rfc8463::rsa_public).insert(9, " \t"),
  };
  for (const std::string& text : texts) {
    const auto record = parse_key_record(text);
    BOOST_TEST(record.fault == key_record_fault::none, text << ": " << record.why);
    BOOST_TEST(record.key.has_value());
  }
}

BOOST_AUTO_TEST_CASE(what_it_says) {
  auto record = parse_key_record(rsa_p);
  BOOST_TEST((record.type == crypto::key_type::rsa));
  BOOST_TEST(record.key->bits() == 1024);
  BOOST_TEST(record.sha256);
  BOOST_TEST(!record.testing);
  BOOST_TEST(!record.strict);
  record = parse_key_record("k=ed25519; t=s; h=sha1; " + ed_p);
  BOOST_TEST((record.type == crypto::key_type::ed25519));
  BOOST_TEST(record.strict);
  BOOST_TEST(!record.testing);
  BOOST_TEST(!record.sha256);
  record = parse_key_record("t= x : y :z; h=; " + rsa_p);
  BOOST_TEST(record.testing);
  BOOST_TEST(!record.strict);
  BOOST_TEST(!record.sha256);
  record = parse_key_record("t=ys; h=SHA256; " + rsa_p); // words are case-sensitive, §3.2
  BOOST_TEST(!record.testing);
  BOOST_TEST(!record.strict);
  BOOST_TEST(!record.sha256);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_used) {
  using enum key_record_fault;
  const std::string large = crypto::base64(std::vector<unsigned char>(2048, 0x30));
  const row rows[] = {
      {"3.6.1 syntax", "", tag_list, "item 1 of the tag list is empty"},
      {"3.2 duplicate", "p=a;p=b", tag_list, "the tag \"p\" stands twice"},
      {"3.2 control", "p=a\x01", tag_list,
       "a control octet or a line end that does not fold is in the tag list"},
      {"3.6.1 v=", "v=DKIM2; " + rsa_p, version, "v= is not DKIM1"},
      {"3.6.1 v=", "v=dkim1; " + rsa_p, version, "v= is not DKIM1"},
      {"3.6.1 v=", "v=1; " + rsa_p, version, "v= is not DKIM1"},
      {"3.6.1 v=", "v=; " + rsa_p, version, "v= is not DKIM1"},
      {"3.6.1 v= first", rsa_p + "; v=DKIM1", version, "v= is not its first tag"},
      {"another TXT", "v=spf1 -all", version, "v= is not DKIM1"},
      {"3.6.1 p=", "v=DKIM1; k=rsa", missing_key, "there is no p="},
      {"3.6.1 p=", "v=DKIM1; P=x", missing_key, "there is no p="},
      {"3.6.1 p= empty", "v=DKIM1; p=", revoked, "its p= is empty: the key has been revoked"},
      {"3.6.1 p= empty", "p= \t ;k=rsa", revoked, "its p= is empty: the key has been revoked"},
      {"3.6.1 k=", "k=dsa; " + rsa_p, key_type, "k= is neither rsa nor ed25519"},
      {"3.6.1 k=", "k=; " + rsa_p, key_type, "k= is neither rsa nor ed25519"},
      {"3.6.1 s=", "s=tlsrpt; " + rsa_p, service, "s= says that the key is not for mail"},
      {"3.6.1 s=", "s=; " + rsa_p, service, "s= says that the key is not for mail"},
      {"3.6.1 s=", "s=e-mail:emails; " + rsa_p, service, "s= says that the key is not for mail"},
      {"8463 4", "k=ed25519; " + rsa_p, value, "an Ed25519 public key has 32 octets, this one 162"},
      {"8463 4", "k=rsa; " + ed_p, value, "the public key is not an RSA key in DER"},
      {"3.6.1 p=", "p=AAAA", value, "the public key is not an RSA key in DER"},
      {"3.6.1 p=", "p=%%%%", value, "p= is not base64"},
      {"8301 3.2", "p=" + large, too_large, "the RSA key has more than 8192 bits"},
      {"zone file", "v=DKIM1\\; k=rsa\\; " + rsa_p, version,
       "v= is not DKIM1 (it has a backslash before a semicolon, which belongs in zone files only)"},
  };
  for (const row& r : rows) {
    const auto record = parse_key_record(r.text);
    BOOST_TEST(record.fault == r.fault, r.clause << ": " << r.text << ": " << record.why);
    BOOST_TEST(record.why.starts_with(r.why), r.clause << ": " << record.why);
    BOOST_TEST(!record.key.has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_record_of_any_size_is_read_in_no_time) {
  std::string colons = "t=" + std::string(60000, ':') + "y; h=" + std::string(60000, ':');
  const auto record = parse_key_record(colons + "; " + rsa_p);
  BOOST_TEST(record.fault == key_record_fault::none);
  BOOST_TEST(record.testing);
}

BOOST_AUTO_TEST_SUITE_END()
