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
#include <array>
#include <span>

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

/// The names that are looked up for an address, in their order: a few at once, so that the memory
/// where each would be is on its way before the first one is looked for.
class signing_table::name_sequence {
public:
  struct probe {
    form what;
    split_name name;
    std::uint64_t hash;
  };
  static constexpr std::size_t at_once = 16;

  name_sequence(std::string_view user, std::string_view domain)
      : user_(user), domain_(domain), user_hash_(hash_of(user)), dot_(domain.find('.')) {}

  /// The next names of the forms wanted; empty at the end.
  std::span<const probe> next(unsigned forms) {
    count_ = 0;
    if (!begun_) {
      add(forms, whole_address, domain_);
      add(forms, own_host, domain_);
      begun_ = true;
    }
    for (; dot_ != domain_.npos && count_ + 2 <= at_once; dot_ = domain_.find('.', dot_ + 1)) {
      add(forms, user_at_parent, domain_.substr(dot_));
      add(forms, parent, domain_.substr(dot_));
    }
    if (dot_ == domain_.npos && !ended_ && count_ + 2 <= at_once) {
      add(forms, user_anywhere, "*");
      add(forms, anybody, "*");
      ended_ = true;
    }
    return {probes_.data(), count_};
  }

private:
  void add(unsigned forms, form what, std::string_view host) {
    if ((forms & what) == 0) {
      return;
    }
    const bool with_user = (what & (whole_address | user_at_parent | user_anywhere)) != 0;
    const auto hash = hash_of(host);
    probes_[count_++] = {what,
                         {with_user ? user_ : std::string_view(), host, with_user},
                         with_user ? hash_of_pair(user_hash_, hash) : hash};
  }

  std::string_view user_;
  std::string_view domain_;
  std::uint64_t user_hash_;
  std::size_t dot_;
  bool begun_ = false;
  bool ended_ = false;
  std::size_t count_ = 0;
  std::array<probe, at_once> probes_;
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

void signing_table::find(std::string_view user, std::string_view domain, bool all,
                         selection_trace* trace, std::vector<row>& out) const {
  if (what_ == table_source::kind::refile) {
    return find_pattern(user, domain, all, trace, out);
  }
  name_sequence names(user, domain);
  // Whoever listens hears of all names; those of a form that no row has are not looked for.
  const unsigned wanted = trace != nullptr ? every_form : forms_;
  for (auto probes = names.next(wanted); !probes.empty(); probes = names.next(wanted)) {
    for (const auto& one : probes) {
      names_.prefetch(one.hash);
    }
    for (const auto& one : probes) {
      const bool looked_for = (forms_ & one.what) != 0;
      const row found = looked_for ? names_.find(one.name, one.hash, *this) : row_index::none;
      tell(trace, one.name, found);
      if (found != row_index::none) {
        out.push_back(found);
        if (!all) {
          return;
        }
      }
    }
  }
}

void signing_table::tell(selection_trace* trace, const split_name& name, row found) const {
  if (trace != nullptr) {
    std::string written(name.user);
    written.append(name.at ? "@" : "").append(name.host);
    trace->looked_at("signing_table: " + shown(written) + ": " +
                     (found == row_index::none ? "no row" : "the row " + where(found)));
  }
}

void signing_table::find_pattern(std::string_view user, std::string_view domain, bool all,
                                 selection_trace* trace, std::vector<row>& out) const {
  std::string text(user);
  text.append("@").append(domain);
  if (all) {
    out = patterns_.all(text, *this);
  } else if (const row first = patterns_.first(text, *this); first != row_index::none) {
    out.push_back(first);
  }
  if (trace == nullptr) {
    return;
  }
  if (out.empty()) {
    trace->looked_at("signing_table: no pattern of " + name_ + " matches " + shown(text));
  }
  for (const row r : out) {
    trace->looked_at("signing_table: " + shown(text) + ": the row " + where(r) + ", " +
                     shown(name_of(r)));
  }
}

result<key_table::row> signing_table::key_row(row r, std::string_view author_domain,
                                              const key_table& keys) const {
  if (rows_[r].key == row_index::none) {
    return failure(where(r) + ": " + trouble_.at(r));
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
    if (rows_[r].key == row_index::none) {
      out.push_back(where(r) + ": " + trouble_.at(r));
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
  const auto pattern = name_of(mine);
  const bool star = pattern.find('*') != pattern.npos;
  if (what_ == table_source::kind::refile) {
    patterns_.add(mine, *this);
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
  if (const row other = names_.add(mine, *this); other != mine) {
    wrong.add(name_, from.line,
              shown(from.key) + " is there already in line " + std::to_string(rows_[other].line) +
                  ", which counts");
  }
}

void signing_table::load(const table_text& table, table_source::kind what, const key_table& keys,
                         complaints& wrong) {
  name_ = table.name;
  what_ = what;
  const std::size_t count = table_rows(table.text.view(), what).at_most();
  rows_.reserve(count);
  what == table_source::kind::refile ? patterns_.reserve(count) : names_.reserve(count);
  table_row one;
  for (table_rows rows(table.text.view(), what); rows.next(one);) {
    row_data r = parse(one, keys, wrong);
    r.pattern = pool_.add(normal_form(one.key.substr(0, limits::table_key)));
    rows_.push_back(r);
    add_pattern(one, wrong);
  }
  patterns_.complete();
  pool_.shrink();
}

} // namespace sealonce::policy
