#include "../crypto/rfc8463_keys.hpp"
#include "parsed_message.hpp"
#include <sealonce/dkim/signer.hpp>
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

using namespace sealonce;
using dkim::canonicalization;

namespace {

constexpr std::string_view header =
    "Received: from a by b\r\n"
    "From: Joe SixPack <joe@football.example.com>\r\n"
    "To: Suzie Q\r\n\t <suzie@shopping.example.net>\r\n"
    "Subject : Is  dinner \t ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    "\r\n";
constexpr std::string_view body = "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?  \r\n\r\n\r\n";

dkim::signing_key rsa_key() {
  return {"example.com", "mail", crypto::private_key::from_pem(rfc8463::rsa_private).value()};
}

dkim::signing_key ed25519_key() {
  return {"example.com", "ed", crypto::private_key::from_pem(rfc8463::ed25519_private).value()};
}

dkim::signature_tags tags_of(dkim::canonicalizations c = {}) {
  dkim::signature_tags tags;
  tags.canonical = c;
  tags.time = 1528637909;
  return tags;
}

crypto::sha256_value hash_of(std::string_view text, canonicalization how) {
  dkim::body_hash h(how);
  h.update(text);
  return h.finish();
}

std::string signed_field(const dkim::signing_key& key, const dkim::signature_tags& tags,
                         std::string_view head = header) {
  const parsed_message m(head);
  return dkim::sign(key, tags, dkim::header_list(), m.head(), hash_of(body, tags.canonical.body))
      .value();
}

std::vector<std::string> lines_of(const std::string& field) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < field.size();) {
    const std::size_t end = field.find("\r\n", at);
    BOOST_REQUIRE(end != std::string::npos);
    lines.push_back(field.substr(at, end - at));
    at = end + 2;
  }
  return lines;
}

bool verifies(const dkim::signing_key& key, std::string_view message) {
  const parsed_message m(message);
  const auto signatures = signatures_of(m.head());
  BOOST_REQUIRE(!signatures.empty());
  const signature_field& s = signatures.front();
  return s.body_matches(m.body()) &&
         crypto::public_key::of(*key.key).value().verify(s.data(m.head()), s.octets("b"));
}

constexpr auto both = {canonicalization::simple, canonicalization::relaxed};

} // namespace

BOOST_AUTO_TEST_SUITE(signer_suite)

BOOST_AUTO_TEST_CASE(the_exact_field) {
  BOOST_TEST(signed_field(ed25519_key(), tags_of()) ==
             "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=ed;\r\n"
             " t=1528637909; h=From:From:Reply-To:Subject:Subject:Date:Date:To:To:Cc:\r\n"
             " Message-ID:Message-ID:MIME-Version:Content-Type;\r\n"
             " bh=aB3JHhL6YfMiNbWX8XRnLJvbWmh93GDFE5RlKDnCXMM=; b=5PCwRc2JW4RAYmURIv6QjuFJuV\r\n"
             " 2hBLCGpg+Ic1x7djmTGeHwYZqCFeICl8UBZnoFh9XcnL+SchkHPxxKG4s+BA==\r\n");
}

BOOST_AUTO_TEST_CASE(every_tag_in_its_place) {
  dkim::signature_tags tags = tags_of({canonicalization::simple, canonicalization::relaxed});
  tags.expiration = 1529242709;
  tags.identity = "@sub.example.com";
  const std::string field = signed_field(rsa_key(), tags);
  const parsed_message m(field + "\r\n");
  const auto signatures = signatures_of(m.head());
  BOOST_REQUIRE(signatures.size() == 1);
  const signature_field& s = signatures[0];
  std::string order;
  for (const dkim::tag& t : s.tags.tags()) {
    order.append(t.name).append(" ");
  }
  BOOST_TEST(order == "v a c d s t x i h bh b ");
  BOOST_TEST(s.tag("v") == "1");
  BOOST_TEST(s.tag("a") == "rsa-sha256");
  BOOST_TEST(s.tag("c") == "simple/relaxed");
  BOOST_TEST(s.tag("d") == "example.com");
  BOOST_TEST(s.tag("s") == "mail");
  BOOST_TEST(s.tag("t") == "1528637909");
  BOOST_TEST(s.tag("x") == "1529242709");
  BOOST_TEST(s.tag("i") == "@sub.example.com");
  BOOST_TEST(s.names().size() == 14);
}

