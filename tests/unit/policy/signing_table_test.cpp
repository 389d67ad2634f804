// OpenDKIM's tables, row by row. What is expected here was compared with opendkim 2.11.0 itself,
// see tests/cli/opendkim_test.py.

#include "table_files.hpp"
#include <sealonce/policy/wildcard.hpp>

using namespace sealonce;
using test::key_in_a_row;
using test::selected;

namespace {

struct fixture : test::table_directory {
  /// A KeyTable with the named keys, each with its name as selector, for domain "d.example".
  static std::string keys(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) {
      text += name + " d.example:" + name + ":" + key_in_a_row() + "\n";
    }
    return text;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(signing_table, fixture)

BOOST_AUTO_TEST_CASE(the_order_of_a_file) {
  // The table has every form; whatever wins is taken out, and the next one must win.
  const std::vector<std::pair<std::string, std::string>> rows = {{"joe@sub.example.com", "k1"},
                                                                 {"sub.example.com", "k2"},
                                                                 {"joe@.example.com", "k3"},
                                                                 {".example.com", "k4"},
                                                                 {"joe@.com", "k5"},
                                                                 {".com", "k6"},
                                                                 {"joe@*", "k7"},
                                                                 {"*", "k8"}};
  const auto names = keys({"k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8"});
  for (std::size_t gone = 0; gone < rows.size(); ++gone) {
    std::string table;
    std::string all;
    for (std::size_t i = rows.size(); i > gone; --i) {
      table += rows[i - 1].first + "\t" + rows[i - 1].second + "\n";
      all = "d.example/" + rows[i - 1].second + (all.empty() ? "" : " ") + all;
    }
    const auto loaded = load_texts(names, table);
    BOOST_TEST(loaded.complaints.empty());
    BOOST_TEST(selected(*loaded.tables, "joe", "sub.example.com") ==
               "d.example/" + rows[gone].second);
    BOOST_TEST(selected(*loaded.tables, "joe", "sub.example.com", true) == all);
  }
}

BOOST_AUTO_TEST_CASE(who_is_matched_by_which_form) {
  struct {
    const char* pattern;
    const char* user;
    const char* domain;
    bool matches;
  } const rows[] = {
      {"joe@example.com", "joe", "example.com", true},
      {"Joe@Example.COM", "jOE", "example.com", true},
      {"joe@example.com", "joey", "example.com", false},
      {"joe@example.com", "joe", "sub.example.com", false},
      {"example.com", "joe", "example.com", true},
      {"example.com", "joe", "sub.example.com", false},
      {"example.com", "joe", "notexample.com", false},
      {".example.com", "joe", "example.com", false}, // a parent is not its own parent
      {".example.com", "joe", "a.b.example.com", true},
      {"joe@.example.com", "joe", "a.b.example.com", true},
      {"joe@.example.com", "joe", "example.com", false},
      {"joe@.example.com", "jim", "a.example.com", false},
      {"joe@*", "joe", "anything.example", true},
      {"joe@*", "jim", "anything.example", false},
      {"*", "joe", "anything.example", true},
      {"*@example.com", "joe", "example.com", false}, // patterns are for "refile:"
      {"*@example.com", "*", "example.com", true},
      {"odd@name@example.com", "odd@name", "example.com", true},
      {"m\xc3\xbcnchen.example", "joe", "xn--mnchen-3ya.example", true},
      {".m\xc3\xbcnchen.example", "joe", "a.xn--mnchen-3ya.example", true},
  };
  for (const auto& r : rows) {
    BOOST_TEST_CONTEXT(r.pattern << " for " << r.user << "@" << r.domain) {
      const auto loaded = load_texts(keys({"k"}), std::string(r.pattern) + " k\n");
      BOOST_TEST(selected(*loaded.tables, r.user, r.domain) == (r.matches ? "d.example/k" : ""));
    }
  }
}

BOOST_AUTO_TEST_CASE(patterns_of_a_refile) {
  struct {
    const char* pattern;
    const char* user;
    const char* domain;
    bool matches;
  } const rows[] = {
      {"*@example.com", "joe", "example.com", true},
      {"*@example.com", "joe", "sub.example.com", false},
      {"*@EXAMPLE.com", "JOE", "example.com", true},
      {"*@*.example.com", "joe", "sub.example.com", true},
      {"*@*.example.com", "joe", "example.com", false},
      {"*.example.com", "joe", "a.b.example.com", true},
      {"*example.com", "joe", "notexample.com", true},
      {"*@*example.com", "joe", "example.com", true},
      {"joe@*", "joe", "any.example", true},
      {"joe@*", "joey", "any.example", false},
      {"j*@example.com", "joe", "example.com", true},
      {"j*@example.com", "tom", "example.com", false},
      {"j*e@example.com", "je", "example.com", true},
      {"joe@example.com", "joe", "example.com", true},
      {"joe@example.com", "xjoe", "example.com", false},
      {"*", "joe", "example.com", true},
      {"**", "joe", "example.com", true},
      {"j*@*.ex*.com", "joe", "a.example.com", true},
      {"j*@*.ex*.com", "joe", "a.xample.com", false},
      {"joe@example.com*", "joe", "example.com", true},
      {"*@a@example.com", "joe@a", "example.com", true},
      {"example.com", "joe", "example.com", false},
      {"j.e@example.com", "joe", "example.com", false}, // only "*" is special
      {"j[o]e@example.com", "joe", "example.com", false},
      {"*@m\xc3\xbcnchen.example", "joe", "xn--mnchen-3ya.example", true},
      {"*@*.m\xc3\xbcnchen.example", "joe", "a.xn--mnchen-3ya.example", true},
      {"joe@example.com*e", "joe", "example.com", false},
      {"joe*joe@example.com", "joe", "example.com", false},
  };
  for (const auto& r : rows) {
    BOOST_TEST_CONTEXT(r.pattern << " for " << r.user << "@" << r.domain) {
      const auto loaded = load_texts(keys({"k"}), std::string(r.pattern) + " k\n", "refile");
      BOOST_TEST(selected(*loaded.tables, r.user, r.domain) == (r.matches ? "d.example/k" : ""));
      const auto address = std::string(r.user) + "@" + r.domain;
      if (std::string(r.pattern).find('\xc3') == std::string::npos) {
        BOOST_TEST(policy::matches(policy::lower_case(r.pattern), policy::lower_case(address)) ==
                   r.matches);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_refile_has_the_order_of_its_rows) {
  const auto loaded = load_texts(keys({"a", "b", "c", "d", "e"}),
                                 "*@sub.example.com a\n"
                                 "*@*.example.com b\n"
                                 "joe@* c\n"
                                 "joe@sub.example.com d\n"
                                 "* e\n",
                                 "refile");
  const auto& t = *loaded.tables;
  BOOST_TEST(selected(t, "joe", "sub.example.com") == "d.example/a");
  BOOST_TEST(selected(t, "joe", "sub.example.com", true) ==
             "d.example/a d.example/b d.example/c d.example/d d.example/e");
  BOOST_TEST(selected(t, "joe", "other.example.com") == "d.example/b");
  BOOST_TEST(selected(t, "joe", "other.example") == "d.example/c");
  BOOST_TEST(selected(t, "jim", "other.example") == "d.example/e");
}

BOOST_AUTO_TEST_CASE(the_first_of_two_equal_rows_counts) {
  for (const char* kind : {"file", "refile"}) {
    const bool file = kind == std::string("file");
    const std::string pattern = file ? "example.com" : "*@example.com";
    const auto loaded = load_texts(keys({"a", "b"}), pattern + " a\n" + pattern + " b\n", kind);
    BOOST_TEST(selected(*loaded.tables, "joe", "example.com") == "d.example/a");
    BOOST_TEST(selected(*loaded.tables, "joe", "example.com", true) ==
               (file ? "d.example/a" : "d.example/a d.example/b"));
    BOOST_TEST(loaded.complaints.size() == (file ? 1u : 0u));
  }
  const auto twice =
      load_texts("k d.example:one:" + key_in_a_row() + "\nk d.example:two:" + key_in_a_row() + "\n",
                 "example.com k\n");
  BOOST_TEST(selected(*twice.tables, "joe", "example.com") == "d.example/one");
  BOOST_TEST_REQUIRE(twice.complaints.size() == 1u);
  BOOST_TEST(twice.complaints[0].ends_with(
      "KeyTable:2: the name \"k\" is there already in line 1, which counts"));
}

BOOST_AUTO_TEST_CASE(names_of_keys_have_their_case) {
  const auto loaded = load_texts(keys({"K", "k"}), "a.example K\nb.example k\nc.example %\n");
  BOOST_TEST(selected(*loaded.tables, "joe", "a.example") == "d.example/k");
  BOOST_TEST(loaded.complaints.empty());
  const auto none = load_texts(keys({"K"}), "a.example k\n");
  BOOST_TEST(selected(*none.tables, "joe", "a.example").starts_with("trouble: "));
}

BOOST_AUTO_TEST_CASE(one_key_signs_once) {
  const auto loaded =
      load_texts(keys({"k"}), "joe@example.com k:joe@d.example\nexample.com k\n* k\n");
  BOOST_TEST(selected(*loaded.tables, "joe", "example.com", true) == "d.example/k i=joe@d.example");
}

BOOST_AUTO_TEST_CASE(percent_is_the_domain_of_the_author) {
  const auto loaded = load_texts("all %:sel:" + key_in_a_row() +
                                     "\nnamed.example named.example:n:" + key_in_a_row() + "\n",
                                 ".example.com all:%@%\n"
                                 "example.com all:@sub.%\n"
                                 "named.example %\n"
                                 "unnamed.example %\n");
  const auto& t = *loaded.tables;
  BOOST_TEST(selected(t, "joe", "a.example.com") ==
             "a.example.com/sel i=a.example.com@a.example.com");
  BOOST_TEST(selected(t, "joe", "example.com") == "example.com/sel i=@sub.example.com");
  BOOST_TEST(selected(t, "joe", "named.example") == "named.example/n");
  BOOST_TEST(selected(t, "joe", "unnamed.example")
                 .ends_with("SigningTable:4: the key table has no key \"unnamed.example\""));
}

BOOST_AUTO_TEST_CASE(an_identity_that_does_not_fit_is_left_out) {
  struct {
    const char* signer;
    const char* identity;
  } const rows[] = {
      {"joe@d.example", " i=joe@d.example"},
      {"@d.example", " i=@d.example"},
      {"joe@D.Example", " i=joe@D.Example"},
      {"joe@a.d.example", " i=joe@a.d.example"},
      {"joe@xd.example", ""},
      {"joe@example", ""},
      {"joe", ""},
      {"d.example", ""},
      {"joe@d.example.", ""},
      {"joe@", ""},
  };
  for (const auto& r : rows) {
    const auto loaded = load_texts(keys({"k"}), std::string("example.com k:") + r.signer + "\n");
    BOOST_TEST(selected(*loaded.tables, "x", "example.com") ==
               std::string("d.example/k") + r.identity);
  }
}

BOOST_AUTO_TEST_CASE(comments_blanks_and_line_ends) {
  const auto loaded = load_texts("# keys\n\n  k1\t d.example:k1:" + key_in_a_row() +
                                     "  # the first\r\nk2   d.example : k2 : " + key_in_a_row(),
                                 "\r\n#example.com k2\n  example.com  k1   # not k2\n"
                                 "example.net\tk2");
  BOOST_TEST(loaded.complaints.empty());
  BOOST_TEST(loaded.tables->key_rows() == 2u);
  BOOST_TEST(loaded.tables->signing_rows() == 2u);
  BOOST_TEST(selected(*loaded.tables, "joe", "example.com") == "d.example/k1");
  BOOST_TEST(selected(*loaded.tables, "joe", "example.net") == "d.example/k2");
}

BOOST_AUTO_TEST_CASE(lists_in_the_configuration) {
  const auto loaded =
      load("csl:k=d.example:k:" + key_in_a_row() + ", l = e.example:l:" + key_in_a_row(),
           "csl:example.com=k, .example.com = l ,bad");
  BOOST_TEST(selected(*loaded.tables, "joe", "example.com") == "d.example/k");
  BOOST_TEST(selected(*loaded.tables, "joe", "a.example.com") == "e.example/l");
  BOOST_TEST_REQUIRE(loaded.complaints.size() == 1u);
  BOOST_TEST(loaded.complaints[0].starts_with("csl:3: "));
}

BOOST_AUTO_TEST_CASE(a_key_table_of_patterns) {
  const auto loaded = load("refile:" + write("keys", "k* d.example:one:" + key_in_a_row() +
                                                         "\n* %:two:" + key_in_a_row() + "\n"),
                           "csl:example.com=k9,example.net=other,example.org=%");
  BOOST_TEST(selected(*loaded.tables, "joe", "example.com") == "d.example/one");
  BOOST_TEST(selected(*loaded.tables, "joe", "example.net") == "example.net/two");
  BOOST_TEST(selected(*loaded.tables, "joe", "example.org") == "example.org/two");
}

BOOST_AUTO_TEST_CASE(a_bad_row_is_trouble_for_its_own_mail_only) {
  const auto loaded = load_texts("good good.example:s:" + key_in_a_row() +
                                     "\n"
                                     "nothing\n"
                                     "no-key bad.example:s\n"
                                     "no-domain -:s:" +
                                     key_in_a_row() +
                                     "\n"
                                     "no-file bad.example:s:/nowhere/key\n"
                                     "no-path bad.example:s:keys/x.private\n"
                                     "old bad.example:s:" +
                                     key_in_a_row() +
                                     ":rsa-sha1\n"
                                     "other bad.example:s:" +
                                     key_in_a_row() +
                                     ":rsa-sha256\n"
                                     "fitting good.example:t:" +
                                     key_in_a_row() +
                                     ":ed25519-sha256\n"
                                     "more bad.example:s:" +
                                     key_in_a_row() + ":rsa-sha256:x\n",
                                 "good.example good\nfitting.example fitting\n"
                                 "a.example nothing\nb.example no-key\nc.example no-domain\n"
                                 "d.example no-file\ne.example no-path\nf.example old\n"
                                 "g.example other\nh.example more\ni.example missing\nj.example\n"
                                 "k.example good:x@y:z\n");
  const auto& t = *loaded.tables;
  BOOST_TEST(selected(t, "x", "good.example") == "good.example/s");
  BOOST_TEST(selected(t, "x", "fitting.example") == "good.example/t");
  BOOST_TEST(selected(t, "x", "foreign.example") == "");
  struct {
    const char* domain;
    const char* why;
  } const rows[] = {
      {"a.example", "KeyTable:2: NAME DOMAIN:SELECTOR:KEY is expected"},
      {"b.example", "KeyTable:3: NAME DOMAIN:SELECTOR:KEY is expected"},
      {"c.example", "KeyTable:4: this is no domain name"},
      {"d.example", "KeyTable:5: /nowhere/key: cannot open the key"},
      {"e.example", "KeyTable:6: the key in the row (a path would begin with"},
      {"f.example", "KeyTable:7: the algorithm \"rsa-sha1\""},
      {"g.example", "KeyTable:8: the row asks for rsa-sha256, but the key is of type Ed25519"},
      {"h.example", "KeyTable:10: NAME DOMAIN:SELECTOR:KEY is expected"},
      {"i.example", "SigningTable:11: the key table has no key \"missing\""},
      {"j.example", "SigningTable:12: PATTERN KEYNAME"},
      {"k.example", "SigningTable:13: PATTERN KEYNAME"},
  };
  for (const auto& r : rows) {
    const auto got = selected(t, "x", r.domain);
    BOOST_TEST((got.find(r.why) != std::string::npos), r.domain << ": " << got);
    BOOST_TEST(got.starts_with("trouble: "));
  }
  BOOST_TEST(loaded.complaints.size() == 9u); // all but the two that only the parsed key shows
  BOOST_TEST(t.unusable().size() == 11u);
}

BOOST_AUTO_TEST_CASE(with_several_rows_the_good_keys_sign_beside_the_trouble) {
  const auto loaded = load_texts(keys({"k"}) + "bad\n", "example.com k\n* bad\n");
  const auto got = selected(*loaded.tables, "x", "example.com", true);
  BOOST_TEST(got.starts_with("d.example/k trouble: "));
  BOOST_TEST(selected(*loaded.tables, "x", "example.com") == "d.example/k");
}

BOOST_AUTO_TEST_CASE(rows_for_the_other_kind_of_table_are_told) {
  const auto file = load_texts(keys({"k"}), "*@example.com k\n");
  BOOST_TEST_REQUIRE(file.complaints.size() == 1u);
  BOOST_TEST((file.complaints[0].find("\"refile:\"") != std::string::npos));
  const auto refile = load_texts(keys({"k"}), "example.com k\n", "refile");
  BOOST_TEST_REQUIRE(refile.complaints.size() == 1u);
  BOOST_TEST((refile.complaints[0].find("\"*@example.com\"") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(of_many_complaints_the_first_are_told) {
  std::string table;
  for (int i = 0; i < 1000; ++i) {
    table += "d" + std::to_string(i) + ".example missing\n";
  }
  const auto loaded = load_texts(keys({"k"}), table);
  BOOST_TEST_REQUIRE(loaded.complaints.size() == 51u);
  BOOST_TEST(loaded.complaints.back() == "and 950 more rows of the tables are wrong");
}

BOOST_AUTO_TEST_CASE(key_files) {
  const auto key = crypto::private_key::generate(crypto::key_type::ed25519, 0).value();
  const auto absolute = write("keys/a.private", key->to_pem());
  (void)write("keys/b.private", key->to_pem(), 0644);
  const auto loaded =
      load_texts("a a.example:s:" + absolute + "\nr a.example:r:./keys/a.private\nb b.example:s:" +
                     (path / "keys/b.private").string() + "\n",
                 "a.example a\nr.example r\nb.example b\n");
  BOOST_TEST(selected(*loaded.tables, "x", "a.example") == "a.example/s");
  BOOST_TEST(selected(*loaded.tables, "x", "r.example") == "a.example/r");
  const auto bad = selected(*loaded.tables, "x", "b.example");
  BOOST_TEST((bad.find("chmod") != std::string::npos));
  BOOST_TEST(loaded.complaints.size() == 1u);
}

BOOST_AUTO_TEST_CASE(percent_in_a_path) {
  const auto key = crypto::private_key::generate(crypto::key_type::ed25519, 0).value();
  (void)write("keys/a.example/s.private", key->to_pem());
  (void)write("keys/b.example/s.private", "no key");
  (void)write("keys/c.example/other", key->to_pem());
  (void)write("flat/x-a.example.a.example", key->to_pem());
  (void)write("flat/x-a.example.b.example", key->to_pem());
  const auto dir = path.string();
  const auto loaded = load_texts("t %:s:" + dir + "/keys/%/s.private\nf %:f:" + dir +
                                     "/flat/x-%.%\nfixed a.example:x:" + dir +
                                     "/keys/%/s.private\nn %:n:/nowhere/%/x\n",
                                 ".example t\nflat@* f\nfixed.org fixed\nnowhere.org n\n");
  const auto& t = *loaded.tables;
  BOOST_TEST(selected(t, "x", "a.example") == "a.example/s");
  BOOST_TEST((selected(t, "x", "b.example").find("no PEM private key") != std::string::npos));
  BOOST_TEST((selected(t, "x", "c.example").find("there was no key file") != std::string::npos));
  BOOST_TEST(selected(t, "x", "fixed.org") == "a.example/x");
  BOOST_TEST((selected(t, "x", "nowhere.org").find("/nowhere/: ") != std::string::npos));
  BOOST_TEST(selected(t, "flat", "a.org").find("trouble") == 0u);
  BOOST_TEST(selected(t, "flat", "a.example", true) == "a.example/s a.example/f");
}

BOOST_AUTO_TEST_CASE(a_table_with_keys_is_not_for_everybody) {
  const auto keys_file = write("KeyTable", keys({"k"}), 0644);
  const auto loaded = load("file:" + keys_file, "csl:example.com=k");
  const auto got = selected(*loaded.tables, "x", "example.com");
  BOOST_TEST((got.find("chmod 0640 " + keys_file) != std::string::npos));
}

BOOST_AUTO_TEST_CASE(keys_that_are_held) {
  const auto loaded =
      load_texts(keys({"k", "K2"}) + "p %:any:" + key_in_a_row() + "\nbad x\n", "* k\n");
  BOOST_TEST_REQUIRE((loaded.tables->held("d.example", "k2") != nullptr));
  BOOST_TEST(loaded.tables->holds("d.example", "k2"));
  BOOST_TEST(!loaded.tables->holds("d.example", "k3"));
  BOOST_TEST(loaded.tables->held("d.example", "k2")->selector == "k2");
  BOOST_TEST((loaded.tables->held("d.example", "k") != nullptr));
  for (const auto& [d, s] : {std::pair("d.example", "any"), std::pair("x.example", "any"),
                             std::pair("%", "any"), std::pair("", "any"), std::pair("", "")}) {
    BOOST_TEST((loaded.tables->held(d, s) == nullptr), d << "/" << s);
  }
}

BOOST_AUTO_TEST_CASE(where_tables_may_be) {
  using policy::parse_table_source;
  using kind = policy::table_source::kind;
  BOOST_TEST((parse_table_source("/etc/x").value().what == kind::file));
  BOOST_TEST(parse_table_source("/etc/x:y").value().text == "/etc/x:y");
  BOOST_TEST((parse_table_source("REFILE:x").value().what == kind::refile));
  BOOST_TEST(parse_table_source("csl:a=b:c").value().text == "a=b:c");
  for (const char* bad :
       {"", "x", "dsn:mysql://x", "ldap://x", "lua:x", "file:", "csl:", "htp:x"}) {
    BOOST_TEST(parse_table_source(bad).has_error(), bad);
  }
  const policy::table_source gone{kind::file, "/nowhere/table"};
  BOOST_TEST(policy::read_table(gone, "/").error().what.starts_with("/nowhere/table: "));
  const policy::table_source directory{kind::file, "/tmp"};
  BOOST_TEST(policy::read_table(directory, "/").has_error());
}

BOOST_AUTO_TEST_SUITE_END()
