#include <sealonce/limits.hpp>
#include <sealonce/smtp/xforward.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;

namespace {

constexpr unsigned every = ~0u;

/// The client's name after "NAME=`value`"; "refused" where it was.
std::string name_of(std::string_view value) {
  smtp::original_client client;
  const auto parsed = smtp::parse_xforward("NAME=" + std::string(value), every, client);
  return parsed.refusal.code() == 0 ? client.name : "refused";
}

} // namespace

BOOST_AUTO_TEST_SUITE(xforward)

BOOST_AUTO_TEST_CASE(attributes_are_noted_and_carried_as_written) {
  smtp::original_client client;
  const auto parsed = smtp::parse_xforward("NAME=spike.example addr=IPV6:2001:db8::1  PORT=42+20 "
                                           "Proto=ESMTP HELO=[x] IDENT=4b SOURCE=LOCAL",
                                           every, client);
  BOOST_TEST(parsed.refusal.code() == 0);
  BOOST_TEST(parsed.parameters ==
             " NAME=spike.example addr=IPV6:2001:db8::1 PORT=42+20 Proto=ESMTP HELO=[x] IDENT=4b "
             "SOURCE=LOCAL");
  BOOST_TEST(client.name == "spike.example");
  BOOST_TEST(client.addr == "IPV6:2001:db8::1");
  BOOST_TEST(client.port == "42 ");
  BOOST_TEST(client.proto == "ESMTP");
  BOOST_TEST(client.helo == "[x]");
  BOOST_TEST(client.ident == "4b");
  BOOST_TEST(client.source == "LOCAL");
  BOOST_TEST(parsed.attributes == (1u << 7) - 1);
}

BOOST_AUTO_TEST_CASE(only_what_the_next_hop_has_is_carried) {
  smtp::original_client client;
  const auto parsed = smtp::parse_xforward("NAME=a IDENT=b ADDR=c",
                                           smtp::xforward_ident | smtp::xforward_port, client);
  BOOST_TEST(parsed.parameters == " IDENT=b");
  BOOST_TEST(parsed.attributes ==
             (smtp::xforward_name | smtp::xforward_ident | smtp::xforward_addr));
  BOOST_TEST(client.addr == "c");
  BOOST_TEST(smtp::parse_xforward("NAME=a", 0, client).parameters == "");
}

BOOST_AUTO_TEST_CASE(later_commands_add_and_unavailable_takes_away) {
  smtp::original_client client;
  BOOST_TEST(smtp::parse_xforward("NAME=a ADDR=b", every, client).refusal.code() == 0);
  BOOST_TEST(smtp::parse_xforward("NAME=[UNAVAILABLE] HELO=c", every, client).refusal.code() == 0);
  BOOST_TEST(client.name == "");
  BOOST_TEST(client.addr == "b");
  BOOST_TEST(client.helo == "c");
  const auto parsed = smtp::parse_xforward("ADDR=[tempunavail]", every, client);
  BOOST_TEST(client.addr == "");
  BOOST_TEST(parsed.parameters == " ADDR=[tempunavail]");
}

BOOST_AUTO_TEST_CASE(values_are_xtext) {
  struct {
    std::string_view written;
    std::string_view value;
  } const cases[] = {
      {"a+2Bb", "a+b"},       {"+20", " "},         {"a+3Db", "a=b"},        {"a=b", "a=b"},
      {"+C3+BC", "\xc3\xbc"}, {"+7E", "~"},         {"", "refused"},         {"+", "refused"},
      {"+2", "refused"},      {"a+2", "refused"},   {"+2b", "refused"},      {"+G0", "refused"},
      {"+0A", "refused"},     {"x+0Dy", "refused"}, {"+00", "refused"},      {"+09", "refused"},
      {"+1B", "refused"},     {"+7F", "refused"},   {"\xc3\xbc", "refused"}, {"a\tb", "refused"},
      {"a\x7f", "refused"},
  };
  for (const auto& c : cases)
    BOOST_TEST(name_of(c.written) == c.value, "value " << c.written);
}

BOOST_AUTO_TEST_CASE(values_are_bounded) {
  const std::string most(limits::xforward_value, 'x');
  BOOST_TEST(name_of(most) == most);
  BOOST_TEST(name_of(most + "x") == "refused");
  std::string encoded;
  for (std::size_t i = 0; i < limits::xforward_value; ++i)
    encoded += "+41";
  BOOST_TEST(name_of(encoded) == std::string(limits::xforward_value, 'A'));
}

BOOST_AUTO_TEST_CASE(a_refused_command_takes_nothing) {
  for (const auto argument : {""sv, "  "sv, "NAME"sv, "=x"sv, "NAME=a LOGIN=x"sv, "NAME=a ADDR"sv,
                              "NAME=a ADDR=+0A"sv, "NAME=a ADDR="sv}) {
    smtp::original_client client;
    client.name = "before";
    const auto parsed = smtp::parse_xforward(argument, every, client);
    BOOST_TEST(parsed.refusal.wire().substr(0, 9) == "501 5.5.4");
    BOOST_TEST(client.name == "before");
    BOOST_TEST(client.addr == "");
  }
}

BOOST_AUTO_TEST_SUITE_END()
