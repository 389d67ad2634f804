// Signatures over header and body: the RFCs' own, our own in every form, and what must not pass.
#include "../crypto/rfc8463_keys.hpp"
#include "parsed_message.hpp"
#include <sealonce/dkim/signer.hpp>
#include <sealonce/dkim/verification.hpp>

#include <boost/property_tree/json_parser.hpp>
#include <boost/test/unit_test.hpp>

using namespace sealonce;
using dkim::body_verdict;
using dkim::canonicalization;

namespace {

const std::string header = "Received: from a by b\r\n"
                           "From: Joe SixPack <joe@football.example.com>\r\n"
                           "To: Suzie Q\r\n\t <suzie@shopping.example.net>\r\n"
                           "Subject : Is  dinner \t ready?\r\n"
                           "Received: from c by a\r\n"
                           "\r\n";
const std::string body = "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?  \r\n\r\n\r\n";

const dkim::signing_key& rsa_key() {
  static const dkim::signing_key key{"example.com", "mail",
                                     crypto::private_key::from_pem(rfc8463::rsa_private).value()};
  return key;
}

const dkim::signing_key& ed25519_key() {
  static const dkim::signing_key key{
      "example.com", "ed", crypto::private_key::from_pem(rfc8463::ed25519_private).value()};
  return key;
}

constexpr dkim::canonicalizations all_forms[] = {
    {canonicalization::simple, canonicalization::simple},
    {canonicalization::simple, canonicalization::relaxed},
    {canonicalization::relaxed, canonicalization::simple},
    {canonicalization::relaxed, canonicalization::relaxed},
};

std::string signed_message(const dkim::signing_key& key, dkim::canonicalizations c) {
  const parsed_message m(header + body);
  dkim::body_hash hash(c.body);
  hash.update(m.body());
  dkim::signature_tags tags;
  tags.canonical = c;
  tags.time = 1700000000;
  return dkim::sign(key, tags, dkim::header_list(), m.head(), hash.finish()).value() + header +
         body;
}

struct verified {
  bool header = false;
  dkim::body_comparison body;
  [[nodiscard]] bool whole() const {
    return header && body.verdict == body_verdict::matches && body.not_covered == 0;
  }
};

/// The topmost signature with that selector.
verified verify(const std::string& text, const dkim::signing_key& key) {
  const parsed_message m(text);
  for (const auto& f : m.head().fields()) {
    if (!message::same_name(m.head().name(f), "DKIM-Signature")) {
      continue;
    }
    const auto s = dkim::parse_signature(m.head().value(f));
    dkim::body_hashes hashes;
    const auto number = dkim::want_body_hash(s, hashes);
    hashes.update(m.body());
    hashes.finish();
    return {dkim::header_verifies(s, m.head(), f, key.key->public_half()),
            dkim::compare_body(s, hashes, number)};
  }
  return {};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  BOOST_TEST_REQUIRE(at != std::string::npos, from);
  return text.replace(at, from.size(), to);
}

BOOST_AUTO_TEST_SUITE(verification_suite)

BOOST_AUTO_TEST_CASE(what_we_sign_verifies_and_nothing_else) {
  for (const auto* key : {&rsa_key(), &ed25519_key()}) {
    for (const auto c : all_forms) {
      const std::string text = signed_message(*key, c);
      const bool relaxed_header = c.header == canonicalization::relaxed;
      const bool relaxed_body = c.body == canonicalization::relaxed;
      BOOST_TEST_CONTEXT(dkim::to_string(c) << " " << key->selector) {
        BOOST_TEST(verify(text, *key).whole());
        BOOST_TEST(!verify(text, key == &rsa_key() ? ed25519_key() : rsa_key()).header);
        // the body
        BOOST_TEST(verify(text + "\r\n", *key).whole());
        BOOST_TEST(!verify(text + "x\r\n", *key).whole());
        BOOST_TEST(verify(text + "x\r\n", *key).header);
        BOOST_TEST(verify(replaced(text, "game.  Are", "game. Are"), *key).whole() == relaxed_body);
        // the header
        BOOST_TEST(verify("X-Other: y\r\n" + text, *key).whole());
        BOOST_TEST(!verify(replaced(text, "SixPack", "Sixpack"), *key).header);
        BOOST_TEST(verify(replaced(text, "To: ", "TO:  "), *key).whole() == relaxed_header);
        BOOST_TEST(verify(replaced(text, "Subject :", "Subject:"), *key).whole() == relaxed_header);
        BOOST_TEST(!verify(replaced(text, "Received: from a", "Subject: from a"), *key).header);
        // its own field
        BOOST_TEST(
            verify(replaced(text, "DKIM-Signature: v", "dkim-signature:\r\n\tv"), *key).whole() ==
            relaxed_header);
        BOOST_TEST(!verify(replaced(text, "t=1700000000", "t=1700000001"), *key).header);
        BOOST_TEST(!verify(replaced(text, " d=", "  d=") + " \r\n", *key).whole() ==
                   !(relaxed_header && relaxed_body));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_value_of_b_may_be_folded_anywhere) {
  for (const auto c : all_forms) {
    std::string text = signed_message(rsa_key(), c);
    const auto b = text.find("b=", text.find("bh=") + 3) + 2;
    for (const char* fold : {" ", "\t", "\r\n ", "\r\n\t\t"}) {
      BOOST_TEST(verify(std::string(text).insert(b + 5, fold), rsa_key()).whole());
      BOOST_TEST(verify(std::string(text).insert(b, fold), rsa_key()).whole());
    }
    auto octet = text[b + 7];
    text[b + 7] = octet == 'A' ? 'B' : 'A';
    BOOST_TEST(!verify(text, rsa_key()).header);
  }
}

BOOST_AUTO_TEST_CASE(a_length_covers_the_beginning_of_the_body) {
  const auto compare = [](std::string_view content, std::uint64_t length, std::string_view part) {
    dkim::signature s;
    s.canonical.body = canonicalization::relaxed;
    s.length = length;
    const auto value = crypto::sha256_of(part);
    s.body_hash.assign(value.begin(), value.end());
    dkim::body_hashes hashes;
    const auto number = dkim::want_body_hash(s, hashes);
    hashes.update(content);
    hashes.finish();
    return dkim::compare_body(s, hashes, number);
  };
  BOOST_TEST((compare("abc\r\n", 5, "abc\r\n").verdict == body_verdict::matches));
  BOOST_TEST(compare("abc\r\n", 5, "abc\r\n").not_covered == 0u);
  BOOST_TEST((compare("abc\r\n", 2, "ab").verdict == body_verdict::matches));
  BOOST_TEST(compare("abc\r\n", 2, "ab").not_covered == 3u);
  BOOST_TEST(compare("abc\r\n", 0, "").not_covered == 5u);
  BOOST_TEST((compare("abc\r\n", 2, "ac").verdict == body_verdict::differs));
  BOOST_TEST((compare("abc\r\n", 6, "abc\r\n").verdict == body_verdict::shorter_than_length));
  BOOST_TEST((compare("abc\r\n", ~0ull, "abc\r\n").verdict == body_verdict::shorter_than_length));
}

BOOST_AUTO_TEST_CASE(equal_wishes_share_a_hash) {
  dkim::body_hashes hashes;
  const auto simple = hashes.want(canonicalization::simple);
  const auto relaxed = hashes.want(canonicalization::relaxed);
  const auto two = hashes.want(canonicalization::relaxed, 2);
  BOOST_TEST(hashes.want(canonicalization::relaxed) == relaxed);
  BOOST_TEST(hashes.want(canonicalization::relaxed, 2) == two);
  BOOST_TEST(hashes.size() == 3u);
  hashes.update(std::string_view("a  b"));
  hashes.update(std::string_view("\r\n"));
  hashes.finish();
  BOOST_TEST((hashes.value(simple) == crypto::sha256_of("a  b\r\n")));
  BOOST_TEST((hashes.value(relaxed) == crypto::sha256_of("a b\r\n")));
  BOOST_TEST((hashes.value(two) == crypto::sha256_of("a ")));
  BOOST_TEST(hashes.length(two) == 5u);
}

BOOST_AUTO_TEST_CASE(the_algorithm_belongs_to_the_key) {
  dkim::signature s;
  s.algorithm = dkim::signature_algorithm::rsa_sha256;
  BOOST_TEST(dkim::fits(s, crypto::key_type::rsa));
  BOOST_TEST(!dkim::fits(s, crypto::key_type::ed25519));
  s.algorithm = dkim::signature_algorithm::ed25519_sha256;
  BOOST_TEST(!dkim::fits(s, crypto::key_type::rsa));
  BOOST_TEST(dkim::fits(s, crypto::key_type::ed25519));
  s.algorithm = dkim::signature_algorithm::rsa_sha1;
  BOOST_TEST(!dkim::fits(s, crypto::key_type::rsa));
  BOOST_TEST(!dkim::fits(s, crypto::key_type::ed25519));
}

/// The key of a TXT record, where it has one.
std::optional<crypto::public_key> key_of(const std::string& record) {
  const auto tags = dkim::tag_list::parse(record);
  if (!tags || !tags.value().value("p")) {
    return std::nullopt;
  }
  const bool ed25519 = tags.value().value("k") == "ed25519";
  const auto octets = crypto::decode_base64(*tags.value().value("p"));
  if (!octets) {
    return std::nullopt;
  }
  const auto key = crypto::public_key::from_octets(
      ed25519 ? crypto::key_type::ed25519 : crypto::key_type::rsa, octets.value());
  return key ? std::optional(key.value()) : std::nullopt;
}

// What records say besides their key is not looked at here.
bool any_passes(const std::string& text, const boost::property_tree::ptree& records) {
  const parsed_message m(text);
  for (const auto& f : m.head().fields()) {
    if (!message::same_name(m.head().name(f), "DKIM-Signature")) {
      continue;
    }
    const auto s = dkim::parse_signature(m.head().value(f));
    const boost::property_tree::ptree::path_type name(
        s.selector + "._domainkey." + s.domain + "/TXT", '/');
    const auto found = records.get_child_optional(name);
    if (!found || found->empty()) {
      continue;
    }
    std::string record;
    for (const auto& piece : found->front().second) {
      record += piece.second.data();
    }
    const auto key = key_of(record);
    dkim::body_hashes hashes;
    const auto number = dkim::want_body_hash(s, hashes);
    hashes.update(m.body());
    hashes.finish();
    if (key && dkim::header_verifies(s, m.head(), f, *key) &&
        dkim::compare_body(s, hashes, number).verdict == body_verdict::matches) {
      return true;
    }
  }
  return false;
}

BOOST_AUTO_TEST_CASE(public_vectors) {
  const std::string directory = SEALONCE_SHARED "/vectors/";
  if (file_text(directory + "cases.json").empty()) {
    BOOST_TEST_MESSAGE("skipped: no vectors beside the checkout");
    return;
  }
  boost::property_tree::ptree cases;
  boost::property_tree::read_json(directory + "cases.json", cases);
  int seen = 0;
  for (const auto& [nothing, one] : cases) {
    if (one.get<std::string>("kind") != "verify") {
      continue;
    }
    const auto file = one.get<std::string>("file");
    const bool expected = one.get<std::string>("expect") == "pass";
    BOOST_TEST(any_passes(file_text(directory + file), one.get_child("records")) == expected, file);
    ++seen;
  }
  BOOST_TEST(seen >= 30);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
