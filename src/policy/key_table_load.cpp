// NAME
//   key_table_load - how the rows of a KeyTable come in
//
// DESCRIPTION
//   Every key file is opened here, while the process may still read it; a file that many rows name
//   is read once. A path with "%" for the author's domain stands for all files that fit it now:
//   nobody can tell which domains will write. At a reload the process may have lost the right to
//   read a file: then the key stays that was read from it before.
//
// DIAGNOSTICS
//   A row that is wrong gets a complaint and stays as one that cannot sign, so that its mail is
//   deferred and not sent unsigned.

#include "key_table_detail.hpp"
#include <sealonce/config/names.hpp>
#include <sealonce/config/settings.hpp>
#include <sealonce/limits.hpp>
#include <sealonce/policy/wildcard.hpp>

#include <algorithm>
#include <optional>
#include <system_error>

namespace sealonce::policy {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view form = "NAME DOMAIN:SELECTOR:KEY is expected, KEY being a path that "
                                  "begins with \"/\" or \"./\", or the base64 of a private key";

bool is_path(std::string_view key) {
  return key.starts_with('/') || key.starts_with("./") || key.starts_with("../");
}

std::string with_domain(std::string_view text, std::string_view domain) {
  std::string out;
  for (const char c : text) {
    c == '%' ? out.append(domain) : out.append(1, c);
  }
  return out;
}

} // namespace

/// What is needed only while the rows come in.
struct key_table::loader {
  key_table& to;
  const table_text& table;
  const reading& how;
  complaints& wrong;
  /// Looked up without a string of their own.
  template <class Value>
  using by_name = std::unordered_map<std::string, Value, config::name_hash, std::equal_to<>>;
  by_name<std::uint32_t> by_written; ///< keys by the paths as they are written
  by_name<std::uint32_t> by_path;
  by_name<text_pool::offset> by_text;
  /// The keys of `how.before` by their files; made when the first one is needed.
  std::optional<std::unordered_map<std::string_view, std::shared_ptr<const crypto::stored_key>>>
      old_keys;

  void add(const table_row& from);
  result<row_data> parse(const table_row& from, text_pool::offset name);
  result<std::uint32_t> key_from(std::string_view written);
  std::uint32_t key_from_file(const std::string& path);
  std::shared_ptr<const crypto::stored_key> old_key(std::string_view path);
  bool keep_old_authors(author_keys& keys);
  void complain(const row_data& r);
  result<std::uint32_t> keys_of_authors(std::string_view path);
  text_pool::offset text(const std::string& content);
};

namespace {

result<void> check_part(std::string_view part) {
  if (part.empty() || part.size() > limits::table_key) {
    return failure(std::string(form));
  }
  return success();
}

} // namespace

/// Selectors and domains repeat: each is kept once.
text_pool::offset key_table::loader::text(const std::string& content) {
  const auto known = by_text.find(content);
  if (known != by_text.end()) {
    return known->second;
  }
  const auto where = to.pool_.add(content);
  constexpr std::size_t most = 4096; // more different ones than this hardly repeat
  if (by_text.size() < most) {
    by_text.emplace(content, where);
  }
  return where;
}

std::uint32_t key_table::loader::key_from_file(const std::string& path) {
  const auto [known, is_new] = by_path.emplace(path, static_cast<std::uint32_t>(to.keys_.size()));
  if (is_new) {
    auto key = crypto::stored_key::read(path, how.later);
    to.keys_.push_back(key ? key_slot{std::move(key).value(), {}}
                           : key_slot{old_key(path), key.error().what});
  }
  return known->second;
}

std::shared_ptr<const crypto::stored_key> key_table::loader::old_key(std::string_view path) {
  if (how.before == nullptr) {
    return nullptr;
  }
  if (!old_keys) {
    old_keys.emplace();
    for (const key_slot& slot : how.before->keys_) {
      if (slot.key && !slot.key->file().empty()) {
        old_keys->emplace(slot.key->file(), slot.key);
      }
    }
  }
  const auto found = old_keys->find(path);
  return found == old_keys->end() ? nullptr : found->second;
}

