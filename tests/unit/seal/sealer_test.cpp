// Content in, signatures out: they verify, and do not depend on how the content came.
#include "sealing.hpp"
#include <sealonce/policy/reason.hpp>

#include <boost/test/unit_test.hpp>

namespace {

using namespace sealonce;
using namespace sealonce::test;
using policy::action;

const std::string head = "From: Alice <alice@example.com>\r\nTo: bob@example.net\r\n"
                         "Subject: one\r\n\ttwo  three \r\nReceived: from somewhere\r\n";

std::string body_hash_of(std::string_view canonical) {
  const auto value = crypto::sha256_of(canonical);
  return crypto::base64(value);
}

BOOST_AUTO_TEST_SUITE(sealer_test)

BOOST_AUTO_TEST_CASE(both_keys_of_a_domain_sign) {
  const auto message = head + "\r\nHello  Bob. \r\n\r\n\r\n";
  const auto r = seal_whole(message);
  BOOST_TEST((r.outcome.what == action::sign));
  BOOST_TEST(r.outcome.reason == policy::reason::keys_signed);
  BOOST_TEST(r.outcome.keys == "example.com/rsa,example.com/ed");
  BOOST_TEST(r.insert_at == 0u);
  const auto signatures = fields_of(r.outcome.new_fields);
  BOOST_TEST_REQUIRE(signatures.size() == 2u);
  const auto& keys = sealing_settings().domains.at("example.com").keys;
  for (std::size_t i = 0; i < 2; ++i) {
    auto tags = tags_of(signatures[i]);
    BOOST_TEST(relaxed(signatures[i]).first == "dkim-signature");
    BOOST_TEST(tags["d"] == "example.com");
    BOOST_TEST(tags["s"] == keys[i].selector);
    BOOST_TEST(tags["a"] == (i == 0 ? "rsa-sha256" : "ed25519-sha256"));
    BOOST_TEST(tags["t"] == std::to_string(sealing_time));
    BOOST_TEST(!tags.contains("x"));
    BOOST_TEST(tags["bh"] == body_hash_of("Hello Bob.\r\n"));
    BOOST_TEST(verifies(signatures[i], message, *keys[i].key));
    BOOST_TEST(!verifies(signatures[i], message, *keys[1 - i].key));
    auto changed = message;
    changed.replace(changed.find("Alice"), 5, "Elice");
    BOOST_TEST(!verifies(signatures[i], changed, *keys[i].key));
  }
}

BOOST_AUTO_TEST_CASE(pieces_change_nothing) {
  const auto message = head + "\r\nHello  Bob. \r\n\r\n.x\r\n" + std::string(997, 'a') + "\r\n\r\n";
  const auto whole = seal_whole(message).outcome;
  BOOST_TEST((whole.what == action::sign));
  for (const std::size_t size : {1u, 2u, 3u, 5u, 7u, 16u, 100u, 1000u}) {
    const auto r = seal_pieces(message, size).outcome;
    BOOST_TEST(r.new_fields == whole.new_fields);
    BOOST_TEST(r.keys == whole.keys);
  }
}

BOOST_AUTO_TEST_CASE(lifetime_becomes_x) {
  auto s = sealing_settings();
  s.signing.lifetime = std::chrono::hours(24);
  const auto r = seal_whole(head + "\r\nx\r\n", s);
  for (const auto& signature : fields_of(r.outcome.new_fields)) {
    BOOST_TEST(tags_of(signature)["x"] == std::to_string(sealing_time + 86400));
  }
}

BOOST_AUTO_TEST_CASE(messages_without_body) {
  auto s = sealing_settings();
  for (const auto& message : {head, head + "\r\n", head + "\r\n\r\n\r\n"}) {
    s.signing.canonical.body = dkim::canonicalization::relaxed;
    auto r = seal_whole(message, s);
    BOOST_TEST(tags_of(r.outcome.new_fields)["bh"] == body_hash_of(""));
    BOOST_TEST(verifies(fields_of(r.outcome.new_fields).front(), message,
                        *s.domains.at("example.com").keys[0].key));
    s.signing.canonical.body = dkim::canonicalization::simple;
    r = seal_whole(message, s);
    BOOST_TEST(tags_of(r.outcome.new_fields)["bh"] == body_hash_of("\r\n"));
  }
}

BOOST_AUTO_TEST_CASE(header_that_ends_within_a_line) {
  auto cut = head;
  cut.resize(cut.size() - 2);
  BOOST_TEST(seal_whole(cut).outcome.new_fields == seal_whole(head).outcome.new_fields);
}

BOOST_AUTO_TEST_CASE(nothing_at_all) {
  const auto r = seal_whole("");
  BOOST_TEST((r.outcome.what == action::pass_unsigned));
  BOOST_TEST(r.outcome.reason == policy::reason::no_from);
  BOOST_TEST(r.outcome.new_fields == "");
  BOOST_TEST(r.outcome.keys == "");
  BOOST_TEST(r.insert_at == 0u);
}

BOOST_AUTO_TEST_CASE(new_fields_go_behind_mbox_lines) {
  const std::string mbox = "From alice Mon Nov 20\r\n>From x\r\n";
  const auto r = seal_whole(mbox + head + "\r\nx\r\n");
  BOOST_TEST(r.insert_at == mbox.size());
  BOOST_TEST(r.outcome.new_fields == seal_whole(head + "\r\nx\r\n").outcome.new_fields);
}

BOOST_AUTO_TEST_CASE(stuffing_dots_are_not_content) {
  const std::string content = head + "\r\n.x\r\n";
  const auto body = content.find(".x");
  seal::sealer sealer(sealing_settings(), config::relay_mode::sign);
  sealer.content(std::span(content).first(body), 0);
  sealer.content(std::span(content).subspan(body), body + 1);
  BOOST_TEST(sealer.finish(sealing_time).new_fields == seal_whole(content).outcome.new_fields);
}

BOOST_AUTO_TEST_CASE(what_is_not_signed_has_no_fields) {
  auto s = sealing_settings();
  const auto long_line = head + "\r\n" + std::string(999, 'a') + "\r\n";
  const auto expect = [&](const std::string& message, action what, std::string_view reason,
                          config::relay_mode mode = config::relay_mode::sign) {
    const auto r = seal_whole(message, s, mode).outcome;
    BOOST_TEST((r.what == what), reason);
    BOOST_TEST(r.reason == reason);
    BOOST_TEST(!r.detail.empty());
    BOOST_TEST(r.new_fields == "");
    BOOST_TEST(r.keys == "");
  };
  expect("From: bob@other.example\r\n\r\nx\r\n", action::pass_unsigned, policy::reason::no_domain);
  expect(head + "\r\nx\r\n", action::pass_unsigned, policy::reason::mode, config::relay_mode::pass);
  expect("From: a@late.example\r\n\r\nx\r\n", action::defer, policy::reason::key_unusable);
  expect(long_line, action::pass_unsigned, policy::reason::long_lines);
  s.message.lines = config::long_lines::refuse;
  expect(long_line, action::refuse, policy::reason::long_lines);
  s.message.lines = config::long_lines::sign;
  BOOST_TEST((seal_whole(long_line, s).outcome.what == action::sign));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
