// Random tables and addresses against the plainest reading of opendkim.conf(5): a walk through all
// rows for each name that is looked up. Every failure names its seed.

#include "../../../src/policy/name_index_detail.hpp"
#include "table_files.hpp"
#include <sealonce/policy/wildcard.hpp>

#include <random>

using namespace sealonce;

namespace {

constexpr unsigned first_seed = 20260930;
constexpr unsigned tables = 100;
constexpr unsigned addresses = 60;

/// Few words, so that much of what is looked for is there.
class dice {
public:
  explicit dice(unsigned seed) : generator_(seed) {}
  std::size_t below(std::size_t n) { return generator_() % n; }
  std::string word(std::initializer_list<const char*> words) {
    return *(words.begin() + below(words.size()));
  }
  std::string user() { return word({"joe", "jo", "j", "joejoe", "o@e", "*"}); }
  std::string domain() {
    std::string name = word({"com", "org", "a"});
    for (auto labels = below(4); labels > 0; --labels) {
      name = word({"a", "b", "aa", "com"}) + "." + name;
    }
    return name;
  }
  std::string name() {
    switch (below(6)) {
    case 0:
      return user() + "@" + domain();
    case 1:
      return domain();
    case 2:
      return user() + "@." + domain();
    case 3:
      return "." + domain();
    case 4:
      return user() + "@*";
    default:
      return "*";
    }
  }
  std::string pattern() {
    if (below(3) == 0) {
      return word({"*@", "*@*.", "*", "*.", "j*@", "*o*@*", "*e@"}) + domain();
    }
    std::string text;
    for (auto pieces = 1 + below(4); pieces > 0; --pieces) {
      text += below(2) == 0 ? "*" : word({"j", "jo", "@", ".", ".a", "a.", "com", "@a", "@a.com"});
    }
    return text;
  }

private:
  std::mt19937 generator_;
};

/// The rows of `names` in the order in which opendkim looks for them.
std::vector<std::size_t> plain_file(const std::vector<std::string>& names, const std::string& user,
                                    const std::string& domain) {
  std::vector<std::string> wanted{user + "@" + domain, domain};
  for (auto dot = domain.find('.'); dot != domain.npos; dot = domain.find('.', dot + 1)) {
    wanted.push_back(user + "@" + domain.substr(dot));
    wanted.push_back(domain.substr(dot));
  }
  wanted.push_back(user + "@*");
  wanted.emplace_back("*");
  std::vector<std::size_t> rows;
  for (const auto& name : wanted) {
    const auto at = std::find(names.begin(), names.end(), name);
    if (at != names.end()) {
      rows.push_back(static_cast<std::size_t>(at - names.begin()));
    }
  }
  return rows;
}

/// Whether the pattern matches, by trying every length for the first "*".
bool plain_match(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) {
    return text.empty();
  }
  if (pattern.front() != '*') {
    return !text.empty() && pattern.front() == text.front() &&
           plain_match(pattern.substr(1), text.substr(1));
  }
  for (std::size_t taken = 0; taken <= text.size(); ++taken) {
    if (plain_match(pattern.substr(1), text.substr(taken))) {
      return true;
    }
  }
  return false;
}

std::vector<std::size_t> plain_refile(const std::vector<std::string>& patterns,
                                      const std::string& user, const std::string& domain) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (plain_match(patterns[i], user + "@" + domain)) {
      rows.push_back(i);
    }
  }
  return rows;
}

/// What is expected of `select`: the rows' selectors, those of one row only unless `all`.
std::string expected(const std::vector<std::size_t>& rows, bool all) {
  std::string out;
  for (const auto row : rows) {
    out += (out.empty() ? "d.example/s" : " d.example/s") + std::to_string(row);
    if (!all) {
      break;
    }
  }
  return out;
}

void compare(const test::table_directory& files, unsigned seed, bool refile) {
  dice d(seed);
  std::vector<std::string> patterns;
  std::string keys;
  std::string table;
  for (auto rows = 1 + d.below(30); rows > 0; --rows) {
    const auto number = std::to_string(patterns.size());
    patterns.push_back(refile ? d.pattern() : d.name());
    keys += "k" + number + " d.example:s" + number + ":" + test::key_in_a_row() + "\n";
    table += patterns.back() + " k" + number + "\n";
  }
  const auto loaded = files.load_texts(keys, table, refile ? "refile" : "file");
  for (unsigned i = 0; i < addresses; ++i) {
    const auto user = d.user();
    const auto domain = d.domain();
    const auto rows =
        refile ? plain_refile(patterns, user, domain) : plain_file(patterns, user, domain);
    for (const bool all : {false, true}) {
      const auto got = test::selected(*loaded.tables, user, domain, all);
      if (got != expected(rows, all)) {
        BOOST_ERROR("seed " << seed << (refile ? " refile" : " file") << (all ? " all" : " first")
                            << ": " << user << "@" << domain << ": " << got << ", not "
                            << expected(rows, all) << " in\n"
                            << table);
        return;
      }
    }
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(table_property)

BOOST_AUTO_TEST_CASE(files_as_a_plain_walk_reads_them) {
  const test::table_directory files;
  for (unsigned i = 0; i < tables; ++i) {
    compare(files, first_seed + i, false);
  }
}

BOOST_AUTO_TEST_CASE(refiles_as_a_plain_walk_reads_them) {
  const test::table_directory files;
  for (unsigned i = 0; i < tables; ++i) {
    compare(files, first_seed + i, true);
  }
}

BOOST_AUTO_TEST_CASE(wildcards_match_what_trying_every_length_matches) {
  dice d(first_seed);
  unsigned matching = 0;
  for (unsigned i = 0; i < 10000; ++i) {
    const auto pattern = d.pattern();
    const auto text = d.user() + "@" + d.domain();
    const bool plain = plain_match(pattern, text);
    matching += plain ? 1 : 0;
    BOOST_TEST_REQUIRE(policy::matches(pattern, text) == plain, pattern << " for " << text);
  }
  BOOST_TEST(matching > 500u); // or nothing has been tested
}

// A pattern of many "*" must not take time that grows with their number in the exponent.
BOOST_AUTO_TEST_CASE(hostile_patterns_end) {
  std::string pattern;
  for (int i = 0; i < 300; ++i) {
    pattern += "*a";
  }
  BOOST_TEST(!policy::matches(pattern + "b", std::string(600, 'a')));
  BOOST_TEST(policy::matches(pattern, std::string(600, 'a')));
}

BOOST_AUTO_TEST_CASE(many_rows_are_found_again) {
  struct numbered final : policy::row_names {
    [[nodiscard]] std::string_view name_of(policy::row_index::row r) const override {
      return names.at(r);
    }
    std::vector<std::string> names;
  } rows;
  policy::exact_index index;
  constexpr unsigned count = 20000;
  index.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    rows.names.push_back("d" + std::to_string(i) + ".example");
    BOOST_TEST_REQUIRE(index.add(i, rows) == i);
  }
  for (unsigned i = 0; i < count; ++i) {
    BOOST_TEST_REQUIRE(index.find(rows.names[i], rows) == i);
  }
  BOOST_TEST(index.find("d20000.example", rows) == policy::row_index::none);
  BOOST_TEST(index.find("", rows) == policy::row_index::none);
  BOOST_TEST(policy::exact_index().find("x", rows) == policy::row_index::none);
}

BOOST_AUTO_TEST_SUITE_END()