BOOST_AUTO_TEST_CASE(lines_are_short_and_never_begin_or_end_with_nothing) {
  for (std::size_t domain = 4; domain < 120; ++domain) {
    dkim::signing_key key = rsa_key();
    key.domain = std::string(domain, 'd');
    dkim::signature_tags tags = tags_of();
    tags.expiration = 1529242709;
    const std::string field = signed_field(key, tags);
    BOOST_TEST(field.starts_with("DKIM-Signature: v=1; a=rsa-sha256;"));
    BOOST_TEST(field.find('\t') == field.npos);
    for (const std::string& line : lines_of(field)) {
      const bool unfoldable = line == " d=" + key.domain + ";";
      BOOST_TEST((unfoldable || line.size() <= limits::fold_column), line);
      BOOST_TEST(line.find_first_not_of(' ') != line.npos);
      BOOST_TEST(!line.ends_with(' '));
      for (const auto* start : {"h=", "bh=", "b="}) { // no empty fold in front of a value
        BOOST_TEST(!line.ends_with(std::string(" ") + start), line);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_combination_verifies) {
  for (const dkim::signing_key& key : {rsa_key(), ed25519_key()}) {
    for (const auto of_header : both) {
      for (const auto of_body : both) {
        const auto field = signed_field(key, tags_of({of_header, of_body}));
        BOOST_TEST(verifies(key, field + std::string(header) + std::string(body)));
        // Further fields on top and trace fields do no harm.
        BOOST_TEST(verifies(key, "Received: x\r\n" + field + "Received: y\r\n" +
                                     std::string(header) + std::string(body)));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_changed_or_added_no_longer_verifies) {
  const auto key = ed25519_key();
  const std::string field = signed_field(key, tags_of());
  const std::string message = field + std::string(header) + std::string(body);
  const auto with = [&](std::string_view old, std::string_view now) {
    std::string other = message;
    other.replace(other.find(old), old.size(), now);
    return verifies(key, other);
  };
  BOOST_TEST(with("Joe Six", "Joe Six"));
  BOOST_TEST(with("Is  dinner \t ready?", "is  dinner \t ready?") == false);
  BOOST_TEST(with("Is  dinner \t ready?", "Is dinner ready?")); // relaxed
  BOOST_TEST(!with("Hi.", "Hi!"));
  for (const auto* added : {"From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To",
                            "Content-Type", "MIME-Version"}) {
    BOOST_TEST(!verifies(key, std::string(added) + ": x\r\n" + message), "on top: " << added);
    BOOST_TEST(!with("\r\n\r\nHi.", "\r\n" + std::string(added) + ": x\r\n\r\nHi."),
               "at the bottom: " << added);
  }
  BOOST_TEST(verifies(key, "List-Unsubscribe: <mailto:x@example.org>\r\n" + message));
}

BOOST_AUTO_TEST_CASE(odd_headers_verify_too) {
  using namespace std::string_view_literals;
  const std::string_view heads[] = {
      "From:\r\n\r\n"sv, "From: a\r\nSubject: \0 \xff\xfe\r\n\r\n"sv,
      "Subject: one\r\nSubject: two\r\nFrom: a\r\nSubject:three\r\n\r\n"sv,
      "From: a\r\nSubject:\r\n \r\n\t\r\n\r\n"sv, "fRoM \t: a\r\n\r\n"sv};
  for (const std::string_view head : heads) {
    for (const auto how : both) {
      const auto field = signed_field(ed25519_key(), tags_of({how, how}), head);
      BOOST_TEST(verifies(ed25519_key(), field + std::string(head) + std::string(body)));
    }
  }
}

BOOST_AUTO_TEST_CASE(two_signatures_do_not_cover_each_other) {
  const auto first = signed_field(rsa_key(), tags_of());
  const auto second = signed_field(ed25519_key(), tags_of(), first + std::string(header));
  BOOST_TEST(second == signed_field(ed25519_key(), tags_of()));
}

BOOST_AUTO_TEST_CASE(an_identity_is_encoded) {
  dkim::signature_tags tags = tags_of();
  tags.identity = "a;b=c \xc3\xa4@example.com";
  const std::string field = signed_field(ed25519_key(), tags);
  BOOST_TEST(field.find("i=a=3Bb=3Dc=20=C3=A4@example.com;") != field.npos);
}

BOOST_AUTO_TEST_SUITE_END()
