// NAME
//   signing_table - OpenDKIM's SigningTable
//
// DESCRIPTION
//   The order is that of opendkim's source (opendkim.c, dkimf_apply_signtable), where the manual
//   page is less exact: user@host, host, then for each parent of the host user@.parent and .parent,
//   then user@*, then *. A pattern table ("refile:") is gone through in the order of its rows.
//
// DIAGNOSTICS
//   A row without a key, or with one that the key table does not have, gets a complaint, and mail
//   that it is for is deferred. So does, as a mere warning, a row that can never match because its
//   table is of the other kind.

#include "signing_table_detail.hpp"
#include <sealonce/limits.hpp>
#include <sealonce/message/domain_name.hpp>
#include <sealonce/policy/wildcard.hpp>

#include <algorithm>

namespace sealonce::policy {

using row = row_index::row;

namespace {

/// The pattern in lower case, the domain in it in A-labels as far as it is one.
std::string normal_form(std::string_view written) {
  std::string pattern = lower_case(written);
  const bool ascii = std::all_of(pattern.begin(), pattern.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) {
    return pattern;
  }
  const auto at = pattern.rfind('@');
  const auto begin = pattern.find_first_not_of("*.", at == pattern.npos ? 0 : at + 1);
  if (begin != pattern.npos) {
    if (const auto domain = message::to_a_labels(pattern.substr(begin))) {
      pattern.replace(begin, pattern.npos, *domain);
    }
  }
  return pattern;
}

} // namespace

class signing_table::walk {
public:
  walk(const signing_table& table, bool all, selection_trace* trace)
      : table_(table), all_(all), trace_(trace) {}

  /// Returns whether enough has been found.
  bool look_up(form what, const split_name& name) {
    row found = row_index::none;
    if ((table_.forms_ & what) != 0) {
      found = table_.names_.find(name, table_.pool_);
    }
    if (trace_ != nullptr) {
      std::string written(name.user);
      written.append(name.at ? "@" : "").append(name.host);
      tell(written, found);
    }
    if (found == row_index::none) {
      return false;
    }
    rows.push_back(found);
    return !all_;
  }

  std::vector<row> rows;

private:
  void tell(const std::string& name, row found) {
    trace_->looked_at("signing_table: " + shown(name) + ": " +
                      (found == row_index::none ? "no row" : "the row " + table_.where(found)));
  }

