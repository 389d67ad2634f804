// [relay.tls] and [relay.next_hop_tls]: what is wrong, where, and what a reload keeps.

#include "certificates.hpp"
#include <sealonce/config/load.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using namespace sealonce;

namespace {

/// A directory with a certificate, and a configuration beside it.
struct relay_files : test::scratch_directory {
  relay_files() { renew(); }

  void renew() const {
    const test::certificate one;
    write("c.pem", one.pem());
    write("k.pem", one.key_pem());
  }
  std::variant<config::settings_ptr, config::errors>
  parse(const std::string& keys, const config::settings* before = nullptr,
        const std::string& next_hop = "127.0.0.1:2") const {
    return config::parse("[[relay]]\nname = \"r\"\nlisten = \"127.0.0.1:1\"\nnext_hop = \"" +
                             next_hop + "\"\n" + keys,
                         path() / "x.toml", before);
  }
  config::settings_ptr made(const std::string& keys,
                            const config::settings* before = nullptr) const {
    const auto got = parse(keys, before);
    if (const auto* wrong = std::get_if<config::errors>(&got))
      for (const std::string& line : wrong->lines)
        BOOST_ERROR(line);
    BOOST_TEST_REQUIRE(std::holds_alternative<config::settings_ptr>(got));
    return std::get<config::settings_ptr>(got);
  }
  /// The one error, without the file's name.
  std::string wrong(const std::string& keys, const std::string& next_hop = "127.0.0.1:2") const {
    const auto got = parse(keys, nullptr, next_hop);
    BOOST_TEST_REQUIRE(std::holds_alternative<config::errors>(got), keys);
    const auto& lines = std::get<config::errors>(got).lines;
    BOOST_TEST(lines.size() == 1u);
    return lines.at(0).substr((path() / "x.toml").string().size() + 1);
  }
};

constexpr auto certificate_and_key = "certificate = \"c.pem\", key = \"k.pem\"";

std::string tls(const std::string& keys) {
  return "tls = { " + keys + " }\n";
}
std::string next_hop_tls(const std::string& keys) {
  return "next_hop_tls = { " + keys + " }\n";
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(tls_tables, relay_files)

BOOST_AUTO_TEST_CASE(what_is_given_and_what_is_not) {
  const auto plain = made("");
  BOOST_TEST(!plain->relays[0].tls);
  BOOST_TEST(!plain->relays[0].next_hop_tls);
  const auto both = made(tls(std::string(certificate_and_key) + ", mode = \"required\"") +
                         next_hop_tls("ca_file = \"c.pem\", name = \"MAIL.example\""));
  BOOST_TEST((both->relays[0].tls->mode == config::tls_mode::required));
  BOOST_TEST(both->relays[0].tls->certificate == (path() / "c.pem").string());
  BOOST_TEST((both->relays[0].tls->context != nullptr));
  BOOST_TEST((both->relays[0].next_hop_tls->level == config::tls_level::verify));
  BOOST_TEST(both->relays[0].next_hop_tls->name == "mail.example");
  BOOST_TEST((both->relays[0].next_hop_tls->context != nullptr));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_has_a_place_and_a_remedy) {
  BOOST_TEST(wrong(tls("certificate = \"c.pem\"")) == "5:7: relay.tls.key: missing");
  BOOST_TEST(wrong("tls = true\n").starts_with("5:7: relay.tls: a table is expected"));
  BOOST_TEST(wrong(tls(std::string(certificate_and_key) + ", mode = \"always\"")) ==
             "5:54: relay.tls.mode: \"always\": \"starttls\", \"required\" or \"implicit\" is "
             "expected");
  BOOST_TEST(wrong(tls("certificate = \"none.pem\", key = \"k.pem\"")) ==
             "5:7: relay.tls: " + (path() / "none.pem").string() +
                 ": cannot open the certificate: No such file or directory");
  BOOST_TEST(wrong(next_hop_tls("level = \"fingerprint\"")) ==
             "5:16: relay.next_hop_tls: level = \"fingerprint\" needs fingerprints");
  BOOST_TEST(
      wrong(next_hop_tls("level = \"may\", implicit = true"))
          .starts_with("5:16: relay.next_hop_tls: with implicit = true there is no plaintext"));
  BOOST_TEST(wrong(next_hop_tls("certificate = \"c.pem\""))
                 .ends_with("certificate and key belong together: one of them is missing"));
  BOOST_TEST(wrong(next_hop_tls(""), "unix:/x")
                 .ends_with("has no host name that a certificate could be for: set name"));
  BOOST_TEST(wrong(next_hop_tls("ca = \"c.pem\"")).find("relay.next_hop_tls.ca: unknown key") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(fingerprints_in_every_way_to_write_them) {
  const std::string digits = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  std::string colons;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    colons += (i == 0 ? "" : ":") + digits.substr(i, 2);
  std::transform(colons.begin(), colons.end(), colons.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const auto s = made(next_hop_tls("level = \"fingerprint\", fingerprints = [\"" + digits +
                                   "\", \"" + colons + "\"]"));
  BOOST_TEST(s->relays[0].next_hop_tls->fingerprints.at(0) == digits);
  BOOST_TEST(s->relays[0].next_hop_tls->fingerprints.at(1) == digits);
  for (const std::string& bad : {digits.substr(1), digits + "0", "x" + digits.substr(1)})
    BOOST_TEST(wrong(next_hop_tls("level = \"fingerprint\", fingerprints = [\"" + bad + "\"]"))
                   .find("a SHA-256 fingerprint of 64 hexadecimal digits is expected") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_reload_reads_anew_or_keeps) {
  const std::string keys = tls(certificate_and_key);
  const auto first = made(keys);
  renew();
  const auto second = made(keys, first.get());
  BOOST_TEST((second->relays[0].tls->context != first->relays[0].tls->context));
  BOOST_TEST(second->kept.empty());
  std::filesystem::remove(path() / "k.pem");
  const auto third = made(keys, second.get());
  BOOST_TEST((third->relays[0].tls->context == second->relays[0].tls->context));
  BOOST_TEST_REQUIRE(third->kept.size() == 1u);
  BOOST_TEST(third->kept[0].starts_with((path() / "x.toml").string() + ":5:7: relay r: "));
  BOOST_TEST(third->kept[0].ends_with("; the relay goes on with what it had read before"));
  // Another file was never read: nothing can stand in for it.
  const auto other = parse(tls("certificate = \"d.pem\", key = \"k.pem\""), third.get());
  BOOST_TEST(std::holds_alternative<config::errors>(other));
}

BOOST_AUTO_TEST_SUITE_END()
