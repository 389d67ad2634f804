#include "parsed_message.hpp"
#include <sealonce/dkim/header_list.hpp>
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

using namespace sealonce;
using dkim::header_list;

namespace {

using names = std::vector<std::string>;

/// The value of h= for a header of these fields.
std::string chosen(const header_list& list, const names& fields) {
  std::string text;
  for (const std::string& name : fields) {
    text += name + ": x\r\n";
  }
  const parsed_message m(text + "\r\n");
  std::string out;
  for (const std::string_view name : list.select(m.head())) {
    out.append(out.empty() ? "" : ":").append(name);
  }
  return out;
}

header_list made(const names& headers, const names& oversign) {
  return header_list::from_settings(headers, oversign).value();
}

std::string refusal(const names& headers, const names& oversign = {"*"}) {
  const auto list = header_list::from_settings(headers, oversign);
  return list ? "accepted" : list.error().what;
}

bool has(const names& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

} // namespace

BOOST_AUTO_TEST_SUITE(header_list_suite)

BOOST_AUTO_TEST_CASE(the_default_covers_rfc_6376_section_5_4_1) {
  const header_list list;
  for (const auto* name :
       {"From", "Reply-To", "Subject", "Date", "To", "Cc", "Resent-Date", "Resent-From",
        "Resent-To", "Resent-Cc", "In-Reply-To", "References", "List-Id", "List-Help",
        "List-Unsubscribe", "List-Subscribe", "List-Post", "List-Owner", "List-Archive"}) {
    BOOST_TEST(has(list.signed_names(), name), name);
  }
  BOOST_TEST(list.signed_names().front() == "From");
  for (const std::string& name : list.oversigned_names()) {
    BOOST_TEST(has(list.signed_names(), name), name);
  }
}

BOOST_AUTO_TEST_CASE(fields_are_named_as_often_as_they_occur_and_once_more) {
  const header_list list;
  BOOST_TEST(chosen(list, {"From", "To", "Subject", "Date", "Message-ID"}) ==
             "From:From:Reply-To:Subject:Subject:Date:Date:To:To:Cc:Message-ID:Message-ID:"
             "MIME-Version:Content-Type");
  BOOST_TEST(chosen(list, {"received", "FROM", "sender", "References", "X-Other", "subject",
                           "Subject", "Dkim-Signature", "bcc"}) ==
             "From:From:Reply-To:Subject:Subject:Subject:To:Cc:Sender:References:MIME-Version:"
             "Content-Type");
}

BOOST_AUTO_TEST_CASE(what_honest_hops_add_is_only_oversigned_where_it_is) {
  const header_list list;
  const std::string without = chosen(list, {"From"});
  const std::string with =
      chosen(list, {"From", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"});
  for (const auto* name : {"Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"}) {
    const std::string twice = std::string(":") + name + ":" + name;
    BOOST_TEST(without.find(name) == std::string::npos, name);
    BOOST_TEST(with.find(twice) != std::string::npos, name);
  }
  BOOST_TEST(without == "From:From:Reply-To:Subject:To:Cc:MIME-Version:Content-Type");
}

BOOST_AUTO_TEST_CASE(from_is_named_even_where_nothing_is) {
  BOOST_TEST(chosen(made({"Subject"}, {}), {}) == "From");
  BOOST_TEST(chosen(made({}, {}), {"Subject"}) == "From");
  BOOST_TEST(chosen(made({}, {"From"}), {}) == "From");
  BOOST_TEST(chosen(made({}, {"From"}), {"From"}) == "From:From");
}

BOOST_AUTO_TEST_CASE(lists_replace_or_change_the_default) {
  const std::size_t all = header_list().signed_names().size();
  BOOST_TEST(made({"*"}, {"*"}).signed_names() == header_list().signed_names());
  BOOST_TEST(made({"*"}, {"*"}).oversigned_names() == header_list().oversigned_names());
  BOOST_TEST(made({"Subject", "to"}, {}).signed_names() == (names{"From", "Subject", "to"}));
  BOOST_TEST(made({"Subject", "from"}, {}).signed_names() == (names{"Subject", "from"}));
  BOOST_TEST(made({"*", "X-Own"}, {}).signed_names().size() == all + 1);
  BOOST_TEST(made({"+X-Own"}, {}).signed_names().back() == "X-Own");
  BOOST_TEST(made({"X-Own", "*"}, {}).signed_names().front() == "X-Own");
  BOOST_TEST(made({"-sender", "+X-Own"}, {}).signed_names().size() == all);
  BOOST_TEST(!has(made({"-sender"}, {}).signed_names(), "Sender"));
  BOOST_TEST(made({"+SUBJECT"}, {}).signed_names().size() == all);
  BOOST_TEST(made({"X-A", "-x-a"}, {}).signed_names() == names{"From"});
}

BOOST_AUTO_TEST_CASE(oversigning_follows_what_is_signed) {
  BOOST_TEST(made({"From", "Subject", "X-Own"}, {"*"}).oversigned_names() ==
             (names{"From", "Subject"}));
  BOOST_TEST(!has(made({"-Cc"}, {"*"}).oversigned_names(), "Cc"));
  BOOST_TEST(!has(made({"-Cc"}, {"*"}).signed_names(), "Cc"));
  BOOST_TEST(made({"From"}, {"X-Own"}).signed_names() == (names{"From", "X-Own"}));
  BOOST_TEST(chosen(made({"From"}, {"X-Own"}), {"From", "X-Own"}) == "From:X-Own:X-Own");
  BOOST_TEST(made({"-Cc"}, {"-Cc"}).oversigned_names().size() ==
             header_list().oversigned_names().size() - 1); // asked for twice, done once
  BOOST_TEST(made({"*"}, {}).oversigned_names().empty());
  BOOST_TEST(chosen(made({"*"}, {}), {"From", "Subject"}) == "From:Subject");
  BOOST_TEST(chosen(made({"*"}, {"-From"}), {"From"}).starts_with("From:Reply-To"));
}

BOOST_AUTO_TEST_CASE(from_cannot_be_taken_out) {
  BOOST_TEST(refusal({"-From"}) == "\"-From\": From is always signed (RFC 6376 section 5.4)");
  BOOST_TEST(refusal({"*", "-from"}) == refusal({"-From"}));
}

BOOST_AUTO_TEST_CASE(what_changes_on_the_way_cannot_be_signed) {
  for (const std::string name :
       {"Received", "return-path", "DKIM-Signature", "Authentication-Results", "Bcc", "Resent-Bcc",
        "ARC-Seal", "arc-message-signature", "X-Spam-Status", "X-Spam", "Require-TLS-ESMTP",
        "Delivered-To", "Content-Length"}) {
    for (const names& list : {names{name}, names{"+" + name}, names{"*", name}}) {
      BOOST_TEST(refusal(list).starts_with(name + " must not be signed"), name);
      BOOST_TEST(refusal({"*"}, list).starts_with(name + " must not be signed"), name);
    }
  }
  BOOST_TEST(refusal({"Received-By", "X-Spa", "ARC"}) == "accepted");
}

BOOST_AUTO_TEST_CASE(what_is_no_field_name_is_refused) {
  for (const std::string bad :
       {"", "+", "Sub ject", "Subject:", "X-*", "+*", "X;Y", "\xc3\x84", "X\r\nY"}) {
    BOOST_TEST(refusal({bad}).ends_with(
                   "is no field name: names are written one by one, without colon or pattern"),
               bad);
  }
  BOOST_TEST(refusal({std::string(limits::signed_name, 'x')}) == "accepted");
  BOOST_TEST(refusal({std::string(limits::signed_name + 1, 'x')}) != "accepted");
  BOOST_TEST(refusal({"-X-Own"}) == "\"-X-Own\" takes out a name that is not in the list");
  BOOST_TEST(refusal({"*"}, {"-X-Own"}) == "\"-X-Own\" takes out a name that is not in the list");
}

BOOST_AUTO_TEST_CASE(a_field_that_is_repeated_without_end_is_named_so_often_only) {
  const parsed_message m([] {
    std::string text = "From: x\r\n";
    for (int i = 0; i < 5000; ++i) {
      text += "Subject: x\r\n";
    }
    return text + "\r\n";
  }());
  BOOST_REQUIRE(m.head().fields().size() == 5001);
  const auto list = header_list();
  const auto h = list.select(m.head());
  BOOST_TEST(static_cast<std::size_t>(std::count(h.begin(), h.end(), "Subject")) ==
             limits::signed_instances + 1);
}

BOOST_AUTO_TEST_SUITE_END()
