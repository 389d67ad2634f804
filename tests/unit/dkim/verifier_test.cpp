// The MUSTs of a verifier one by one, each row with the clause that it is about: RFC 6376 unless
// another is named. Every signature is right but for what its row says.
#include "crafted_message.hpp"
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

using namespace sealonce;
using dns::answer_status;

namespace {

const std::string key_name = "sel._domainkey.example.com";
const std::string base = "v=1; a=ed25519-sha256; c=relaxed/simple; d=example.com; s=sel; "
                         "h=From:To:Subject; bh={bh}";
const record_table usual = {{key_name, with_record({ed25519_record})}};

std::string replaced(std::string text, std::string_view old, std::string_view now) {
  const std::size_t at = text.find(old);
  BOOST_REQUIRE_MESSAGE(at != text.npos, "no \"" << old << "\" in " << text);
  return text.replace(at, old.size(), now);
}

std::string with(std::string_view old, std::string_view now) {
  return replaced(base, old, now);
}

std::string plus(std::string_view tags) {
  return base + "; " + std::string(tags);
}

std::string message_with(const std::string& fields, std::string_view head = crafted_head,
                         std::string_view body = crafted_body) {
  return fields + std::string(head) + "\r\n" + std::string(body);
}

std::string message_of(const std::string& tags, const crypto::private_key& key = ed25519_signer()) {
  return message_with(crafted_field(tags, key));
}

dkim::verdict only(std::string_view message, const record_table& records = usual,
                   std::int64_t now = crafted_now) {
  const auto all = verdicts_of(message, records, now);
  BOOST_REQUIRE(all.size() == 1u);
  return all[0];
}

std::string all_notes(const dkim::verdict& v) {
  std::string all;
  for (const std::string& note : v.notes) {
    all += (all.empty() ? "" : "; ") + note;
  }
  return all;
}

struct row {
  const char* clause;
  std::string tags;
  const char* expected; ///< how shown() begins; "pass" is all of it
};

void check(const row& r, const std::string& got) {
  const std::string_view wanted = r.expected;
  const bool good = wanted == "pass" ? got == wanted : std::string_view(got).starts_with(wanted);
  BOOST_TEST(good, r.clause << ": " << r.tags << ": " << got);
}

} // namespace

BOOST_AUTO_TEST_SUITE(verifier_suite)

BOOST_AUTO_TEST_CASE(signatures_that_pass) {
  const row rows[] = {
      {"3.5", base, "pass"},
      {"3.2 order", "bh={bh}; h=From:To:Subject; s=sel; d=example.com; a=ed25519-sha256; v=1",
       "pass"},
      {"3.2 unknown tags", plus("x1=y; r=z; X=1"), "pass"},
      {"3.2 names are case-sensitive", plus("D=other.example; V=2"), "pass"},
      {"3.2 FWS", replaced(with("a=", "\r\n\ta \t=\r\n "), "; d=", "\r\n ;\r\n d="), "pass"},
      {"3.5 c= default", with("c=relaxed/simple; ", ""), "pass"},
      {"3.5 c= one word", with("relaxed/simple", "relaxed"), "pass"},
      {"3.5 c=", with("relaxed/simple", "relaxed/relaxed"), "pass"},
      {"3.5 c=", with("relaxed/simple", "simple/relaxed"), "pass"},
      {"3.5 c=", with("relaxed/simple", "simple/simple"), "pass"},
      {"3.5 d= case", with("d=example.com", "d=EXAMPLE.Com"), "pass"},
      {"3.5 h= case", with("From:To:Subject", "fRoM:to:SUBJECT"), "pass"},
      {"3.5 h= FWS", with("From:To:Subject", "From : To\r\n : Subject"), "pass"},
      {"3.5 h= fields that do not exist", with("From:To:Subject", "From:From:X-None:To"), "pass"},
      {"3.5 i=", plus("i=@example.com"), "pass"},
      {"3.5 i= below d=", plus("i=joe@a.b.example.com"), "pass"},
      {"3.5 i= case", plus("i=joe@EXAMPLE.COM"), "pass"},
      {"2.11 i= quoted-printable", plus("i=Joe=20=3B\r\n Six@example.com"), "pass"},
      {"3.5 q=", plus("q=dns/txt"), "pass"},
      {"3.5 q= unknown methods", plus("q=http/x : dns/txt"), "pass"},
      {"3.5 t=", plus("t=1600000000"), "pass"},
      {"3.5 t= up to the clock's error", plus("t=1700000300"), "pass"},
      {"3.5 x= at its end", plus("x=1700000000"), "pass"},
      {"3.5 x= past any clock", plus("x=99999999999999999999"), "pass"},
      {"3.5 z=", plus("z=From:a@example.com|To:b=7C"), "pass"},
      {"3.5 l= all", plus("l=27"), "pass"},
  };
  for (const row& r : rows) {
    check(r, shown(only(message_of(r.tags))));
  }
}

