#include <sealonce/limits.hpp>
#include <sealonce/smtp/scram.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace sealonce;
using smtp::scram_client;

BOOST_AUTO_TEST_SUITE(scram)

namespace {

// The exchange of RFC 7677 §3.
constexpr std::string_view user = "user";
constexpr std::string_view password = "pencil";
const std::string nonce = "rOprNGfwEbeRWgbNEkqO";
const std::string server_nonce = nonce + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const std::string salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
const std::string server_first = "r=" + server_nonce + ",s=" + salt + ",i=4096";
const std::string server_final = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

std::string refusal_of(std::string_view first) {
  scram_client client(user, nonce);
  const auto made = client.client_final(first, password);
  BOOST_TEST(!made.has_value(), first);
  return made ? std::string() : made.error().what;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_exchange_of_rfc_7677) {
  scram_client client(user, nonce);
  BOOST_TEST(client.client_first() == "n,,n=user,r=" + nonce);
  const auto made = client.client_final(server_first, password);
  BOOST_TEST_REQUIRE(made.has_value());
  BOOST_TEST(made.value() ==
             "c=biws,r=" + server_nonce + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  BOOST_TEST(client.verify(server_final).has_value());
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_know_the_password_is_found_out) {
  for (const std::string_view wrong :
       {"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95H4=", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJR",
        "v=", "", "v=AAAA", "x=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "v=!!!!"}) {
    scram_client client(user, nonce);
    BOOST_TEST_REQUIRE(client.client_final(server_first, password).has_value());
    const auto verified = client.verify(wrong);
    BOOST_TEST_REQUIRE(!verified.has_value(), wrong);
    BOOST_TEST(verified.error().what ==
               "it does not prove that it knows the password; it may be somebody else");
  }
  scram_client early(user, nonce);
  BOOST_TEST(!early.verify("v=").has_value());
}

BOOST_AUTO_TEST_CASE(what_the_server_says_of_an_error_is_repeated) {
  scram_client client(user, nonce);
  BOOST_TEST_REQUIRE(client.client_final(server_first, password).has_value());
  BOOST_TEST(client.verify("e=unknown-user\x1b[2J").error().what == "it says unknown-user?[2J");
}

BOOST_AUTO_TEST_CASE(another_nonce_is_refused) {
  const std::string rest = ",s=" + salt + ",i=4096";
  for (const std::string& wrong : {std::string("x") + server_nonce, nonce, nonce.substr(1) + "abc",
                                   nonce.substr(0, nonce.size() - 1)})
    BOOST_TEST(refusal_of("r=" + wrong + rest) == "its SCRAM nonce does not continue ours");
}

BOOST_AUTO_TEST_CASE(iterations_are_bounded_both_ways) {
  const std::string before = "r=" + server_nonce + ",s=" + salt + ",i=";
  BOOST_TEST(refusal_of(before + "4095").find("easy to guess") != std::string::npos);
  BOOST_TEST(refusal_of(before + "1").find("easy to guess") != std::string::npos);
  const auto over = std::to_string(limits::scram_iterations_most + 1);
  BOOST_TEST(refusal_of(before + over) == "it wants " + over +
                                              " SCRAM iterations; more than 200000 are not "
                                              "computed");
  scram_client client(user, nonce);
  BOOST_TEST(client.client_final(before + "4096", password).has_value());
}

BOOST_AUTO_TEST_CASE(a_malformed_first_message_is_refused) {
  const std::string r = "r=" + server_nonce;
  for (const std::string& wrong :
       {std::string(), std::string("r="), r, r + ",s=" + salt, r + ",s=,i=4096",
        r + ",s=" + salt + ",i=", r + ",s=" + salt + ",i=04096", r + ",s=" + salt + ",i=-4096",
        r + ",s=" + salt + ",i=4096x", r + ",s=" + salt + ",i=99999999999",
        r + ",s=not base64!,i=4096", r + ",s=" + salt.substr(1) + ",i=4096",
        "s=" + salt + "," + r + ",i=4096", r + ",i=4096,s=" + salt})
    BOOST_TEST(refusal_of(wrong) == "its first SCRAM message is malformed", wrong);
  BOOST_TEST(refusal_of("m=x," + server_first) ==
             "it demands a SCRAM extension that does not exist");
}

BOOST_AUTO_TEST_CASE(extensions_behind_are_left_alone) {
  scram_client client(user, nonce);
  BOOST_TEST(client.client_final(server_first + ",x=later", password).has_value());
}

BOOST_AUTO_TEST_CASE(names_with_commas_and_equals_signs) {
  scram_client client("a=b,c", nonce);
  BOOST_TEST(client.client_first() == "n,,n=a=3Db=2Cc,r=" + nonce);
}

BOOST_AUTO_TEST_SUITE_END()
