#include <sealonce/limits.hpp>
#include <sealonce/smtp/xforward.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;

namespace {

constexpr unsigned every = ~0u;

/// What a next hop that knows `attributes` is told, lines joined by "|".
std::string told(const smtp::original_client& client, unsigned attributes = every) {
  std::string all;
  for (const auto& line : smtp::xforward_lines(client, attributes))
    all += (all.empty() ? "" : "|") + line;
  return all;
}

/// The client's name after "NAME=`value`"; "refused" where it was.
std::string name_of(std::string_view value) {
  smtp::original_client client;
  const auto refusal = smtp::parse_xforward("NAME=" + std::string(value), client);
  return refusal.code() == 0 ? client.name : "refused";
}

} // namespace

BOOST_AUTO_TEST_SUITE(xforward)

BOOST_AUTO_TEST_CASE(attributes_are_noted_and_carried_as_written) {
  smtp::original_client client;
  const auto refusal = smtp::parse_xforward("NAME=spike.example addr=IPV6:2001:db8::1  PORT=42+20 "
                                            "Proto=ESMTP HELO=[x] IDENT=4b SOURCE=LOCAL",
                                            client);
  BOOST_TEST(refusal.code() == 0);
  BOOST_TEST(told(client) == "XFORWARD NAME=spike.example addr=IPV6:2001:db8::1 PORT=42+20 "
                             "Proto=ESMTP HELO=[x] IDENT=4b SOURCE=LOCAL");
  BOOST_TEST(client.name == "spike.example");
  BOOST_TEST(client.addr == "IPV6:2001:db8::1");
  BOOST_TEST(client.port == "42 ");
  BOOST_TEST(client.proto == "ESMTP");
  BOOST_TEST(client.helo == "[x]");
  BOOST_TEST(client.ident == "4b");
  BOOST_TEST(client.source == "LOCAL");
  BOOST_TEST(client.told() == (1u << smtp::xforward_attribute_count) - 1);
}

BOOST_AUTO_TEST_CASE(only_what_the_next_hop_has_is_told) {
  smtp::original_client client;
  BOOST_TEST(smtp::parse_xforward("NAME=a IDENT=b ADDR=c", client).code() == 0);
  BOOST_TEST(told(client, smtp::xforward_ident | smtp::xforward_port) == "XFORWARD IDENT=b");
  BOOST_TEST(client.told() == (smtp::xforward_name | smtp::xforward_ident | smtp::xforward_addr));
  BOOST_TEST(client.addr == "c");
  BOOST_TEST(told(client, 0) == "");
  BOOST_TEST(told(smtp::original_client()) == "");
  BOOST_TEST(smtp::original_client().told() == 0u);
}

BOOST_AUTO_TEST_CASE(later_commands_add_and_unavailable_takes_away) {
  smtp::original_client client;
  BOOST_TEST(smtp::parse_xforward("NAME=a ADDR=b", client).code() == 0);
  BOOST_TEST(smtp::parse_xforward("NAME=[UNAVAILABLE] HELO=c", client).code() == 0);
  BOOST_TEST(client.name == "");
  BOOST_TEST(client.addr == "b");
  BOOST_TEST(client.helo == "c");
  BOOST_TEST(told(client) == "XFORWARD NAME=[UNAVAILABLE] ADDR=b HELO=c");
  BOOST_TEST(smtp::parse_xforward("ADDR=[tempunavail]", client).code() == 0);
  BOOST_TEST(client.addr == "");
  BOOST_TEST(told(client) == "XFORWARD NAME=[UNAVAILABLE] ADDR=[tempunavail] HELO=c");
}

BOOST_AUTO_TEST_CASE(what_is_told_keeps_to_the_length_of_a_command) {
  smtp::original_client client;
  const std::string value(limits::xforward_value, 'v');
  for (const std::string name : {"NAME", "ADDR", "PORT", "HELO"})
    BOOST_TEST(smtp::parse_xforward(name + "=" + value, client).code() == 0);
  const auto lines = smtp::xforward_lines(client, every);
  BOOST_TEST(lines.size() == 4u);
  for (const auto& line : lines)
    BOOST_TEST(line.size() + 2 <= limits::command_line);
  BOOST_TEST(told(client, smtp::xforward_port | smtp::xforward_helo) ==
             "XFORWARD PORT=" + value + "|XFORWARD HELO=" + value);
  client = smtp::original_client();
  // 9 octets "XFORWARD ", 5 for each name with its sign, a blank, CRLF
  const std::string most(limits::command_line - 2 - 9 - 5 - 1 - 5 - limits::xforward_value, 'w');
  BOOST_TEST(smtp::parse_xforward("NAME=" + value + " ADDR=" + most, client).code() == 0);
  BOOST_TEST(smtp::xforward_lines(client, every).size() == 1u);
  BOOST_TEST(smtp::parse_xforward("ADDR=" + most + "w", client).code() == 0);
  BOOST_TEST(smtp::xforward_lines(client, every).size() == 2u);
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
    const auto refusal = smtp::parse_xforward(argument, client);
    BOOST_TEST(refusal.wire().substr(0, 9) == "501 5.5.4");
    BOOST_TEST(client.told() == 0u);
    BOOST_TEST(client.name == "before");
    BOOST_TEST(client.addr == "");
  }
}

BOOST_AUTO_TEST_SUITE_END()