BOOST_AUTO_TEST_CASE(fields_that_are_no_signature) {
  const std::string malformed = "neutral: the signature field is malformed: ";
  const row rows[] = {
      {"3.5 v=", with("v=1; ", ""), "neutral: the signature field is malformed: there is no v="},
      {"3.5 a=", with("a=ed25519-sha256; ", ""),
       "neutral: the signature field is malformed: there is no a="},
      {"3.5 d=", with("d=example.com; ", ""),
       "neutral: the signature field is malformed: there is no d="},
      {"3.5 s=", with("s=sel; ", ""), "neutral: the signature field is malformed: there is no s="},
      {"3.5 h=", with("h=From:To:Subject; ", ""),
       "neutral: the signature field is malformed: there is no h="},
      {"3.5 bh=", with("; bh={bh}", ""),
       "neutral: the signature field is malformed: there is no bh="},
      {"6.1.1 v=", with("v=1", "v=2"), "neutral: a version of DKIM that is not known"},
      {"6.1.1 v=", with("v=1", "v=0.5"), "neutral: a version of DKIM that is not known"},
      {"6.1.1 v=", with("v=1", "v="), "neutral: a version of DKIM that is not known"},
      {"3.2 duplicate", plus("d=example.com"),
       "neutral: the signature field is malformed: the tag \"d\" stands twice"},
      {"3.2 empty item", with("; d=", ";; d="),
       "neutral: the signature field is malformed: item 4"},
      {"3.2 no equals", plus("nonsense"), "neutral: the signature field is malformed: item 8"},
      {"3.2 tag name", plus("1x=y"), "neutral: the signature field is malformed: item 8"},
      {"3.3 a= unknown", with("ed25519-sha256", "rsa-sha512"),
       "neutral: an algorithm that is not known"},
      {"3.2 a= is case-sensitive", with("ed25519-sha256", "ED25519-SHA256"),
       "neutral: an algorithm that is not known"},
      {"3.5 bh=", with("{bh}", "%%%"),
       "neutral: the signature field is malformed: bh= is not base64"},
      {"3.5 bh=", with("{bh}", "AAAA"),
       "neutral: the signature field is malformed: bh= has 3 octets"},
      {"3.5 bh=", with("{bh}", ""), "neutral: the signature field is malformed: bh= has 0 octets"},
      {"3.5 c=", with("relaxed/simple", "nowsp"), "neutral: the signature field is malformed: c="},
      {"3.5 c=", with("relaxed/simple", "relaxed/simple/x"),
       "neutral: the signature field is malformed: c="},
      {"3.5 d=", with("d=example.com", "d=-example-.com"),
       "permerror: the public key record sel._domainkey.-example-.com was not found"},
      {"3.5 d=", with("d=example.com", "d=exa mple.com"),
       "neutral: the signature field is malformed: d="},
      {"3.5 d=", with("d=example.com", "d="), "neutral: the signature field is malformed: d="},
      {"3.5 d= two labels", with("d=example.com", "d=com"),
       "neutral: the signature field is malformed: d="},
      {"3.5 d= escape", with("d=example.com", "d=example\\.com"),
       "neutral: the signature field is malformed: d="},
      {"3.5 s=", with("s=sel", "s=sel..1"), "neutral: the signature field is malformed: s="},
      {"3.5 s=", with("s=sel", "s="), "neutral: the signature field is malformed: s="},
      {"3.5 h=", with("From:To:Subject", ""), "neutral: the signature field is malformed: h="},
      {"3.5 h=", with("From:To:Subject", "From::To"),
       "neutral: the signature field is malformed: h="},
      {"3.5 h=", with("From:To:Subject", "From:T o"),
       "neutral: the signature field is malformed: h="},
      {"3.5 i=", plus("i=example.com"),
       "permerror: the identity does not belong to the domain: i= is no address"},
      {"3.5 i=", plus("i=a@b..c"), "permerror: the identity does not belong to the domain"},
      {"2.11 i= quoted-printable", plus("i=a=4@example.com"),
       "permerror: the identity does not belong to the domain"},
      {"3.5 l=", plus("l=-1"), "neutral: the signature field is malformed: l="},
      {"3.5 l=", plus("l="), "neutral: the signature field is malformed: l="},
      {"3.5 l=", plus("l=0x10"), "neutral: the signature field is malformed: l="},
      {"3.5 q=", plus("q=dns/cert"), "neutral: the signature field is malformed: q="},
      {"3.5 q=", plus("q="), "neutral: the signature field is malformed: q="},
      {"3.5 t=", plus("t=yesterday"), "neutral: the signature field is malformed: t="},
      {"3.5 t=", plus("t=1.5"), "neutral: the signature field is malformed: t="},
      {"3.5 x=", plus("x=never"), "neutral: the signature field is malformed: x="},
      {"3.5 x= not after t=", plus("t=1600000000; x=1600000000"),
       "neutral: the signature field is malformed: x= is not after t="},
      {"3.5 x= not after t=", plus("t=1600000000; x=1599999999"),
       "neutral: the signature field is malformed: x= is not after t="},
  };
  for (const row& r : rows) {
    check(r, shown(only(message_of(r.tags))));
  }
  for (const std::string b : {"", "b=", "b=====", "b=*", "b=AAAA; b=AAAA"}) {
    const auto v =
        only(message_with("DKIM-Signature: " + replaced(base, "{bh}", std::string(43, 'A') + "=") +
                          "; " + b + "\r\n"));
    BOOST_TEST(shown(v).starts_with(malformed), b << ": " << shown(v));
  }
  BOOST_TEST(shown(only(message_with("DKIM-Signature:\r\n"))).starts_with(malformed));
}

