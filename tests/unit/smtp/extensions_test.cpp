#include <sealonce/smtp/extensions.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;

namespace {

smtp::extensions parsed(std::string_view wire) {
  smtp::reply_parser parser;
  const auto step = parser.feed(wire);
  BOOST_REQUIRE(step.what == smtp::reply_parser::status::complete);
  return smtp::parse_ehlo(parser.result());
}

constexpr unsigned every_attribute =
    smtp::xforward_name | smtp::xforward_addr | smtp::xforward_port | smtp::xforward_proto |
    smtp::xforward_helo | smtp::xforward_ident | smtp::xforward_source;

} // namespace

BOOST_AUTO_TEST_SUITE(extensions)

// As Postfix 3.7 says it on its re-injection port.
BOOST_AUTO_TEST_CASE(a_real_answer_to_ehlo) {
  const auto got =
      parsed("250-mx.example\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-VRFY\r\n"
             "250-ETRN\r\n250-STARTTLS\r\n250-XFORWARD NAME ADDR PROTO HELO SOURCE PORT "
             "IDENT\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n"
             "250-SMTPUTF8\r\n250 CHUNKING\r\n");
  BOOST_TEST(got.set ==
             (smtp::pipelining | smtp::message_size | smtp::xforward | smtp::enhanced_status |
              smtp::eight_bit_mime | smtp::dsn | smtp::smtp_utf8));
  BOOST_TEST(got.size.value() == 10240000u);
  BOOST_TEST(got.xforward_attributes == every_attribute);
}

BOOST_AUTO_TEST_CASE(the_first_line_is_a_name_and_no_keyword) {
  BOOST_TEST(parsed("250 SIZE 5\r\n").set == 0u);
  BOOST_TEST(parsed("250-8BITMIME\r\n250 dsn\r\n").set == smtp::dsn);
}

BOOST_AUTO_TEST_CASE(keywords_in_odd_forms) {
  BOOST_TEST(parsed("250-x\r\n250-\r\n250-  SizE   7 8\r\n250\r\n").size.value() == 7u);
  BOOST_TEST(parsed("250-x\r\n250 8BITMIMEX\r\n").set == 0u);
  BOOST_TEST(parsed("250-x\r\n250 XFORWARD\r\n").xforward_attributes == 0u);
  BOOST_TEST(parsed("250-x\r\n250 XFORWARD name LOGIN Addr\r\n").xforward_attributes ==
             (smtp::xforward_name | smtp::xforward_addr));
  for (const auto size :
       {"SIZE"sv, "SIZE 0"sv, "SIZE x"sv, "SIZE -5"sv, "SIZE 99999999999999999999"sv}) {
    const auto got = parsed("250-x\r\n250 " + std::string(size) + "\r\n");
    BOOST_TEST(got.has(smtp::message_size));
    BOOST_TEST(!got.size.has_value(), size);
  }
}

BOOST_AUTO_TEST_CASE(what_is_announced_reads_back) {
  smtp::extensions offer;
  BOOST_TEST(smtp::ehlo_reply("relay.example", offer) == "250 relay.example\r\n");
  offer.set = smtp::message_size;
  BOOST_TEST(smtp::ehlo_reply("r", offer) == "250-r\r\n250 SIZE\r\n");
  offer = smtp::everything(12345);
  offer.set |= smtp::require_tls | smtp::enhanced_status;
  const auto got = parsed(smtp::ehlo_reply("relay.example", offer));
  BOOST_TEST(got.set == offer.set);
  BOOST_TEST((got.size == offer.size));
  BOOST_TEST(got.xforward_attributes == every_attribute);
}

BOOST_AUTO_TEST_CASE(we_announce_what_the_next_hop_has) {
  smtp::extensions hop;
  BOOST_TEST(smtp::mirrored(hop, 0).set == smtp::pipelining);
  hop.set = smtp::eight_bit_mime | smtp::dsn;
  BOOST_TEST(smtp::mirrored(hop, 0).set == (hop.set | smtp::pipelining));
  hop.set |= smtp::require_tls; // nothing that a connection without TLS may promise
  BOOST_TEST(!smtp::mirrored(hop, 0).has(smtp::require_tls));
  hop.set = smtp::xforward;
  BOOST_TEST(smtp::mirrored(hop, 0).set == smtp::pipelining); // no attribute that we know
  hop.xforward_attributes = smtp::xforward_ident;
  BOOST_TEST(smtp::mirrored(hop, 0).set == (smtp::pipelining | smtp::xforward));
  BOOST_TEST(smtp::mirrored(hop, 0).xforward_attributes == smtp::xforward_ident);
}

BOOST_AUTO_TEST_CASE(keywords_that_only_add_parameters_go_on_with_their_words) {
  const auto hop =
      parsed("250-x\r\n250-DELIVERBY 240\r\n250-FutureRelease  604800 2027-01-01T00:00:00Z\r\n"
             "250-MT-PRIORITY\r\n250-LIMITS RCPTMAX=5\r\n250-NO-SOLICITING net.example:ADV\r\n"
             "250-MTRK\r\n250 RRVS\r\n");
  BOOST_TEST(hop.set == (smtp::deliver_by | smtp::future_release | smtp::mt_priority | smtp::rrvs |
                         smtp::tracking | smtp::no_soliciting));
  BOOST_TEST(
      smtp::ehlo_reply("r", smtp::mirrored(hop, 0)) ==
      "250-r\r\n250-PIPELINING\r\n250-DELIVERBY 240\r\n"
      "250-FUTURERELEASE 604800 2027-01-01T00:00:00Z\r\n250-MT-PRIORITY\r\n250-RRVS\r\n250-MTRK\r\n"
      "250 NO-SOLICITING net.example:ADV\r\n");
  // Words that are none are not repeated.
  BOOST_TEST(smtp::ehlo_reply("r", parsed("250-x\r\n250 MT-PRIORITY a \xc3\xbc\tb\r\n")) ==
             "250-r\r\n250 MT-PRIORITY\r\n");
}

BOOST_AUTO_TEST_CASE(the_smaller_size_is_announced) {
  using size = std::optional<std::uint64_t>;
  struct {
    bool offered;
    size next_hop;
    std::uint64_t ours;
    size announced;
    bool keyword;
  } const cases[] = {
      {true, 100, 200, 100, true}, {true, 200, 100, 100, true}, {true, {}, 100, 100, true},
      {true, 100, 0, 100, true},   {true, {}, 0, {}, true},     {false, {}, 100, 100, true},
      {false, {}, 0, {}, false},
  };
  for (const auto& c : cases) {
    smtp::extensions hop;
    hop.set = c.offered ? unsigned{smtp::message_size} : 0;
    hop.size = c.next_hop;
    const auto offer = smtp::mirrored(hop, c.ours);
    BOOST_TEST((offer.size == c.announced));
    BOOST_TEST(offer.has(smtp::message_size) == c.keyword);
  }
}

BOOST_AUTO_TEST_CASE(attribute_names) {
  BOOST_TEST(smtp::xforward_attribute_named("NAME") == smtp::xforward_name);
  BOOST_TEST(smtp::xforward_attribute_named("source") == smtp::xforward_source);
  BOOST_TEST(smtp::xforward_attribute_named("LOGIN") == 0u);
  BOOST_TEST(smtp::xforward_attribute_named("") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
