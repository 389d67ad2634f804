// What can be seen of the resolver without a packet; t_dns.py asks real servers.
#include <sealonce/dns/resolver.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <unistd.h>

using namespace sealonce;
using dns::answer_status;
using dns::resolver;

namespace {

config::dns_settings settings_for(std::string host) {
  config::endpoint e;
  e.host = e.text = std::move(host);
  e.port = 1;
  config::dns_settings s;
  s.servers.push_back(std::move(e));
  return s;
}

std::string why_not(const config::dns_settings& s) {
  const auto made = resolver::make(s);
  return made ? "" : made.error().what;
}

/// A file that goes with the object.
class temporary_file {
public:
  explicit temporary_file(std::string_view text) {
    const int fd = ::mkstemp(path.data());
    BOOST_REQUIRE(fd >= 0);
    BOOST_REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(fd);
  }
  ~temporary_file() { ::unlink(path.c_str()); }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  std::string path = "/tmp/sealonce-anchor-XXXXXX";
};

} // namespace

BOOST_AUTO_TEST_SUITE(resolver_suite)

BOOST_AUTO_TEST_CASE(names_that_cannot_be_do_not_exist) {
  auto made = resolver::make(settings_for("127.0.0.1"));
  BOOST_REQUIRE(made.has_value());
  resolver& r = made.value();
  BOOST_TEST(r.fd() >= 0);
  BOOST_TEST(!r.next_deadline().has_value());

  const resolver::clock::time_point now{};
  int answers = 0;
  for (const char* name : {"a\\.b", "\xc3\xa4.example", ""}) {
    r.ask_txt(name, now, [&](const dns::txt_answer& a) {
      ++answers;
      BOOST_TEST((a.status == answer_status::no_name));
      BOOST_TEST(!a.secure);
    });
  }
  BOOST_TEST(answers == 0); // never from ask_txt itself
  BOOST_TEST(r.pending() == 3u);
  BOOST_TEST((r.next_deadline() == now));
  r.process();
  BOOST_TEST(answers == 0);
  r.expire(now);
  BOOST_TEST(answers == 3);
  BOOST_TEST(r.pending() == 0u);
}

BOOST_AUTO_TEST_CASE(a_handler_may_ask_again) {
  auto made = resolver::make(settings_for("::1"));
  BOOST_REQUIRE(made.has_value());
  resolver r = std::move(made).value();
  int answers = 0;
  const resolver::clock::time_point now{};
  r.ask_txt("..", now, [&](const dns::txt_answer&) {
    ++answers;
    r.ask_txt("..", now, [&](const dns::txt_answer&) { ++answers; });
  });
  r.expire(now);
  BOOST_TEST(answers == 1);
  BOOST_TEST(r.pending() == 1u);
  r.expire(now);
  BOOST_TEST(answers == 2);
}

BOOST_AUTO_TEST_CASE(all_of_several_names) {
  auto made = resolver::make(settings_for("127.0.0.1"));
  BOOST_REQUIRE(made.has_value());
  const std::vector<std::string> names{"a b", ""};
  BOOST_TEST(dns::look_up_txt(made.value(), names).size() == 2u);
  BOOST_TEST(dns::look_up_txt(made.value(), {}).empty());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_used_is_named) {
  BOOST_TEST(why_not(settings_for("127.0.0.1")) == "");
  BOOST_TEST(why_not(settings_for("resolver.example"))
                 .starts_with("the name server resolver.example cannot be used: "));
  auto s = settings_for("127.0.0.1");
  s.trust_anchor_file = "/nonexistent/root.key";
  BOOST_TEST(
      why_not(s) ==
      "the trust anchor file /nonexistent/root.key cannot be read: No such file or directory");
  const temporary_file empty("");
  s.trust_anchor_file = empty.path;
  BOOST_TEST(why_not(s) == "the trust anchor file " + empty.path + " cannot be read or is empty");
  const temporary_file prose("this is not a key\n");
  s.trust_anchor_file = prose.path;
  BOOST_TEST(why_not(s).find(prose.path + " must hold DS or DNSKEY records") != std::string::npos);
  const temporary_file anchor(". IN DS 20326 8 2 "
                              "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n");
  s.trust_anchor_file = anchor.path;
  BOOST_TEST(why_not(s) == "");
}

BOOST_AUTO_TEST_SUITE_END()