BOOST_AUTO_TEST_CASE(fields_that_can_never_verify) {
  const row rows[] = {
      {"6.1.1 From", with("From:To:Subject", "To:Subject"),
       "permerror: the From field is not signed"},
      {"6.1.1 From", with("From:To:Subject", "X-From:To"),
       "permerror: the From field is not signed"},
      {"6.1.1 i=", plus("i=@example.org"), "permerror: the identity does not belong to the domain"},
      {"6.1.1 i= label boundary", plus("i=@badexample.com"),
       "permerror: the identity does not belong to the domain"},
      {"6.1.1 i= above d=", replaced(plus("i=@example.com"), "d=example.com", "d=a.example.com"),
       "permerror: the identity does not belong to the domain"},
      {"6.1.1 i= the other way round", plus("i=@example.com.evil.example"),
       "permerror: the identity does not belong to the domain"},
      {"8301 3.1 rsa-sha1",
       replaced(with("ed25519-sha256", "rsa-sha1"), "{bh}", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
       "policy: rsa-sha1 is no longer accepted (RFC 8301)"},
      {"3.5 x=", plus("x=1699999999"), "fail: the signature expired on 2023-11-14 22:13:19 UTC"},
      {"3.5 x=", plus("t=1; x=2"), "fail: the signature expired on 1970-01-01 00:00:02 UTC"},
      {"3.5 t=", plus("t=1700000301"),
       "policy: the signature is from the future: t= is 2023-11-14 22:18:21 UTC"},
      {"3.5 t=", plus("t=99999999999999999999"),
       "policy: the signature is from the future: t= is 9223372036854775807"},
      {"3.5 l= over the body", plus("l=28"), "fail: the body has fewer octets than l= says"},
      {"3.5 l= over the body", plus("l=18446744073709551615"),
       "fail: the body has fewer octets than l= says"},
  };
  for (const row& r : rows) {
    check(r, shown(only(message_of(r.tags))));
  }
  const std::string label(limits::domain_label, 'a');
  const std::string long_name = label + "." + label + "." + label + "." + std::string(60, 'a');
  BOOST_TEST(shown(only(message_of(with("d=example.com", "d=" + long_name))))
                 .starts_with("permerror: s= and d= together are too long"));
}

BOOST_AUTO_TEST_CASE(what_comes_from_dns) {
  using enum answer_status;
  const struct {
    const char* clause;
    dns::txt_answer answer;
    const char* expected;
  } rows[] = {
      {"6.1.2 no record", without_records(no_name),
       "permerror: the public key record sel._domainkey.example.com was not found: no such name in "
       "DNS"},
      {"6.1.2 no record", without_records(no_data),
       "permerror: the public key record sel._domainkey.example.com was not found: the name has no "
       "TXT record"},
      {"6.1.2 no answer", without_records(timed_out),
       "temperror: the public key record sel._domainkey.example.com cannot be had now: DNS did not "
       "answer in time"},
      {"6.1.2 no answer", without_records(server_failure, "the name server answered SERVFAIL"),
       "temperror: the public key record sel._domainkey.example.com cannot be had now: the name "
       "server answered SERVFAIL"},
      {"DNSSEC", without_records(bogus, "no signatures"),
       "temperror: the public key record sel._domainkey.example.com cannot be trusted: DNSSEC "
       "validation failed: no signatures"},
      {"6.1.2 syntax", with_record({"p=\x01"}),
       "permerror: the public key record sel._domainkey.example.com cannot be used: a control "
       "octet"},
      {"6.1.2 syntax", with_record({""}),
       "permerror: the public key record sel._domainkey.example.com cannot be used: item 1"},
      {"6.1.2 v=", with_record({replaced(ed25519_record, "DKIM1", "DKIM2")}),
       "permerror: the public key record sel._domainkey.example.com cannot be used: v="},
      {"6.1.2 p= empty", with_record({"v=DKIM1; k=ed25519; p="}),
       "permerror: the public key record sel._domainkey.example.com cannot be used: its p= is "
       "empty: the key has been revoked"},
      {"6.1.2 h=", with_record({"h=sha1; " + ed25519_record.substr(9)}),
       "permerror: the public key record sel._domainkey.example.com does not allow sha256"},
      {"3.6.1 h=", with_record({"h=sha1:sha256; " + ed25519_record.substr(9)}), "pass"},
      {"6.1.2 a= and k=", with_record({rsa_record}),
       "permerror: the public key record sel._domainkey.example.com has a key of another type"},
      {"3.6.1 k=", with_record({replaced(ed25519_record, "k=ed25519", "k=x")}),
       "permerror: the public key record sel._domainkey.example.com cannot be used: k="},
      {"3.6.1 s=", with_record({"s=other; " + ed25519_record.substr(9)}),
       "permerror: the public key record sel._domainkey.example.com cannot be used: s="},
      {"3.6.1 s=", with_record({"s=other:email; " + ed25519_record.substr(9)}), "pass"},
      {"3.6.1 t=s without i=", with_record({"t=s; " + ed25519_record.substr(9)}), "pass"},
      {"another key", with_record({"k=ed25519; p=PUiUEc/veRIfLbfeD2FKN3PriHTUvKirTB8xkTvvvHU="}),
       "fail: the signature does not match"},
  };
  for (const auto& r : rows) {
    const auto v = only(message_of(base), {{key_name, r.answer}});
    check({r.clause, base, r.expected}, shown(v));
  }
}

BOOST_AUTO_TEST_CASE(the_strict_flag_forbids_an_identity_below) {
  const record_table strict = {{key_name, with_record({"t=y:s; " + ed25519_record.substr(9)})}};
  BOOST_TEST(shown(only(message_of(plus("i=x@Example.Com")), strict)) == "pass");
  const auto v = only(message_of(plus("i=x@a.example.com")), strict);
  BOOST_TEST(shown(v) == "permerror: the public key record " + key_name +
                             " forbids an i= below the domain: t=s");
  BOOST_TEST(all_notes(v) == "the domain is testing DKIM, t=y");
}

BOOST_AUTO_TEST_CASE(rsa_and_its_sizes) {
  const std::string tags = with("ed25519-sha256", "rsa-sha256");
  const auto v = only(message_of(tags, rsa_signer()), {{key_name, with_record({rsa_record})}});
  BOOST_TEST(shown(v) == "pass");
  BOOST_TEST(all_notes(v) == "1024-bit rsa key");
  // A bare PKCS#1 key: what stands behind the 22 octets of the SubjectPublicKeyInfo's frame.
  auto octets = crypto::decode_base64(rfc8463::rsa_public).value();
  octets.erase(octets.begin(), octets.begin() + 22);
  BOOST_TEST(shown(only(message_of(tags, rsa_signer()),
                        {{key_name, with_record({"p=" + crypto::base64(octets)})}})) == "pass");
  // A SubjectPublicKeyInfo with a modulus of 512 bits, whichever.
  const auto weak = only(
      message_of(tags, rsa_signer()),
      {{key_name,
        with_record({"p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL0H2qFp3wBrYCpnvCkm2nHpXVmSNOXIEOhQmkPe"
                     "Zx0C8l9CkkKq2q0IDAcd8kp4Nq1vYJk0wWJgB7CW2GC4bN0CAwEAAQ=="})}});
  BOOST_TEST(shown(weak) == "policy: the RSA key has 512 bits, fewer than 1024 (RFC 8301)");
  const auto large = only(message_of(tags, rsa_signer()),
                          {{key_name, with_record({"p=" + std::string(4000, 'M')})}});
  BOOST_TEST(shown(large) == "policy: the public key record " + key_name +
                                 " cannot be used: the RSA key has more than 8192 bits");
}

BOOST_AUTO_TEST_CASE(what_was_changed_after_signing) {
  const std::string field = crafted_field(base, ed25519_signer());
  const auto changed = [&](std::string_view old, std::string_view now) {
    return shown(only(replaced(message_with(field), old, now)));
  };
  const std::string body = "fail: the body hash does not match: the body was changed";
  const std::string head = "fail: the signature does not match: a signed header field";
  BOOST_TEST(changed("Dear", "Dear") == "pass");
  BOOST_TEST(changed("Dear", "Deer").starts_with(body));
  BOOST_TEST(changed("today. \r\n", "today. \r\n\r\n\r\n") == "pass"); // 3.4.3
  BOOST_TEST(changed("today. ", "today.").starts_with(body));
  BOOST_TEST(changed("Subject: dinner", "Subject:  dinner ") == "pass"); // 3.4.2
  BOOST_TEST(changed("dinner", "lunch").starts_with(head));
  BOOST_TEST(changed("To: bob@example.org\r\n", "").starts_with(head));
  BOOST_TEST(changed("To: ", "Cc: x@example.org\r\nTo: ") == "pass"); // not in h=
  // 5.4.2: names take fields from the bottom, so one added above is not covered …
  BOOST_TEST(changed("To: ", "Subject: evil\r\nTo: ") == "pass");
  // … and one added below takes its place.
  BOOST_TEST(changed("dinner\r\n", "dinner\r\nSubject: evil\r\n").starts_with(head));
  // The signature's own field is covered, but for the value of b=.
  BOOST_TEST(changed("s=sel; ", "s=sel; x=1800000000; ").starts_with(head));
  BOOST_TEST(changed("; b=", "; b=\r\n ").starts_with("pass"));
}

BOOST_AUTO_TEST_CASE(octets_behind_the_length_are_counted) {
  const auto v = only(message_of(plus("l=11")));
  BOOST_TEST(shown(v) == "pass");
  BOOST_TEST(all_notes(v) == "256-bit ed25519 key; l= leaves 16 octets of the body unsigned");
  const std::string appended = message_with(crafted_field(plus("l=27"), ed25519_signer()),
                                            crafted_head, std::string(crafted_body) + "More.\r\n");
  BOOST_TEST(shown(only(appended)) == "pass");
  BOOST_TEST(all_notes(only(appended)).ends_with("l= leaves 7 octets of the body unsigned"));
  BOOST_TEST(all_notes(only(message_of(plus("l=0"))))
                 .ends_with("l= leaves 27 octets of the body unsigned"));
  BOOST_TEST(all_notes(only(message_of(plus("l=27")))) == "256-bit ed25519 key");
}

BOOST_AUTO_TEST_CASE(internationalized_names_are_looked_up_as_a_labels) { // RFC 8616 §3
  const auto u = only(
      message_of(replaced(replaced(plus("i=joe@sub.ex\xc3\xa4mple.com"), "s=sel", "s=s\xc3\xb8l"),
                          "d=example.com", "d=ex\xc3\xa4mple.com")),
      {{"xn--sl-lka._domainkey.xn--exmple-cua.com", with_record({ed25519_record})}});
  BOOST_TEST(shown(u) == "pass");
  BOOST_TEST(u.domain == "xn--exmple-cua.com");
  BOOST_TEST(u.selector == "xn--sl-lka");
  const auto mixed = only(
      message_of(replaced(plus("i=@xn--exmple-cua.com"), "d=example.com", "d=ex\xc3\xa4mple.com")),
      {{"sel._domainkey.xn--exmple-cua.com", with_record({ed25519_record})}});
  BOOST_TEST(shown(mixed) == "pass");
}

BOOST_AUTO_TEST_CASE(several_records_for_one_name) { // 6.1.2 step 4
  const std::string other = "v=DKIM1; k=ed25519; p=PUiUEc/veRIfLbfeD2FKN3PriHTUvKirTB8xkTvvvHU=";
  const auto with_records = [](std::vector<std::string> records) {
    return shown(only(message_of(base), {{key_name, with_record(std::move(records))}}));
  };
  BOOST_TEST(with_records({other, ed25519_record}) == "pass");
  BOOST_TEST(with_records({ed25519_record, other}) == "pass");
  BOOST_TEST(with_records({"v=spf1 -all", ed25519_record}) == "pass");
  BOOST_TEST(with_records({"nonsense", "v=DKIM1; p=", rsa_record, ed25519_record}) == "pass");
  // The reason is that of the one that came furthest, whatever the order.
  for (const auto& records : {std::vector<std::string>{"v=spf1 -all", "v=DKIM1; p=", other},
                              std::vector<std::string>{other, "v=DKIM1; p=", "v=spf1 -all"}}) {
    BOOST_TEST(with_records(records).starts_with("fail: the signature does not match"));
  }
  BOOST_TEST(with_records({"v=spf1 -all", "v=DKIM1; p="}).ends_with("the key has been revoked"));
  // There is an end to it, and what is tried does not depend on the order of the answer.
  std::vector<std::string> many;
  for (std::size_t i = 0; i < limits::key_records; ++i) {
    many.push_back("a=" + std::to_string(i));
  }
  many.push_back(ed25519_record);
  BOOST_TEST(with_records(many).starts_with("permerror"));
  std::reverse(many.begin(), many.end());
  BOOST_TEST(with_records(many).starts_with("permerror"));
  many.pop_back();
  BOOST_TEST(with_records(many) == "pass");
}

BOOST_AUTO_TEST_CASE(notes) {
  const record_table records = {
      {key_name, with_record({"t=y; " + ed25519_record.substr(9)}, true)}};
  BOOST_TEST(all_notes(only(message_of(base), records)) ==
             "256-bit ed25519 key; the domain is testing DKIM, t=y; DNSSEC secure");
  const std::string two = "From: eve@example.net\r\n" + std::string(crafted_head);
  const auto v = only(message_with(crafted_field(base, ed25519_signer(), two), two));
  BOOST_TEST(shown(v) == "pass");
  BOOST_TEST(all_notes(v) == "256-bit ed25519 key; the message has 2 From fields");
  const auto none =
      only(message_with(crafted_field(base, ed25519_signer(), "To: x\r\n"), "To: x\r\n"));
  BOOST_TEST(all_notes(none) == "256-bit ed25519 key; the message has no From field");
}

BOOST_AUTO_TEST_CASE(a_line_that_is_no_field_is_told) {
  const auto v = only(message_with("rubbish\r\n" + crafted_field(base, ed25519_signer())));
  BOOST_TEST(shown(v) == "pass");
  BOOST_TEST(all_notes(v) == "256-bit ed25519 key; a line of the header is no field");
}

BOOST_AUTO_TEST_CASE(what_a_verdict_repeats_is_harmless) {
  const auto v = only(message_with(
      "DKIM-Signature: v=1; a=\x1b[2J; d=ex(ample.com; s=\xff; b=ab\r\n\tc d\"(;\r\n"));
  BOOST_TEST(v.domain == "");
  BOOST_TEST(v.selector == "");
  BOOST_TEST(v.algorithm == "");
  const auto w =
      only(message_with("DKIM-Signature: v=1; a=x y; d=Example.com; s=A; b=ab\r\n\tc d\"(;\r\n"));
  BOOST_TEST(w.domain == "example.com");
  BOOST_TEST(w.selector == "a");
  BOOST_TEST(w.algorithm == "");
  BOOST_TEST(w.signature == "abcd");
  const auto dns =
      only(message_of(base),
           {{key_name,
             without_records(answer_status::bogus, "evil\r\n\x1b\xff" + std::string(10000, 'x'))}});
  BOOST_TEST(dns.reason.size() == limits::shown_text);
  BOOST_TEST(dns.reason.find("evil????xxx") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(several_signatures) { // 6.1: each on its own, whatever the order
  const std::string good = crafted_field(base, ed25519_signer());
  const std::string rsa =
      crafted_field(replaced(with("ed25519-sha256", "rsa-sha256"), "s=sel", "s=rsa"), rsa_signer());
  const std::string broken = replaced(good, "s=sel", "s=gone");
  const record_table records = {{key_name, with_record({ed25519_record})},
                                {"rsa._domainkey.example.com", with_record({rsa_record})}};
  const auto all = verdicts_of(message_with(broken + rsa + "Received: x\r\n" + good), records);
  BOOST_REQUIRE(all.size() == 3u);
  BOOST_TEST(shown(all[0]).starts_with("permerror"));
  BOOST_TEST(shown(all[1]) == "pass");
  BOOST_TEST(shown(all[2]) == "pass");
  BOOST_TEST(verdicts_of(message_with(""), records).empty());
  // 5.4: the other one's field may be named in h= as any other.
  const std::string over = crafted_field(with("Subject;", "Subject:DKIM-Signature;"),
                                         ed25519_signer(), good + std::string(crafted_head));
  BOOST_TEST(shown(verdicts_of(message_with(over + good), records)[0]) == "pass");
}

BOOST_AUTO_TEST_CASE(there_is_an_end_to_what_is_evaluated) {
  const std::string good = crafted_field(base, ed25519_signer());
  std::string fields;
  for (std::size_t i = 0; i < limits::verified_signatures; ++i) {
    fields += i % 2 == 0 ? good : replaced(good, "s=sel", "s=s" + std::to_string(i));
  }
  const parsed_message m(message_with(fields + good));
  const dkim::verifier v(m.head(), crafted_now);
  BOOST_TEST(v.key_names().size() == 1 + limits::verified_signatures / 2); // each name once
  const auto all = verdicts_of(message_with(fields + good), usual);
  BOOST_REQUIRE(all.size() == limits::verified_signatures + 1);
  BOOST_TEST(shown(all[limits::verified_signatures - 2]) == "pass");
  BOOST_TEST(shown(all.back()) == "policy: not evaluated: the message has more than 10 signatures");
  BOOST_TEST(all.back().domain == "example.com");
}

BOOST_AUTO_TEST_CASE(a_header_over_the_limit_is_not_evaluated) {
  std::string fields = crafted_field(base, ed25519_signer());
  fields += "X: " + std::string(limits::header, 'x') + "\r\n";
  BOOST_TEST(shown(only(message_with(fields))) == "policy: not evaluated: the header is too large");
}

BOOST_AUTO_TEST_CASE(the_messages_of_the_rfcs) {
  const record_table records = {
      {"brisbane._domainkey.football.example.com", with_record({ed25519_record})},
      {"test._domainkey.football.example.com", with_record({rsa_record})},
      {"brisbane._domainkey.example.com",
       with_record({"v=DKIM1; "
                    "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/"
                    "DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/"
                    "RtdC2UzJ1lWT947qR+Rcac2gbto/"
                    "NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"})}};
  const auto results = [&](const char* file) {
    std::string all;
    for (const auto& v :
         verdicts_of(file_text(std::string(SEALONCE_TEST_DATA "/dkim/") + file), records)) {
      all += std::string(dkim::name_of(v.result)) + " ";
    }
    return all;
  };
  BOOST_TEST(results("01-rfc8463-two-keys.eml") == "pass pass ");
  BOOST_TEST(results("02-rfc6376-simple.eml") == "pass ");
  BOOST_TEST(results("03-rfc6376-as-printed.eml") == "fail ");
}

BOOST_AUTO_TEST_SUITE_END()
