#include <sealonce/smtp/received.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace sealonce;

BOOST_AUTO_TEST_SUITE(received)

namespace {

smtp::received_facts usual() {
  smtp::received_facts f;
  f.hello = "client.example";
  f.peer = "192.0.2.1";
  f.by = "relay.example";
  f.id = "1A-2";
  f.recipient = "bob@rcpt.example";
  f.esmtp = true;
  f.time = 1795184236;
  return f;
}

std::string first_line(const smtp::received_facts& f) {
  const std::string field = smtp::received_field(f);
  return field.substr(0, field.find("\r\n"));
}

} // namespace

BOOST_AUTO_TEST_CASE(as_in_rfc_5321) {
  auto f = usual();
  BOOST_TEST(smtp::received_field(f) == "Received: from client.example ([192.0.2.1])\r\n"
                                        "\tby relay.example (sealonce) with ESMTP id 1A-2\r\n"
                                        "\tfor <bob@rcpt.example>;\r\n"
                                        "\tFri, 20 Nov 2026 14:17:16 +0000\r\n");
  f.recipient = {}; // none, or several: they must not learn of each other
  BOOST_TEST(smtp::received_field(f) == "Received: from client.example ([192.0.2.1])\r\n"
                                        "\tby relay.example (sealonce) with ESMTP id 1A-2;\r\n"
                                        "\tFri, 20 Nov 2026 14:17:16 +0000\r\n");
}

BOOST_AUTO_TEST_CASE(every_kind_of_peer) {
  auto f = usual();
  f.peer = "2001:db8::1";
  BOOST_TEST(first_line(f) == "Received: from client.example ([IPv6:2001:db8::1])");
  f.peer = {};
  BOOST_TEST(first_line(f) == "Received: from client.example");
  f.hello = "[IPv6:2001:db8::1]";
  BOOST_TEST(first_line(f) == "Received: from [IPv6:2001:db8::1]");
  f.hello = "[192.0.2.1]";
  BOOST_TEST(first_line(f) == "Received: from [192.0.2.1]");
}

BOOST_AUTO_TEST_CASE(a_name_from_ehlo_writes_no_field) {
  auto f = usual();
  f.peer = {};
  for (const std::string_view hello :
       {"", "a b", "x\r\nBcc: y", "(", "a;b", "[", "[]", "[x y]", "[(]",
        "gr\xc3\xbc\xc3\x9f.example", "a\tb", "<a>", "\"a\""}) {
    f.hello = hello;
    BOOST_TEST(first_line(f) == "Received: from unknown", hello);
  }
  const std::string long_name(256, 'a');
  f.hello = long_name;
  BOOST_TEST(first_line(f) == "Received: from unknown");
  f.hello = "under_score.example";
  BOOST_TEST(first_line(f) == "Received: from under_score.example");
}

// RFC 3848, RFC 6531 §4.3.
BOOST_AUTO_TEST_CASE(the_protocol_has_its_registered_name) {
  const auto name = [](bool esmtp, bool lmtp, bool tls, bool authenticated, bool utf8) {
    smtp::received_facts f;
    f.esmtp = esmtp;
    f.lmtp = lmtp;
    f.tls = tls;
    f.authenticated = authenticated;
    f.utf8 = utf8;
    return smtp::with_protocol(f);
  };
  BOOST_TEST(name(false, false, false, false, false) == "SMTP");
  BOOST_TEST(name(false, false, true, false, false) == "SMTP"); // there is no SMTPS
  BOOST_TEST(name(true, false, false, false, false) == "ESMTP");
  BOOST_TEST(name(true, false, true, false, false) == "ESMTPS");
  BOOST_TEST(name(true, false, true, true, false) == "ESMTPSA");
  BOOST_TEST(name(true, false, false, true, false) == "ESMTPA");
  BOOST_TEST(name(true, false, false, false, true) == "UTF8SMTP");
  BOOST_TEST(name(true, false, true, false, true) == "UTF8SMTPS");
  BOOST_TEST(name(false, true, false, false, false) == "LMTP");
  BOOST_TEST(name(false, true, true, false, false) == "LMTPS");
  BOOST_TEST(name(false, true, false, false, true) == "UTF8LMTP");
}

BOOST_AUTO_TEST_CASE(dates) {
  BOOST_TEST(smtp::date_time(0) == "Thu, 1 Jan 1970 00:00:00 +0000");
  BOOST_TEST(smtp::date_time(951782400) == "Tue, 29 Feb 2000 00:00:00 +0000");
  BOOST_TEST(smtp::date_time(4102444799) == "Thu, 31 Dec 2099 23:59:59 +0000");
}

BOOST_AUTO_TEST_SUITE_END()
