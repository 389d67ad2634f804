#include <sealonce/config/names.hpp>
#include <sealonce/config/quantity.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;
using std::chrono::seconds;

BOOST_AUTO_TEST_SUITE(words)

BOOST_AUTO_TEST_CASE(durations) {
  BOOST_TEST((config::parse_duration("30s").value() == seconds(30)));
  BOOST_TEST((config::parse_duration("5m").value() == seconds(300)));
  BOOST_TEST((config::parse_duration("2h").value() == seconds(7200)));
  BOOST_TEST((config::parse_duration("7d").value() == seconds(604800)));
  BOOST_TEST((config::parse_duration("0s").value() == seconds(0)));
  for (const auto bad : {""sv, "30"sv, "s"sv, "-1s"sv, "+1s"sv, "1 s"sv, "1.5h"sv, "1ms"sv, "1S"sv,
                         "1s "sv, "99999999999999999999s"sv, "18446744073709551615d"sv})
    BOOST_TEST(!config::parse_duration(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(sizes) {
  BOOST_TEST(config::parse_size("50MiB").value() == 50u << 20);
  BOOST_TEST(config::parse_size("512KiB").value() == 512u << 10);
  BOOST_TEST(config::parse_size("1GiB").value() == 1u << 30);
  BOOST_TEST(config::parse_size("100MB").value() == 100'000'000u);
  BOOST_TEST(config::parse_size("1KB").value() == 1000u);
  BOOST_TEST(config::parse_size("17B").value() == 17u);
  for (const auto bad : {""sv, "50"sv, "50M"sv, "50mib"sv, "-1B"sv, "1 MiB"sv, "0x10B"sv,
                         "9223372036854775808B"sv, "18446744073709551615GiB"sv})
    BOOST_TEST(!config::parse_size(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(domains) {
  BOOST_TEST(config::parse_domain("Example.COM").value() == "example.com");
  BOOST_TEST(config::parse_domain("example.com.").value() == "example.com");
  BOOST_TEST(config::parse_domain("a-b.xn--bcher-kva.example").value() ==
             "a-b.xn--bcher-kva.example");
  BOOST_TEST(config::parse_domain("b\xc3\xbc"
                                  "cher.example")
                 .value() == "xn--bcher-kva.example");
  BOOST_TEST(!config::parse_domain("b\xfc"
                                   "cher.example")
                  .has_value());
  const std::string label(63, 'a');
  BOOST_TEST(config::parse_domain(label + ".example").has_value());
  BOOST_TEST(!config::parse_domain(label + "a.example").has_value());
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  BOOST_TEST(longest.size() == 253u);
  BOOST_TEST(config::parse_domain(longest).has_value());
  BOOST_TEST(!config::parse_domain(longest + "a").has_value());
  for (const auto bad :
       {""sv, "."sv, "example"sv, ".example.com"sv, "example..com"sv, "example.com.."sv,
        "-a.example"sv, "a-.example"sv, "a b.example"sv, "a_b.example"sv, "example.com/x"sv,
        "../etc"sv, "192.0.2.1"sv, "example.com\n"sv, "example.com;"sv, "*.example.com"sv,
        "a@b.example"sv, "ex\0mple.com"sv})
    BOOST_TEST(!config::parse_domain(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(selectors) {
  BOOST_TEST(config::parse_selector("mail").value() == "mail");
  BOOST_TEST(config::parse_selector("2024-05.Mail").value() == "2024-05.mail");
  BOOST_TEST(config::parse_selector("key_2024").value() == "key_2024");
  for (const auto bad :
       {""sv, "."sv, "a."sv, ".a"sv, "a/b"sv, "../a"sv, "-a"sv, "a "sv, "a;b"sv, "\xe4"sv})
    BOOST_TEST(!config::parse_selector(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(a_record_name_fits_dns) {
  BOOST_TEST(config::key_record_name("mail", "example.com").value() ==
             "mail._domainkey.example.com");
  const std::string label(63, 'a');
  const std::string domain = label + "." + label + "." + label + ".example";
  BOOST_TEST(config::parse_domain(domain).has_value());
  BOOST_TEST(!config::key_record_name(label, domain).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
