#pragma once
// One message, one key, and what must become of a signature that is put on top of it.

#include "passing.hpp"

namespace sealonce::test {

using words = std::vector<std::string>;

inline const std::string head = "Received: from somewhere\r\n"
                                "From: Alice <alice@example.com>\r\n"
                                "To: bob@example.net\r\n"
                                "Subject: one\r\n\ttwo  three \r\n"
                                "Date: Mon, 20 Nov 2023 10:00:00 +0000\r\n";
inline const std::string message_text = head + "\r\nHello  Bob. \r\n\r\n.dot\r\n\r\n";
inline const std::string foreign =
    "DKIM-Signature: v=1; a=rsa-sha256; d=list.example; s=rsa; h=From;\r\n"
    "\tbh=AAAA; b=BBBB\r\n";

inline config::settings settings_with(const std::string& canonical, const std::string& selectors) {
  config::settings s;
  s.signing.canonical = dkim::parse_canonicalizations(canonical).value();
  auto& domain = s.domains["example.com"];
  domain.name = "example.com";
  for (const char* selector : {"rsa", "ed"}) {
    if (selectors.find(selector) != std::string::npos) {
      domain.keys.push_back(own_key(selector));
    }
  }
  return s;
}

inline const std::string forms[] = {"simple/simple", "simple/relaxed", "relaxed/simple",
                                    "relaxed/relaxed"};

/// One key, so that what becomes of one signature is easy to say.
inline const config::settings& ed_only() {
  static const config::settings s = settings_with("relaxed/relaxed", "ed");
  return s;
}

inline const std::string ed_tags =
    "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=ed; t=1699999999; "
    "h=From:From:To:To:Subject:Subject:Date:Date";

/// A message with that field on top leaves with one new signature and without the field.
inline void is_replaced(const std::string& field, std::string_view why,
                        const config::settings& s = ed_only(),
                        const std::string& text = message_text) {
  const auto p = pass(field + text, s);
  BOOST_TEST_CONTEXT(field.substr(0, 200)) {
    BOOST_TEST(p.outcome.what == policy::action::replace);
    BOOST_TEST(p.outcome.reason == why);
    BOOST_TEST((p.out == p.outcome.new_fields + text));
    BOOST_TEST(signatures_of(p.out, s) == words{"example.com/ed+"},
               boost::test_tools::per_element());
    BOOST_TEST((pass(p.out, s).out == p.out));
  }
}

inline void is_left(const std::string& text, const config::settings& s = ed_only()) {
  const auto p = pass(text, s);
  BOOST_TEST(p.outcome.what == policy::action::already_signed, p.outcome.detail);
  BOOST_TEST(p.outcome.reason == policy::reason::already_signed);
  BOOST_TEST(p.out == text);
}

} // namespace sealonce::test