  const signing_table& table_;
  bool all_;
  selection_trace* trace_;
};

signing_table::form signing_table::form_of(std::string_view pattern) {
  if (pattern == "*") {
    return anybody;
  }
  const auto split = split_name::of(pattern);
  if (!split.at) {
    return split.host.starts_with('.') ? parent : own_host;
  }
  if (split.host == "*") {
    return user_anywhere;
  }
  return split.host.starts_with('.') ? user_at_parent : whole_address;
}

std::vector<row> signing_table::find(std::string_view user, std::string_view domain, bool all,
                                     selection_trace* trace) const {
  if (what_ == table_source::kind::refile) {
    std::string text(user);
    text.append("@").append(domain);
    const row first = all ? row_index::none : patterns_.first(text, pool_);
    auto rows =
        all ? patterns_.all(text, pool_) : std::vector<row>(first != row_index::none, first);
    if (trace != nullptr && rows.empty()) {
      trace->looked_at("signing_table: no pattern of " + name_ + " matches " + shown(text));
    }
    for (const row r : rows) {
      if (trace != nullptr) {
        trace->looked_at("signing_table: " + shown(text) + ": the row " + where(r) + ", " +
                         shown(pool_.at(rows_[r].pattern)));
      }
    }
    return rows;
  }
  walk w(*this, all, trace);
  bool enough =
      w.look_up(whole_address, {user, domain, true}) || w.look_up(own_host, {{}, domain, false});
  for (auto dot = domain.find('.'); dot != domain.npos && !enough;
       dot = domain.find('.', dot + 1)) {
    const auto rest = domain.substr(dot);
    enough = w.look_up(user_at_parent, {user, rest, true}) || w.look_up(parent, {{}, rest, false});
  }
  enough =
      enough || w.look_up(user_anywhere, {user, "*", true}) || w.look_up(anybody, {{}, "*", false});
  return std::move(w.rows);
}

result<key_table::row> signing_table::key_row(row r, std::string_view author_domain,
                                              const key_table& keys) const {
  if (const auto bad = trouble_.find(r); bad != trouble_.end()) {
    return failure(where(r) + ": " + bad->second);
  }
  if (rows_[r].key != named_by_author) {
    return rows_[r].key;
  }
  const auto found = keys.find(author_domain);
  if (found == row_index::none) {
    return failure(where(r) + ": the key table has no key " + shown(author_domain));
  }
  return found;
}

std::string signing_table::signer(row r, std::string_view author_domain) const {
  std::string out;
  if (rows_[r].signer != no_signer) {
    for (const char c : pool_.at(rows_[r].signer)) {
      c == '%' ? out.append(author_domain) : out.append(1, c);
    }
  }
  return out;
}

std::vector<std::string> signing_table::unusable() const {
  std::vector<std::string> out;
  for (row r = 0; r < rows_.size(); ++r) {
    if (const auto bad = trouble_.find(r); bad != trouble_.end()) {
      out.push_back(where(r) + ": " + bad->second);
    }
  }
  return out;
}

std::string signing_table::where(row r) const {
  return place_in(name_, rows_[r].line);
}

std::size_t signing_table::octets() const {
  return pool_.octets() + rows_.capacity() * sizeof(row_data) + names_.octets() +
         patterns_.octets();
}

signing_table::row_data signing_table::parse(const table_row& from, const key_table& keys,
                                             complaints& wrong) {
  row_data r;
  r.line = from.line;
  auto value = from.value;
  const auto name = take_part(value);
  const auto signer = take_part(value);
  if (!signer.empty() && signer.size() <= limits::table_key) {
    r.signer = pool_.add(signer);
  }
  std::string bad;
  if (name == "%") {
    r.key = named_by_author;
  } else if (name.empty() || from.key.size() > limits::table_key ||
             signer.size() > limits::table_key || !value.empty()) {
    bad = "PATTERN KEYNAME or PATTERN KEYNAME:SIGNER is expected";
  } else if (r.key = keys.find(name); r.key == row_index::none) {
    bad = "the key table has no key " + shown(name);
  }
  if (!bad.empty()) {
    wrong.add(name_, r.line, bad);
    trouble_.emplace(static_cast<row>(rows_.size()), std::move(bad));
  }
  return r;
}

void signing_table::add_pattern(const table_row& from, complaints& wrong) {
  const auto mine = static_cast<row>(rows_.size() - 1);
  const auto pattern = pool_.at(rows_.back().pattern);
  const bool star = pattern.find('*') != pattern.npos;
  if (what_ == table_source::kind::refile) {
    patterns_.add(rows_.back().pattern, pool_);
    if (!star && pattern.find('@') == pattern.npos) {
      wrong.add(name_, from.line,
                shown(from.key) + " matches no address; in a \"refile:\" write \"*@" +
                    std::string(pattern) + "\"");
    }
    return;
  }
  const form what = form_of(pattern);
  forms_ |= what;
  if (star && what != anybody && what != user_anywhere) {
    wrong.add(name_, from.line,
              shown(from.key) + " matches no address: patterns stand in a table that is named as "
                                "\"refile:\"");
  }
  if (const row other = names_.add(rows_.back().pattern, pool_); other != mine) {
    wrong.add(name_, from.line,
              shown(from.key) + " is there already in line " + std::to_string(rows_[other].line) +
                  ", which counts");
  }
}

void signing_table::load(const table_text& table, table_source::kind what, const key_table& keys,
                         complaints& wrong) {
  name_ = table.name;
  what_ = what;
  std::size_t count = 0;
  table_row one;
  for (table_rows rows(table.text.view(), what); rows.next(one);) {
    ++count;
  }
  rows_.reserve(count);
  what == table_source::kind::refile ? patterns_.reserve(count) : names_.reserve(count);
  for (table_rows rows(table.text.view(), what); rows.next(one);) {
    row_data r = parse(one, keys, wrong);
    r.pattern = pool_.add(normal_form(one.key.substr(0, limits::table_key)));
    rows_.push_back(r);
    add_pattern(one, wrong);
  }
  pool_.shrink();
}

} // namespace sealonce::policy