/// The files that a path with "%" stands for: "%" is tried as each name of its first directory
/// level that has one.
result<std::uint32_t> key_table::loader::keys_of_authors(std::string_view path) {
  const auto percent = path.find('%');
  const auto begin = path.rfind('/', percent) + 1;
  const auto end = std::min(path.find('/', percent), path.size());
  const auto level = path.substr(begin, end - begin);
  const auto before = level.find('%');
  const auto behind = level.size() - level.rfind('%') - 1;
  author_keys keys;
  keys.path = path;
  bool denied = false;
  std::error_code error;
  for (fs::directory_iterator at(path.substr(0, begin), error), last; !error && at != last;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.size() <= before + behind) {
      continue;
    }
    // Of several "%" in one level all are as long as the first.
    const auto signs = static_cast<std::size_t>(std::count(level.begin(), level.end(), '%'));
    const auto length = (name.size() - (level.size() - signs)) / signs;
    const auto domain = config::parse_domain(std::string_view(name).substr(before, length));
    const bool fits = domain && with_domain(level, domain.value()) == name;
    const std::string file = fits ? with_domain(path, domain.value()) : "";
    if (fits && fs::is_regular_file(file, error)) {
      keys.by_domain.emplace(domain.value(), key_from_file(file));
    }
    denied = denied || error == std::errc::permission_denied;
    error.clear();
  }
  denied = denied || error == std::errc::permission_denied;
  const bool kept = denied && keep_old_authors(keys);
  if (error && !kept) {
    return failure(std::string(path.substr(0, begin)) + ": " + error.message());
  }
  to.by_author_.push_back(std::move(keys));
  return static_cast<std::uint32_t>(to.by_author_.size() - 1);
}

/// Authors whose keys were there before, and whose directories cannot be looked into any more.
bool key_table::loader::keep_old_authors(author_keys& keys) {
  if (how.before == nullptr) {
    return false;
  }
  const auto& all = how.before->by_author_;
  const auto old = std::find_if(all.begin(), all.end(),
                                [&](const author_keys& one) { return one.path == keys.path; });
  if (old == all.end()) {
    return false;
  }
  for (const auto& [author, index] : old->by_domain) {
    const key_slot& slot = how.before->keys_[index];
    if (slot.key && keys.by_domain.count(author) == 0) {
      keys.by_domain.emplace(author, static_cast<std::uint32_t>(to.keys_.size()));
      to.keys_.push_back({slot.key, with_domain(keys.path, author) + ": its directory cannot be "
                                                                     "entered any more"});
    }
  }
  return true;
}

result<std::uint32_t> key_table::loader::key_from(std::string_view written) {
  if (is_path(written)) {
    if (const auto known = by_written.find(written); known != by_written.end()) {
      return known->second;
    }
    const auto key = key_from_file((how.beside / written).lexically_normal().string());
    by_written.emplace(written, key);
    return key;
  }
  if (table.open_to_others) {
    return failure("the row holds a private key, and others can get at the table: chmod 0640 " +
                   table.name);
  }
  const char* name = "the key in the row (a path would begin with \"/\" or \"./\")";
  to.keys_.push_back({crypto::stored_key::from_line(written, name), {}});
  return static_cast<std::uint32_t>(to.keys_.size() - 1);
}

