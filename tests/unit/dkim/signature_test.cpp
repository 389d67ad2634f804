// Every tag of a DKIM-Signature field: what is read, and each fault with its name.
#include <sealonce/dkim/signature.hpp>
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

using namespace sealonce;
using dkim::parse_signature;
using dkim::signature_fault;

namespace sealonce::dkim {

std::ostream& boost_test_print_type(std::ostream& out, signature_fault f) {
  return out << name_of(f);
}

} // namespace sealonce::dkim

namespace {

// 32 and 20 octets of nothing.
const std::string hash32 = std::string(43, 'A') + "=";
const std::string hash20 = std::string(27, 'A') + "=";

/// A good field with one tag in another form; an empty form leaves the tag out.
std::string with(const std::string& name, const std::string& form) {
  std::string out;
  for (const std::string tag : {"v=1", "a=rsa-sha256", "c=relaxed/simple", "d=example.com",
                                "s=mail", "t=100", "x=200", "h=From:To", "b=AAAA"}) {
    const bool changed = tag.substr(0, tag.find('=')) == name;
    if (!changed || !form.empty()) {
      out += " " + (changed ? form : tag) + ";";
    }
  }
  out += name == "bh" ? (form.empty() ? "" : " " + form + ";") : " bh=" + hash32 + ";";
  if (out.find(" " + name + "=") == std::string::npos && !form.empty()) {
    out += " " + form + ";";
  }
  return out + "\r\n";
}

struct fault_case {
  const char* name;
  std::string form;
  signature_fault fault;
};

const fault_case faults[] = {
    {"", "", signature_fault::none},
    {"zz", "zz=unknown tags are ignored", signature_fault::none},
    {"v", "", signature_fault::missing_tag},
    {"a", "", signature_fault::missing_tag},
    {"b", "", signature_fault::missing_tag},
    {"bh", "", signature_fault::missing_tag},
    {"d", "", signature_fault::missing_tag},
    {"s", "", signature_fault::missing_tag},
    {"h", "", signature_fault::missing_tag},
    {"c", "", signature_fault::none},
    {"t", "", signature_fault::none},
    {"x", "", signature_fault::none},
    {"v", "v=2", signature_fault::version},
    {"v", "v=1.0", signature_fault::version},
    {"v", "v=0.5", signature_fault::version},
    {"v", "v=01", signature_fault::version},
    {"v", "v=", signature_fault::version},
    {"a", "a=ed25519-sha256", signature_fault::none},
    {"a", "a=rsa-sha512", signature_fault::algorithm},
    {"a", "a=RSA-SHA256", signature_fault::algorithm},
    {"a", "a=", signature_fault::algorithm},
    {"c", "c=relaxed", signature_fault::none},
    {"c", "c=simple/relaxed", signature_fault::none},
    {"c", "c=nowsp", signature_fault::canonicalization},
    {"c", "c=relaxed/relaxed/relaxed", signature_fault::canonicalization},
    {"c", "c=relaxed/", signature_fault::canonicalization},
    {"c", "c=", signature_fault::canonicalization},
    {"d", "d=", signature_fault::domain},
    {"d", "d=com", signature_fault::domain},
    {"d", "d=example..com", signature_fault::domain},
    {"d", "d=example.com.", signature_fault::domain},
    {"d", "d=.example.com", signature_fault::domain},
    {"d", "d=exa mple.com", signature_fault::domain},
    {"d", "d=exa\r\n mple.com", signature_fault::domain},
    {"d", "d=example.com/x", signature_fault::domain},
    {"d", "d=" + std::string(64, 'a') + ".com", signature_fault::domain},
    {"d", "d=" + std::string(64, '_') + ".com", signature_fault::domain},
    {"d", "d=_under.example.com", signature_fault::none},
    {"d", "d=\xff.example.com", signature_fault::domain},
    {"s", "s=", signature_fault::selector},
    {"s", "s=a..b", signature_fault::selector},
    {"s", "s=a b", signature_fault::selector},
    {"s", "s=a.b_c.d-e", signature_fault::none},
    {"h", "h=", signature_fault::signed_fields},
    {"h", "h=From:", signature_fault::signed_fields},
    {"h", "h=:From", signature_fault::signed_fields},
    {"h", "h=From::To", signature_fault::signed_fields},
    {"h", "h=From: :To", signature_fault::signed_fields},
    {"h", "h=From:T o", signature_fault::signed_fields},
    {"h", "h=From:T\xc3\xb6", signature_fault::signed_fields},
    {"h", "h=To:Subject", signature_fault::from_not_signed},
    {"h", "h=Fro:Fromm", signature_fault::from_not_signed},
    {"h", "h= to \r\n : \tfROM ", signature_fault::none},
    {"i", "i=@example.com", signature_fault::none},
    {"i", "i=a@b.EXAMPLE.com", signature_fault::none},
    {"i", "i=", signature_fault::identity},
    {"i", "i=example.com", signature_fault::identity},
    {"i", "i=a@", signature_fault::identity},
    {"i", "i=a@com", signature_fault::identity},
    {"i", "i=a@notexample.com", signature_fault::identity},
    {"i", "i=a@example.com.evil.example", signature_fault::identity},
    {"i", "i=a=4@example.com", signature_fault::identity},
    {"i", "i=a=4a@example.com", signature_fault::identity},
    {"i", "i=a=", signature_fault::identity},
    {"l", "l=0", signature_fault::none},
    {"l", "l=", signature_fault::body_length},
    {"l", "l=-1", signature_fault::body_length},
    {"l", "l=1 0", signature_fault::body_length},
    {"l", "l=0x10", signature_fault::body_length},
    {"q", "q=dns/txt", signature_fault::none},
    {"q", "q=http/x : dns/txt", signature_fault::none},
    {"q", "q=dns", signature_fault::query_method},
    {"q", "q=", signature_fault::query_method},
    {"t", "t=", signature_fault::time},
    {"t", "t=1e9", signature_fault::time},
    {"t", "t=-1", signature_fault::time},
    {"t", "t=200", signature_fault::expiration},
    {"t", "t=201", signature_fault::expiration},
    {"t", "t=199", signature_fault::none},
    {"x", "x=", signature_fault::expiration},
    {"x", "x=never", signature_fault::expiration},
    {"x", "x=100", signature_fault::expiration},
    {"x", "x=101", signature_fault::none},
    {"b", "b=", signature_fault::signature_value},
    {"b", "b=A", signature_fault::signature_value},
    {"b", "b=A-A", signature_fault::signature_value},
    {"b", "b= A\r\n A A\tA ", signature_fault::none},
    {"bh", "bh=", signature_fault::body_hash_value},
    {"bh", "bh=AAAA", signature_fault::body_hash_value},
    {"bh", "bh=" + hash20, signature_fault::body_hash_value},
    {"bh", "bh=*" + hash32, signature_fault::body_hash_value},
    {"d", "d=example.com; d=example.com", signature_fault::tag_list},
    {"d", "d=example.com;;", signature_fault::tag_list},
    {"d", "d=example.com; rubbish", signature_fault::tag_list},
    {"d", "d=example.com; n=\x01", signature_fault::tag_list},
    {"d", "d=example.com; n=a\r\nb", signature_fault::tag_list},
};

BOOST_AUTO_TEST_SUITE(signature_suite)

BOOST_AUTO_TEST_CASE(each_fault_has_its_name_and_a_sentence) {
  for (const fault_case& one : faults) {
    BOOST_TEST_CONTEXT(one.name << " as " << one.form) {
      const auto s = parse_signature(with(one.name, one.form));
      BOOST_TEST(s.fault == one.fault, s.why);
      BOOST_TEST(s.why.empty() == (one.fault == signature_fault::none));
    }
  }
}

BOOST_AUTO_TEST_CASE(everything_that_a_field_says) {
  const std::string text = " v=1; a=ed25519-sha256; c=relaxed/simple; d=Example.COM; s=Mail.2024;"
                           " t=1700000000; x=1700000001; l=42; q=dns/txt; z=From:a|To:b;"
                           " i=joe=20x@Sub.example.com; h=from : To:\r\n\tto;\r\n bh=" +
                           hash32 + ";\r\n b=AQID\r\n";
  const auto s = parse_signature(text);
  BOOST_TEST(s.fault == signature_fault::none, s.why);
  BOOST_TEST((s.algorithm == dkim::signature_algorithm::ed25519_sha256));
  BOOST_TEST(dkim::to_string(s.canonical) == "relaxed/simple");
  BOOST_TEST(s.domain == "example.com");
  BOOST_TEST(s.selector == "mail.2024");
  BOOST_TEST(s.time.value() == 1700000000);
  BOOST_TEST(s.expiration.value() == 1700000001);
  BOOST_TEST(s.length.value() == 42u);
  BOOST_TEST(s.identity == "joe x@Sub.example.com");
  BOOST_TEST((s.names == std::vector<std::string_view>{"from", "To", "to"}));
  BOOST_TEST((s.value == std::vector<unsigned char>{1, 2, 3}));
  BOOST_TEST((s.body_hash == std::vector<unsigned char>(32)));
  BOOST_TEST(s.tags.value("z").value() == "From:a|To:b");
}

BOOST_AUTO_TEST_CASE(what_is_not_said) {
  const auto s = parse_signature("v=1;a=rsa-sha1;d=example.com;s=s;h=From;b=AA==;bh=" + hash20);
  BOOST_TEST(s.fault == signature_fault::none, s.why);
  BOOST_TEST((s.algorithm == dkim::signature_algorithm::rsa_sha1));
  BOOST_TEST(dkim::to_string(s.canonical) == "simple/simple");
  BOOST_TEST(s.identity == "@example.com");
  BOOST_TEST(!s.time);
  BOOST_TEST(!s.expiration);
  BOOST_TEST(!s.length);
}

BOOST_AUTO_TEST_CASE(names_as_u_labels) {
  const auto s = parse_signature("v=1;a=rsa-sha256;d=m\xc3\xbcnchen.example;s=\xc3\xa4;i=@a.xn--"
                                 "mnchen-3ya.example;h=From;b=AA==;bh=" +
                                 hash32);
  BOOST_TEST(s.fault == signature_fault::none, s.why);
  BOOST_TEST(s.domain == "xn--mnchen-3ya.example");
  BOOST_TEST(s.selector == "xn--4ca");
}

BOOST_AUTO_TEST_CASE(numbers_beyond_all_measure) {
  const std::string digits(1000, '9');
  auto s = parse_signature(with("x", "x=" + digits));
  BOOST_TEST(s.expiration.value() == std::numeric_limits<std::int64_t>::max());
  s = parse_signature(with("l", "l=" + digits));
  BOOST_TEST(s.length.value() == std::numeric_limits<std::uint64_t>::max());
  s = parse_signature(with("l", "l=18446744073709551615"));
  BOOST_TEST(s.length.value() == std::numeric_limits<std::uint64_t>::max());
  s = parse_signature(with("l", "l=18446744073709551614"));
  BOOST_TEST(s.length.value() == std::numeric_limits<std::uint64_t>::max() - 1);
}

BOOST_AUTO_TEST_CASE(a_faulty_field_can_still_be_named) {
  for (const fault_case& one : faults) {
    const std::string name = one.name;
    if (name == "d" && one.fault != signature_fault::tag_list) {
      continue;
    }
    const auto s = parse_signature(with(name, one.form));
    BOOST_TEST(s.domain == "example.com", one.form);
    if (name != "s") {
      BOOST_TEST(s.selector == "mail", one.form);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_names_are_found_in_any_rubbish) {
  const auto found = [](std::string_view text) {
    const auto n = dkim::find_names(text);
    return n.domain + "/" + n.selector;
  };
  BOOST_TEST(found("d=example.com;s=a") == "example.com/a");
  BOOST_TEST(found(" s\r\n = A\r\n ;;; d = EXAMPLE.com \r\n") == "example.com/a");
  BOOST_TEST(found("d=example.com;d=other.example;s=a;s=b") == "example.com/a");
  BOOST_TEST(found("bd=x;d =\x01;s=a") == "/a");
  BOOST_TEST(found("n=d=example.com;s=a") == "/a");
  BOOST_TEST(found("d;s") == "/");
  BOOST_TEST(found("") == "/");
  BOOST_TEST(found(std::string_view("\0\xff;d=example.com;s=a", 20)) == "example.com/a");
}

BOOST_AUTO_TEST_CASE(find_names_agrees_with_the_whole_reading) {
  for (const fault_case& one : faults) {
    const std::string text = with(one.name, one.form);
    const auto s = parse_signature(text);
    const auto n = dkim::find_names(text);
    if (!s.domain.empty() && !s.selector.empty()) {
      BOOST_TEST(n.domain == s.domain);
      BOOST_TEST(n.selector == s.selector);
    }
  }
}

BOOST_AUTO_TEST_CASE(bombs_are_read_in_linear_time) {
  std::string many_tags;
  for (int i = 0; i < 200'000; ++i) {
    many_tags += "t" + std::to_string(i) + "=;";
  }
  BOOST_TEST(parse_signature(many_tags).fault == signature_fault::tag_list);
  BOOST_TEST(parse_signature(std::string(1'000'000, ';')).fault == signature_fault::tag_list);
  BOOST_TEST(parse_signature(std::string(1'000'000, '=')).fault == signature_fault::tag_list);
  std::string names = "h=From";
  for (int i = 0; i < 300'000; ++i) {
    names += ":a";
  }
  BOOST_TEST(parse_signature(with("h", names)).names.size() == 300'001u);
  BOOST_TEST(parse_signature(with("q", "q=" + std::string(1'000'000, ':'))).fault ==
             signature_fault::query_method);
  BOOST_TEST(parse_signature(with("d", "d=" + std::string(1'000'000, 'a'))).fault ==
             signature_fault::domain);
  BOOST_TEST(parse_signature(with("b", "b=" + std::string(1'000'000, 'A'))).value.size() ==
             750'000u);
}

BOOST_AUTO_TEST_CASE(any_octets_are_read_without_harm) {
  std::uint32_t state = 20231120;
  const std::string good = with("", "");
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (int changes = 0; changes < 3; ++changes) {
      state = state * 1664525 + 1013904223;
      const std::size_t at = (state >> 8) % text.size();
      if (state >> 31 != 0) {
        text[at] = static_cast<char>(state >> 16);
      } else {
        text.erase(at, (state >> 20) % 5);
      }
    }
    const auto s = parse_signature(text);
    BOOST_REQUIRE((s.fault == signature_fault::none) == s.why.empty());
    if (s.fault == signature_fault::none) {
      BOOST_REQUIRE(!s.names.empty() && !s.value.empty() && !s.body_hash.empty());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
