// Messages that come round again and are odd in another way: not ours, not to be signed, hostile,
// with other settings.
#include "one_key.hpp"
#include <sealonce/limits.hpp>

namespace {

using namespace sealonce;
using namespace sealonce::test;
using policy::action;
namespace reason = policy::reason;

BOOST_AUTO_TEST_SUITE(again_test)

BOOST_AUTO_TEST_CASE(mail_that_we_may_not_sign_for) {
  const auto first = pass(message_text).out;
  for (const auto& [from, to] :
       {std::pair("Alice <alice@example.com>", "Eve <eve@other.example>"),
        std::pair("From: ", "From: x@y.example\r\nFrom: "), std::pair("From: ", "X-From: ")}) {
    const auto touched = changed(first, from, to);
    const auto p = pass(touched);
    BOOST_TEST(p.outcome.what == action::pass_unsigned);
    BOOST_TEST(p.out == touched);
  }
  seal::sealer sealer(sealing_settings(), config::relay_mode::pass);
  sealer.content(first + "footer\r\n", 0);
  BOOST_TEST(sealer.finish(sealing_time).removed.empty());
}

BOOST_AUTO_TEST_CASE(ours_but_not_to_be_signed_now) {
  const auto first = pass(message_text).out;
  const auto p = pass(foreign + first + std::string(999, 'x') + "\r\n");
  BOOST_TEST(p.outcome.what == action::pass_unsigned);
  BOOST_TEST(p.outcome.reason == reason::long_lines);
  BOOST_TEST(p.outcome.detail.find("the body was changed") != std::string::npos);
  BOOST_TEST(p.out == foreign + message_text + std::string(999, 'x') + "\r\n");
  // Behind a malformed line the next hop sees no fields.
  const auto fields = first.substr(0, first.size() - message_text.size());
  const std::string behind = "no field\r\nX-Spam: y\r\n" + first + "footer\r\n";
  const auto torn = pass("X: y\r\n" + fields + behind);
  BOOST_TEST(torn.outcome.what == action::pass_unsigned);
  BOOST_TEST(torn.outcome.reason == reason::malformed_header);
  BOOST_TEST(torn.out == "X: y\r\n" + behind);
}

BOOST_AUTO_TEST_CASE(a_nul_in_nothing_but_what_goes) {
  const std::string nul(1, '\0');
  const auto first = pass(message_text, ed_only()).out;
  is_replaced("DKIM-Signature: d=example.com; s=ed; n=" + nul + "\r\n", reason::own_forged);
  const auto p = pass("X: " + nul + "\r\n" + changed(first, "; c=", "; " + nul + "c="), ed_only());
  BOOST_TEST(p.outcome.what == action::pass_unsigned);
  BOOST_TEST(p.outcome.reason == reason::nul);
  BOOST_TEST(p.out == "X: " + nul + "\r\n" + message_text);
}

BOOST_AUTO_TEST_CASE(stuffed_lines_around_what_is_removed) {
  const auto first = pass(message_text, ed_only()).out;
  const std::string signature = first.substr(0, first.size() - message_text.size());
  // Three dots and more: by one or two octets a range of whole lines can be wrong unseen.
  const std::string before = "Received: one\r\n\t.two\r\n..three: x\r\n..4:\r\n..5:\r\n..6:\r\n";
  const std::string behind = "..X: y\r\n" + changed(message_text, "\r\n.dot", "\r\n..dot");
  const std::string broken = changed(signature, "\r\n ", "\r\n\t.. ");
  const auto p = pass_wire(before + broken + behind + ".\r\n", ed_only());
  BOOST_TEST(p.outcome.what == action::replace);
  BOOST_TEST(p.out == p.outcome.new_fields + before + behind + ".\r\n");
  BOOST_TEST(pass_wire(p.out, ed_only()).out == p.out);
}

BOOST_AUTO_TEST_CASE(mbox_lines_stay_on_top) {
  const std::string mbox = "From alice Mon Nov 20\r\n";
  const auto first = pass(mbox + message_text, ed_only()).out;
  BOOST_TEST(first.starts_with(mbox + "DKIM-Signature"));
  is_left(first);
  const auto p = pass(first + "footer\r\n", ed_only());
  BOOST_TEST(p.out == mbox + p.outcome.new_fields + message_text + "footer\r\n");
}

BOOST_AUTO_TEST_CASE(pieces_change_nothing) {
  const auto first = pass(message_text).out;
  for (const auto& text : {first, first + "footer\r\n", foreign + first}) {
    const auto whole = pass(text).outcome;
    for (const std::size_t size : {1u, 7u, 64u, 1000u}) {
      const auto r = seal_pieces(text, size).outcome;
      BOOST_TEST(r.what == whole.what);
      BOOST_TEST(r.new_fields == whole.new_fields);
      BOOST_TEST(r.removed.size() == whole.removed.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_hundred_fields) {
  std::string fields;
  for (int i = 0; i < 100; ++i) {
    fields += craft(own_key("ed"), ed_tags + "; n=" + std::to_string(i), "From: x\r\n\r\n");
  }
  is_replaced(fields, reason::own_broken);
  // Only the first ones are looked at: a valid one below them is not found, and not missed.
  const auto valid = craft(own_key("ed"), ed_tags, message_text);
  is_replaced(fields + valid, reason::own_broken);
  const auto found = pass(valid + fields + message_text, ed_only());
  BOOST_TEST(found.outcome.what == action::already_signed);
  BOOST_TEST(found.out == valid + message_text);
}

BOOST_AUTO_TEST_CASE(as_many_fields_as_a_header_may_have) {
  std::string fields;
  while (fields.size() + 600 < limits::header) {
    fields += "DKIM-Signature: v=1; a=ed25519-sha256; d=example.com; s=ed; h=From" +
              std::string(60, ':') + "; b=" + std::string(40, 'A') + "\r\n";
  }
  is_replaced(fields, reason::own_broken);
  std::string bomb = ed_tags;
  for (int i = 0; i < 100'000; ++i) {
    bomb += ":a";
  }
  const auto long_field =
      "DKIM-Signature: " + bomb + "; bh=" + crypto::base64(crypto::sha256_of("")) + "; b=AAAA\r\n";
  const auto p = pass(long_field + message_text, ed_only());
  BOOST_TEST(p.outcome.what == action::replace);
}

BOOST_AUTO_TEST_CASE(settings_of_once) {
  auto s = ed_only();
  const auto first = pass(message_text, s).out;
  const auto broken = first + "footer\r\n";
  s.once.broken = config::broken_signature::keep;
  auto p = pass(broken, s);
  BOOST_TEST(p.outcome.what == action::pass_unsigned);
  BOOST_TEST(p.outcome.reason == reason::broken_kept);
  BOOST_TEST(p.out == broken);
  s.once.broken = config::broken_signature::add;
  p = pass(broken, s);
  BOOST_TEST(p.outcome.what == action::sign);
  BOOST_TEST(p.out == p.outcome.new_fields + broken);
  is_left(p.out, s);
  s.once.foreign = config::foreign_signature::remove;
  p = pass(foreign + first + "", s);
  BOOST_TEST(p.outcome.reason == reason::foreign_removed);
  BOOST_TEST(p.out == first);
}

BOOST_AUTO_TEST_CASE(with_a_key_at_hand) {
  const config::settings none;
  policy::selection chosen;
  chosen.keys.push_back({std::make_shared<dkim::signing_key>(own_key("ed")), "a@example.com"});
  const auto sign = [&](const std::string& text) {
    seal::sealer sealer(none, chosen);
    sealer.content(text, 0);
    passed p;
    p.outcome = sealer.finish(sealing_time);
    p.out = put_together(text, p.outcome, sealer.insert_at());
    return p;
  };
  const std::string text = "From: eve@other.example\r\n\r\n" + std::string(999, 'x') + "\r\n";
  const auto first = sign(text);
  BOOST_TEST(first.outcome.what == action::sign);
  BOOST_TEST(tags_of(first.outcome.new_fields)["i"] == "a@example.com");
  BOOST_TEST(sign(first.out).outcome.what == action::already_signed);
  BOOST_TEST(sign(first.out).out == first.out);
  BOOST_TEST(sign(first.out + "x\r\n").outcome.what == action::replace);
}

/// An RSA key that loads and cannot sign: its modulus is even. RSAPrivateKey of RFC 8017 §A.1.2.
std::shared_ptr<const crypto::private_key> failing_key() {
  const auto number = [](std::size_t octets) {
    std::vector<unsigned char> der{0x02, 0x81, static_cast<unsigned char>(octets + 1), 0};
    der.insert(der.end(), octets, 0xfe);
    return der;
  };
  std::vector<unsigned char> numbers{0x02, 0x01, 0x00};
  for (const std::size_t octets : {128, 3, 120, 64, 64, 60, 60, 60}) {
    const auto one = number(octets);
    numbers.insert(numbers.end(), one.begin(), one.end());
  }
  std::vector<unsigned char> der{0x30, 0x82, static_cast<unsigned char>(numbers.size() >> 8),
                                 static_cast<unsigned char>(numbers.size())};
  der.insert(der.end(), numbers.begin(), numbers.end());
  const auto key =
      crypto::private_key::from_pem("-----BEGIN RSA PRIVATE KEY-----\n" + crypto::base64(der) +
                                    "\n-----END RSA PRIVATE KEY-----\n");
  BOOST_TEST_REQUIRE(key.has_value());
  BOOST_TEST_REQUIRE(!key.value()->sign("text").has_value());
  return key.value();
}

BOOST_AUTO_TEST_CASE(a_key_that_fails) {
  const auto tags = changed(ed_tags, "From:From:To:To:Subject:Subject:Date:Date", "From");
  const auto valid = craft(own_key("ed"), tags, message_text);
  const auto broken = changed(valid, "t=1699999999", "t=1699999998");
  auto s = ed_only();
  auto& keys = s.domains["example.com"].keys;
  keys.insert(keys.begin(), {"example.com", "bad", failing_key()});
  auto p = pass(broken + message_text, s);
  BOOST_TEST(p.outcome.what == action::defer);
  BOOST_TEST(p.outcome.reason == reason::signing_failed);
  BOOST_TEST(p.outcome.detail.find("example.com/bad") != std::string::npos);
  BOOST_TEST(p.outcome.new_fields == "");
  BOOST_TEST(p.outcome.removed.empty());
  s.signing.on_error = config::error_action::unsigned_;
  p = pass(broken + message_text, s);
  BOOST_TEST(p.outcome.what == action::replace);
  BOOST_TEST(p.outcome.keys == "example.com/ed");
  BOOST_TEST(p.out == p.outcome.new_fields + message_text);
  // A key that fails takes nothing valid away.
  auto only = s;
  only.domains["example.com"].keys = {{"example.com", "ed", failing_key()}};
  p = pass(message_text, only);
  BOOST_TEST(p.outcome.what == action::pass_unsigned);
  BOOST_TEST(p.outcome.reason == reason::signing_failed);
  only.domains["example.com"].keys = {{"example.com", "bad", failing_key()}, own_key("ed")};
  p = pass(valid + message_text, only);
  BOOST_TEST(p.outcome.what == action::replace);
  BOOST_TEST(signatures_of(p.out, ed_only()) == words{"example.com/ed+"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