result<key_table::row_data> key_table::loader::parse(const table_row& from,
                                                     text_pool::offset name) {
  row_data r;
  r.name = name;
  r.line = from.line;
  auto value = from.value;
  const auto domain = take_part(value);
  const auto selector = take_part(value);
  const auto key = take_part(value);
  const auto algorithm = lower_case(take_part(value));
  BOOST_OUTCOME_TRY(check_part(domain));
  BOOST_OUTCOME_TRY(check_part(selector));
  if (key.empty() || !value.empty() || from.key.size() > limits::table_key) {
    return failure(std::string(form));
  }
  BOOST_OUTCOME_TRY(const auto s, config::parse_selector(selector));
  const bool of_author = domain == "%";
  std::string d;
  if (!of_author) {
    BOOST_OUTCOME_TRY(d, config::parse_domain(domain));
    BOOST_OUTCOME_TRY(const auto record, config::key_record_name(s, d));
    (void)record;
  }
  r.domain = d == from.key ? name : text(d); // many keys are called as their domain
  r.selector = text(s);
  if (algorithm == "rsa-sha256" || algorithm == "ed25519-sha256") {
    r.must_be = algorithm.starts_with('r') ? algorithm::rsa : algorithm::ed25519;
  } else if (!algorithm.empty()) {
    return failure("the algorithm " + shown(algorithm) +
                   " is not one that may sign: \"rsa-sha256\" or \"ed25519-sha256\" is expected");
  }
  const bool template_path = key.starts_with('/') && key.find('%') != key.npos;
  r.by_author = template_path && of_author;
  if (r.by_author) {
    BOOST_OUTCOME_TRY(r.key, keys_of_authors(key));
  } else if (template_path) {
    r.key = key_from_file(with_domain(key, d));
  } else {
    BOOST_OUTCOME_TRY(r.key, key_from(key));
  }
  return r;
}

void key_table::loader::complain(const row_data& r) {
  const auto about = [&](std::uint32_t index) {
    const key_slot& slot = to.keys_[index];
    if (!slot.why.empty()) {
      wrong.add(table.name, r.line,
                slot.key ? slot.why + "; the key that was read before stays in use" : slot.why);
    }
  };
  if (!r.by_author) {
    return about(r.key);
  }
  for (const auto& [author, index] : to.by_author_[r.key].by_domain) {
    about(index);
  }
}

void key_table::loader::add(const table_row& from) {
  const auto mine = static_cast<row>(to.rows_.size());
  row_data r;
  r.name = to.pool_.add(from.key.substr(0, limits::table_key));
  r.line = from.line;
  const auto parsed = parse(from, r.name);
  if (parsed) {
    r = parsed.value();
    complain(r);
  } else {
    to.trouble_.emplace(mine, parsed.error().what);
    wrong.add(table.name, from.line, parsed.error().what);
    r.domain = r.selector = text("");
  }
  to.rows_.push_back(r);
  if (to.what_ == table_source::kind::refile) {
    to.patterns_.add(mine, to);
  } else if (const row other = to.names_.add(mine, to); other != mine) {
    wrong.add(table.name, from.line,
              "the name " + shown(from.key) + " is there already in line " +
                  std::to_string(to.rows_[other].line) + ", which counts");
  }
  const auto domain = to.pool_.at(r.domain);
  if (parsed && !domain.empty()) {
    const auto selector = to.pool_.at(r.selector);
    to.held_.insert(hash_of_pair(hash_of(domain), hash_of(selector)), mine, [&](row other) {
      return to.pool_.at(to.rows_[other].domain) == domain &&
             to.pool_.at(to.rows_[other].selector) == selector;
    });
  }
}

void key_table::load(const table_text& table, table_source::kind what, const reading& how,
                     complaints& wrong) {
  name_ = table.name;
  what_ = what;
  const std::size_t count = table_rows(table.text.view(), what).at_most();
  rows_.reserve(count);
  held_.reserve(count);
  what == table_source::kind::refile ? patterns_.reserve(count) : names_.reserve(count);
  loader in{*this, table, how, wrong, {}, {}, {}, {}};
  table_row one;
  for (table_rows rows(table.text.view(), what); rows.next(one);) {
    in.add(one);
  }
  patterns_.complete();
  pool_.shrink();
  keys_.shrink_to_fit();
}

} // namespace sealonce::policy
