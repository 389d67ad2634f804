#include "../../../src/dns/unbound_detail.hpp"
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

using namespace sealonce;
using dns::answer_status;

namespace {

config::endpoint server(std::string host, std::uint16_t port) {
  config::endpoint e;
  e.host = std::move(host);
  e.port = port;
  return e;
}

/// One character string as it stands in RDATA.
std::string counted(std::string_view text) {
  return static_cast<char>(text.size()) + std::string(text);
}

std::string joined(std::string_view rdata) {
  return dns::joined_strings(rdata).value_or("malformed");
}

/// A result of libunbound with these RDATA.
struct made_result {
  explicit made_result(std::vector<std::string> rdata) : records(std::move(rdata)) {
    for (std::string& r : records) {
      data.push_back(r.data());
      sizes.push_back(static_cast<int>(r.size()));
    }
    data.push_back(nullptr);
    value.data = data.data();
    value.len = sizes.data();
    value.havedata = records.empty() ? 0 : 1;
  }
  std::vector<std::string> records;
  std::vector<char*> data;
  std::vector<int> sizes;
  ub_result value{};
};

} // namespace

BOOST_AUTO_TEST_SUITE(unbound_suite)

BOOST_AUTO_TEST_CASE(servers_are_spelled_as_libunbound_wants) {
  BOOST_TEST(dns::forward_address(server("127.0.0.1", 5353)) == "127.0.0.1@5353");
  BOOST_TEST(dns::forward_address(server("2001:db8::1", 53)) == "2001:db8::1@53");
}

BOOST_AUTO_TEST_CASE(names_that_may_be_asked) {
  using namespace std::string_view_literals;
  const std::string label(limits::domain_label, 'a');
  for (const std::string& name : {std::string("a"), std::string("Sel_1._domainkey.example.com"),
                                  std::string("xn--4ca.example"), label + "." + label}) {
    BOOST_TEST(dns::may_be_asked(name), name);
  }
  for (const auto name : {""sv, "."sv, "a."sv, ".a"sv, "a..b"sv, "a\\.b"sv, "a\\046b"sv, "a b"sv,
                          "\xc3\xa4.example"sv, "a\0b"sv, "a\n"sv, "*.example"sv, "a/b"sv}) {
    BOOST_TEST(!dns::may_be_asked(name), name);
  }
  BOOST_TEST(!dns::may_be_asked(label + "a.example"));
  std::string longest;
  while (longest.size() < limits::domain_name) {
    longest += "a.";
  }
  longest.resize(limits::domain_name, 'a');
  BOOST_TEST(dns::may_be_asked(longest));
  BOOST_TEST(!dns::may_be_asked("a" + longest));
}

BOOST_AUTO_TEST_CASE(character_strings_are_joined_without_anything_between) {
  BOOST_TEST(joined(counted("v=DKIM1; p=ab") + counted("cd")) == "v=DKIM1; p=abcd");
  BOOST_TEST(joined(counted("")) == "");
  BOOST_TEST(joined(counted("") + counted("a") + counted("")) == "a");
  const std::string full(limits::txt_string, 'x');
  BOOST_TEST(joined(counted(full) + counted(full)) == full + full);
  BOOST_TEST(joined(counted("\xff\"\\")) == "\xff\"\\");
  // What no server should send.
  BOOST_TEST(joined("") == "malformed");
  BOOST_TEST(joined("\x05"
                    "abcd") == "malformed");
  BOOST_TEST(joined(counted("abc") + "\x01") == "malformed");
  BOOST_TEST(joined("\xff") == "malformed");
}

BOOST_AUTO_TEST_CASE(what_a_result_says) {
  made_result two({counted("one"), counted("tw") + counted("o")});
  auto answer = dns::read_result(0, &two.value);
  BOOST_TEST((answer.status == answer_status::found));
  BOOST_TEST(answer.records == (std::vector<std::string>{"one", "two"}),
             boost::test_tools::per_element());
  BOOST_TEST(!answer.secure);
  two.value.secure = 1;
  BOOST_TEST(dns::read_result(0, &two.value).secure);

  made_result nothing({});
  BOOST_TEST((dns::read_result(0, &nothing.value).status == answer_status::no_data));
  nothing.value.nxdomain = 1;
  nothing.value.rcode = 3;
  BOOST_TEST((dns::read_result(0, &nothing.value).status == answer_status::no_name));
  nothing.value.secure = 1;
  BOOST_TEST(dns::read_result(0, &nothing.value).secure);
}

BOOST_AUTO_TEST_CASE(bogus_comes_before_the_data_that_is_there) {
  std::string why = "signature crypto failed";
  made_result forged({counted("v=DKIM1; p=evil")});
  forged.value.bogus = 1;
  forged.value.why_bogus = why.data();
  const auto answer = dns::read_result(0, &forged.value);
  BOOST_TEST((answer.status == answer_status::bogus));
  BOOST_TEST(answer.records.empty());
  BOOST_TEST(answer.why == why);
  BOOST_TEST(answer.temporary());
  forged.value.why_bogus = nullptr;
  BOOST_TEST(dns::read_result(0, &forged.value).why == "validation failed");
}

BOOST_AUTO_TEST_CASE(failures_are_temporary_and_named) {
  made_result failed({});
  failed.value.rcode = 2;
  auto answer = dns::read_result(0, &failed.value);
  BOOST_TEST((answer.status == answer_status::server_failure));
  BOOST_TEST(answer.why == "the name server answered SERVFAIL");
  BOOST_TEST(answer.temporary());
  failed.value.rcode = 23;
  BOOST_TEST(dns::read_result(0, &failed.value).why == "the name server answered RCODE 23");
  BOOST_TEST((dns::read_result(UB_NOMEM, nullptr).status == answer_status::server_failure));
  BOOST_TEST(!dns::read_result(UB_NOMEM, nullptr).why.empty());
  BOOST_TEST((dns::read_result(0, nullptr).status == answer_status::server_failure));

  made_result malformed({"\x09short"});
  answer = dns::read_result(0, &malformed.value);
  BOOST_TEST((answer.status == answer_status::server_failure));
  BOOST_TEST(answer.why == "the TXT records in the answer are malformed");
}

BOOST_AUTO_TEST_SUITE_END()
