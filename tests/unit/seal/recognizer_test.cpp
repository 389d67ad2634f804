// Own signatures on messages that come round again: recognised where they are valid, replaced where
// they are not, and nothing else is touched.
#include "one_key.hpp"

namespace {

using namespace sealonce;
using namespace sealonce::test;
using policy::action;
namespace reason = policy::reason;

BOOST_AUTO_TEST_SUITE(recognizer_test)

BOOST_AUTO_TEST_CASE(what_was_signed_comes_back) {
  for (const auto& form : forms) {
    for (const std::string selectors : {"rsa", "ed", "rsa ed"}) {
      const auto s = settings_with(form, selectors);
      const auto first = pass(message_text, s);
      BOOST_TEST(first.outcome.what == action::sign);
      const auto again = pass(first.out, s);
      BOOST_TEST(again.outcome.what == action::already_signed);
      BOOST_TEST(again.outcome.keys == first.outcome.keys);
      BOOST_TEST(again.out == first.out);
      is_left("Received: by another\r\nX-Filter: seen\r\n" + first.out, s);
      is_left(foreign + first.out, s);
      // whatever the settings of today are
      is_left(first.out, settings_with("relaxed/relaxed", selectors));
      is_left(first.out, settings_with("simple/simple", selectors));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_was_changed_is_signed_anew) {
  for (const auto& form : forms) {
    for (const std::string selectors : {"rsa", "ed", "rsa ed"}) {
      const auto s = settings_with(form, selectors);
      const auto first = pass(message_text, s);
      const std::pair<std::string, std::string> changes[] = {
          {"Hello", "Hullo"},                                 // body
          {"\r\n\r\n.dot", "\r\n\r\nfooter\r\n.dot"},         // body
          {"Alice", "Elice"},                                 // signed field
          {"To: bob@example.net\r\n", ""},                    // signed field gone
          {"To: bob", "To: eve@example.net\r\nTo: bob"},      // oversigned field added
          {"Received: from", "Subject: x\r\nReceived: from"}, // the same on top
          {"Received: from", "Cc: x\r\nReceived: from"},      // one that was not there
          {"; c=", ";  c="},                                  // its own field …
          {" v=1;", " v=1; n=x;"},
      };
      for (const auto& [from, to] : changes) {
        const auto touched = changed(first.out, from, to);
        const bool forgiven = from == "; c=" && form.starts_with("relaxed");
        const auto p = pass(touched, s);
        BOOST_TEST_CONTEXT(form << " " << selectors << ": " << from << " → " << to) {
          if (forgiven) {
            BOOST_TEST(p.out == touched);
            continue;
          }
          BOOST_TEST(p.outcome.what == action::replace);
          BOOST_TEST(p.outcome.reason == reason::own_broken);
          const auto left = signatures_of(p.out, s);
          BOOST_TEST(left.size() == s.domains.at("example.com").keys.size());
          BOOST_TEST(std::count_if(left.begin(), left.end(), [](const auto& one) {
                       return one.ends_with('+');
                     }) == static_cast<std::ptrdiff_t>(left.size()));
          BOOST_TEST(pass(p.out, s).out == p.out);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(one_of_two_is_broken) {
  const auto signed_ = pass(message_text).out;
  const auto both = changed(signed_, "s=ed", "s=ED"); // the selector is the same, the field is not
  const auto p = pass(both);
  BOOST_TEST(p.outcome.what == action::replace);
  BOOST_TEST(p.outcome.keys == "example.com/ed");
  BOOST_TEST(signatures_of(p.out) == (words{"example.com/ed+", "example.com/rsa+"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_of_two_is_missing) {
  const auto first = pass(message_text, settings_with("relaxed/relaxed", "rsa")).out;
  const auto p = pass(first);
  BOOST_TEST(p.outcome.what == action::sign);
  BOOST_TEST(p.outcome.reason == reason::keys_missing);
  BOOST_TEST(p.outcome.keys == "example.com/ed");
  BOOST_TEST(p.out == p.outcome.new_fields + first);
  is_left(p.out, sealing_settings());
}

BOOST_AUTO_TEST_CASE(case_and_folds_of_its_own_field) {
  for (const auto& form : forms) {
    const auto s = settings_with(form, "rsa");
    const auto first = pass(message_text, s).out;
    auto folded = changed(first, "DKIM-Signature: v=1; a=", "dkim-SIGNATURE:\r\n\tv=1;\r\n\t\ta=");
    folded = changed(folded, " d=", " \t d=");
    if (form.starts_with("relaxed")) {
      is_left(folded, s);
    } else {
      BOOST_TEST(pass(folded, s).outcome.what == action::replace);
      BOOST_TEST(signatures_of(pass(folded, s).out, s).size() == 1u);
    }
    const auto b = first.find("b=", first.find("bh=") + 3) + 2; // b= may be folded anyhow
    is_left(std::string(first).insert(b + 10, "\r\n \t"), s);
  }
}

BOOST_AUTO_TEST_CASE(a_part_of_the_body_is_not_enough) {
  const std::string body = parsed(message_text).body();
  is_left(craft(own_key("ed"), ed_tags, message_text) + message_text);
  is_replaced(craft(own_key("ed"), ed_tags + "; l=0", message_text), reason::own_broken);
  is_replaced(craft(own_key("ed"), ed_tags + "; l=5", message_text), reason::own_broken);
  is_replaced(craft(own_key("ed"), ed_tags + "; l=500", message_text), reason::own_broken);
  const auto whole = std::to_string(std::string("Hello Bob.\r\n\r\n.dot\r\n").size());
  const auto exact = craft(own_key("ed"), ed_tags + "; l=" + whole, message_text);
  is_left(exact + message_text);
  is_replaced(exact, reason::own_broken, ed_only(), message_text + "footer\r\n");
}

BOOST_AUTO_TEST_CASE(expiry_and_clocks) {
  const auto now = std::to_string(sealing_time);
  const auto with = [](const std::string& times) {
    return craft(own_key("ed"), changed(ed_tags, "t=1699999999", times), message_text);
  };
  is_left(with("x=" + now) + message_text);
  is_replaced(with("x=" + std::to_string(sealing_time - 1)), reason::own_expired);
  is_replaced(with("t=1; x=" + std::to_string(sealing_time + 10)), reason::own_half_life);
  is_left(with("t=" + now + "; x=" + std::to_string(sealing_time + 10)) + message_text);
  is_left(with("t=" + std::to_string(sealing_time + 100'000)) + message_text); // a clock ahead
  is_left(with("t=99999999999999999999") + message_text);
  auto s = ed_only();
  s.signing.lifetime = std::chrono::seconds(1000);
  const auto first = pass(message_text, s).out;
  BOOST_TEST(pass(first, s, sealing_time + 500).out == first);
  BOOST_TEST(pass(first, s, sealing_time + 501).outcome.reason == reason::own_half_life);
  BOOST_TEST(pass(first, s, sealing_time + 1001).outcome.reason == reason::own_expired);
}

BOOST_AUTO_TEST_CASE(what_is_not_covered) {
  const auto with = [](const std::string& names) {
    return craft(own_key("ed"),
                 "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=ed; h=" + names,
                 message_text);
  };
  is_left(with("from:to:subject:date") + message_text);
  is_left(with("date:date:x:from:received:to:subject") + message_text);
  is_replaced(with("From"), reason::own_coverage);
  is_replaced(with("From:To:Subject"), reason::own_coverage);
  const std::string two = "Subject: zero\r\n" + message_text;
  const std::string tags =
      "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=ed; h=From:To:Date:Subject";
  is_replaced(craft(own_key("ed"), tags, two), reason::own_coverage, ed_only(), two);
  is_left(craft(own_key("ed"), tags + ":Subject", two) + two);
  // A field that comes without breaking the signature, as Postfix adds it.
  const auto dateless = changed(message_text, "Date: Mon, 20 Nov 2023 10:00:00 +0000\r\n", "");
  const auto first = pass(dateless, ed_only()).out;
  const auto dated = changed(first, "Subject: one", "Date: today\r\nSubject: one");
  const auto p = pass(dated, ed_only());
  BOOST_TEST(p.outcome.reason == reason::own_coverage);
  is_left(p.out);
}

BOOST_AUTO_TEST_CASE(more_fields_than_are_ever_signed) {
  std::string text = message_text;
  for (std::size_t i = 0; i < limits::signed_instances + 5; ++i) {
    text = "Cc: " + std::to_string(i) + "\r\n" + text;
  }
  const auto first = pass(text, ed_only());
  BOOST_TEST(first.outcome.what == action::sign);
  is_left(first.out);
}

BOOST_AUTO_TEST_CASE(forged_fields) {
  const auto good = craft(own_key("ed"), ed_tags, message_text);
  const auto b = good.rfind("b=") + 2;
  const std::string without_b = good.substr(0, b);
  is_replaced(without_b + crypto::base64(std::vector<unsigned char>(64)) + "\r\n",
              reason::own_broken);
  is_replaced(without_b + "AAAA\r\n", reason::own_broken);
  is_replaced(without_b + "\r\n", reason::own_forged);
  is_replaced(without_b + "A\r\n", reason::own_forged);
  is_replaced(changed(good, "; b=", "; x=never; b="), reason::own_forged);
  is_replaced(changed(good, "v=1", "v=2"), reason::own_forged);
  is_replaced(changed(good, "s=ed", "s=ed; s=ed"), reason::own_forged);
  is_replaced(changed(good, "s=ed", "s=ed;;"), reason::own_forged);
  is_replaced(changed(good, "From:From:", ""), reason::own_forged);
  is_replaced(changed(good, "d=example.com", "d=example.com; i=@other.example"),
              reason::own_forged);
  is_replaced("DKIM-Signature: d=example.com; s=ed\r\n", reason::own_forged);
  is_replaced("DKIM-Signature: d=EXAMPLE.com;\r\n s=\r\n Ed; rubbish\x01\r\n", reason::own_forged);
  // another algorithm, and another key under the same name
  is_replaced(craft(own_key("rsa"), changed(ed_tags, "ed25519", "rsa"), message_text),
              reason::own_forged);
  auto other = own_key("ed");
  other.key = new_key(crypto::key_type::ed25519);
  is_replaced(craft(other, ed_tags, message_text), reason::own_broken);
}

BOOST_AUTO_TEST_CASE(what_is_not_ours) {
  for (const std::string field :
       {"d=other.example; s=ed", "d=example.com; s=old", "d=sub.example.com; s=ed",
        "d=example.com.; s=ed", "d=example.com", "s=ed", "rubbish", ""}) {
    const std::string theirs = "DKIM-Signature: v=1; " + field + "\r\n";
    const auto p = pass(theirs + message_text, ed_only());
    BOOST_TEST(p.outcome.what == action::sign);
    BOOST_TEST(p.out == p.outcome.new_fields + theirs + message_text);
    is_left(p.out);
  }
}

BOOST_AUTO_TEST_CASE(trace_and_arc_are_not_touched) {
  const std::string trace = "ARC-Seal: i=1; d=example.com; s=ed; b=x\r\n"
                            "ARC-Message-Signature: i=1; d=example.com; s=ed; b=x\r\n"
                            "Authentication-Results: mx; dkim=pass header.d=example.com\r\n"
                            "X-DKIM-Signature: d=example.com; s=ed\r\n"
                            "DKIM-Signatures: d=example.com; s=ed\r\n";
  const auto p = pass(trace + message_text, ed_only());
  BOOST_TEST(p.out == p.outcome.new_fields + trace + message_text);
  is_left(trace + p.out);
}

BOOST_AUTO_TEST_CASE(duplicates) {
  const auto first = pass(message_text).out;
  const auto fields = first.substr(0, first.size() - message_text.size());
  const auto p = pass(fields + foreign + fields + fields + message_text);
  BOOST_TEST(p.outcome.what == action::already_signed);
  BOOST_TEST(p.outcome.reason == reason::own_duplicate);
  BOOST_TEST(p.outcome.new_fields == "");
  BOOST_TEST(p.out == fields + foreign + message_text);
}

BOOST_AUTO_TEST_CASE(more_than_are_looked_at) {
  const std::string forged = "DKIM-Signature: v=1; d=example.com; s=rsa\r\n";
  const std::string unasked = "DKIM-Signature: v=1; d=xn--mnchen-3ya.example; s=ed\r\n";
  std::string many;
  for (std::size_t i = 0; i < 2 * limits::own_signatures; ++i)
    many += forged + unasked;
  const auto p = pass(many + foreign + message_text);
  BOOST_TEST(p.outcome.what == action::replace);
  BOOST_TEST(p.out == p.outcome.new_fields + foreign + message_text);
}

BOOST_AUTO_TEST_CASE(signatures_by_keys_that_nobody_asked_for) {
  const auto& idn = own_key("ed", sealing_settings(), "xn--mnchen-3ya.example");
  const std::string tags = changed(ed_tags, "example.com", "m\xc3\xbcnchen.example");
  const auto valid = craft(idn, tags, message_text);
  const auto p = pass(valid + message_text);
  BOOST_TEST(p.outcome.keys == "example.com/rsa,example.com/ed");
  BOOST_TEST(p.out == p.outcome.new_fields + valid + message_text);
  is_left(p.out, sealing_settings());
  const auto broken = pass(changed(p.out, "Hello", "Hullo"));
  BOOST_TEST(signatures_of(broken.out) == (words{"example.com/rsa+", "example.com/ed+"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
