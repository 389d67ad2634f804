// STARTTLS of the upstream: what may be said before it, what is forgotten after it, and what
// somebody in between puts behind it (CVE-2011-0411).

#include "server_script.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace sealonce;
using test::in_every_cutting;
using test::server_script;
using security = smtp::server_engine::security;

namespace {

template <security how>
struct tls_script : server_script {
  explicit tls_script(test::cutting c) : server_script(c, with(how)) {
    expect_send("220 relay.example ESMTP sealonce\r\n");
  }
  static smtp::server_engine::options with(security s) {
    auto o = options();
    o.tls = s;
    return o;
  }
  /// STARTTLS, and the handshake.
  void go_inside() {
    give("STARTTLS\r\n");
    expect_start_tls();
    expect_send("220 2.0.0 Ready to start TLS\r\n");
    start_tls();
  }
};

using offering = tls_script<security::offered>;
using requiring = tls_script<security::required>;
using inside = tls_script<security::secure>;
constexpr auto offered_line = "STARTTLS\r\n";
constexpr auto must = "530 5.7.0 Must issue a STARTTLS command first\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(server_starttls)

BOOST_AUTO_TEST_CASE(it_is_offered_until_it_was_used) {
  in_every_cutting<offering>([](offering& s) {
    s.give("EHLO c\r\n");
    s.expect_hello(test::full_offer());
    BOOST_TEST(s.engine.output().ends_with(offered_line));
    s.engine.output().clear();
    s.go_inside();
    s.give("EHLO c\r\n");
    s.expect_hello(test::full_offer());
    BOOST_TEST(s.engine.output().find("STARTTLS") == std::string::npos);
    s.engine.output().clear();
    s.give("STARTTLS\r\n");
    s.expect_send("503 5.5.1 TLS is active already\r\n");
  });
}

BOOST_AUTO_TEST_CASE(it_is_not_offered_inside_implicit_tls) {
  in_every_cutting<inside>([](inside& s) {
    s.give("EHLO c\r\n");
    s.expect_hello(test::full_offer());
    BOOST_TEST(s.engine.output().find("STARTTLS") == std::string::npos);
    s.engine.output().clear();
    s.give("STARTTLS\r\n");
    s.expect_send("503 5.5.1 TLS is active already\r\n");
  });
}

BOOST_AUTO_TEST_CASE(ehlo_is_forgotten) {
  in_every_cutting<offering>([](offering& s) {
    s.greet();
    s.go_inside();
    BOOST_TEST(s.engine.hello_name() == "");
    s.give("MAIL FROM:<a@b>\r\n");
    s.expect_send("503 5.5.1 Say EHLO or HELO first\r\n");
    s.begin_transaction();
  });
}

BOOST_AUTO_TEST_CASE(the_original_client_is_forgotten) {
  in_every_cutting<offering>([](offering& s) {
    s.greet();
    s.give("XFORWARD ADDR=192.0.2.1\r\n");
    s.expect_send("250 2.0.0 Ok\r\n");
    s.go_inside();
    BOOST_TEST(s.engine.current().client.addr == "");
  });
}

BOOST_AUTO_TEST_CASE(a_transaction_is_ended_first) {
  in_every_cutting<offering>([](offering& s) {
    s.begin_transaction();
    s.give("STARTTLS\r\n");
    s.expect_send("503 5.5.1 STARTTLS inside a transaction\r\n");
    s.give("RSET\r\n");
    s.expect_reset();
    s.expect_send("250 2.0.0 Ok\r\n");
    s.go_inside();
    s.begin_transaction();
  });
}

BOOST_AUTO_TEST_CASE(what_stands_behind_it_is_never_obeyed) {
  const std::string injected = "STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@b>\r\n";
  for (std::size_t together = 10; together <= injected.size(); ++together)
    BOOST_TEST_CONTEXT(together << " octets come with STARTTLS") {
      offering s(test::cutting::whole());
      s.greet();
      s.give(injected.substr(0, together));
      if (together > std::string(offered_line).size()) {
        s.expect_close();
        s.expect_send("554 5.5.0 Commands sent behind STARTTLS\r\n");
        continue;
      }
      s.expect_start_tls();
      s.expect_send("220 2.0.0 Ready to start TLS\r\n");
      s.give(injected.substr(together));
      s.expect_send("");
      s.start_tls();
      s.finish();
      BOOST_TEST(s.engine.unread() == 0u);
    }
}

BOOST_AUTO_TEST_CASE(where_tls_is_required_mail_comes_after_it) {
  in_every_cutting<requiring>([](requiring& s) {
    s.give("NOOP\r\n");
    s.expect_send("250 2.0.0 Ok\r\n");
    for (const std::string line : {"MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", "RSET", "HELO c",
                                   "VRFY a", "XFORWARD NAME=x", "HELP", "what"}) {
      s.give(line + "\r\n");
      s.expect_send(must);
    }
    s.give("EHLO c\r\n");
    s.expect_hello(test::full_offer());
    BOOST_TEST(s.engine.output().ends_with(offered_line));
    s.engine.output().clear();
    s.give("MAIL FROM:<a@b>\r\n");
    s.expect_send(must);
    s.go_inside();
    s.begin_transaction();
  });
  in_every_cutting<requiring>([](requiring& s) {
    s.give("QUIT\r\n");
    s.expect_close();
    s.expect_send("221 2.0.0 Bye\r\n");
  });
}

BOOST_AUTO_TEST_CASE(its_syntax_and_its_absence) {
  in_every_cutting<offering>([](offering& s) {
    s.give("STARTTLS now\r\n");
    s.expect_send("501 5.5.4 Syntax: STARTTLS\r\n");
  });
  in_every_cutting<tls_script<security::plain>>([](auto& s) {
    s.give("STARTTLS\r\n");
    s.expect_send("502 5.5.1 Command not implemented\r\n");
  });
}

BOOST_AUTO_TEST_SUITE_END()
