// NAME
//   name_index - names and patterns of a table
//
// DESCRIPTION
//   A name is looked up by the hash of its parts before and behind the last "@", so that nobody has
//   to join them for the lookup.
//
//   A pattern lies in a bucket with all those that begin alike (up to the first "*") and end alike
//   (from the last "*"). An address is looked up in each bucket that it could belong to. Their
//   number does not depend on the table but on the forms of its patterns: an end that begins with
//   "@" can only stand at the last "@" of the address, one that begins with a dot only at a dot of
//   the domain; other ends are tried at each length that occurs in the table.

#include "name_index_detail.hpp"
#include <sealonce/policy/wildcard.hpp>

#include <algorithm>

namespace sealonce::policy {

using row = row_index::row;

split_name split_name::of(std::string_view name) {
  const auto at = name.rfind('@');
  if (at == name.npos) {
    return {{}, name, false};
  }
  return {name.substr(0, at), name.substr(at + 1), true};
}

std::uint64_t split_name::hash() const {
  return at ? hash_of_pair(hash_of(user), hash_of(host)) : hash_of(host);
}

bool split_name::is(std::string_view name) const {
  if (!at) {
    return name == host;
  }
  return name.size() == user.size() + 1 + host.size() && name.starts_with(user) &&
         name[user.size()] == '@' && name.ends_with(host);
}

row exact_index::add(row mine, const row_names& rows) {
  const auto name = split_name::of(rows.name_of(mine));
  return index_.insert(name.hash(), mine, [&](row r) { return name.is(rows.name_of(r)); });
}

row exact_index::find(const split_name& name, std::uint64_t hash, const row_names& rows) const {
  return index_.find(hash, [&](row r) { return name.is(rows.name_of(r)); });
}

std::uint64_t wildcard_index::bucket_name::hash() const {
  return hash_of_pair(hash_of(prefix) + static_cast<std::uint64_t>(where), hash_of(suffix));
}

wildcard_index::bucket_name wildcard_index::bucket_of(std::string_view pattern) {
  const auto first = pattern.find('*');
  if (first == pattern.npos) {
    return {anchor::whole, pattern, {}};
  }
  const auto prefix = pattern.substr(0, first);
  const auto suffix = pattern.substr(pattern.rfind('*') + 1);
  const auto at = suffix.rfind('@');
  if (at == 0) {
    return {anchor::at, prefix, suffix};
  }
  if (at == suffix.npos && suffix.starts_with('.')) {
    return {anchor::dot, prefix, suffix};
  }
  return {anchor::anywhere, prefix, suffix};
}

void wildcard_index::reserve(std::size_t rows) {
  next_.reserve(rows);
  last_.reserve(rows);
  index_.reserve(rows);
}

void wildcard_index::add(row mine, const row_names& rows) {
  next_.push_back(row_index::none);
  last_.push_back(mine);
  const auto bucket = bucket_of(rows.name_of(mine));
  const auto first = index_.insert(bucket.hash(), mine, [&](row r) {
    const auto other = bucket_of(rows.name_of(r));
    return other.where == bucket.where && other.prefix == bucket.prefix &&
           other.suffix == bucket.suffix;
  });
  if (first != mine) {
    next_[last_[first]] = mine;
    last_[first] = mine;
    return;
  }
  const bool end_counts = bucket.where == anchor::anywhere;
  const shape form{static_cast<std::uint16_t>(bucket.prefix.size()),
                   static_cast<std::uint16_t>(end_counts ? bucket.suffix.size() : 0)};
  auto& known = shapes_[static_cast<std::size_t>(bucket.where)];
  const auto place = std::lower_bound(known.begin(), known.end(), form);
  if (place == known.end() || *place != form) {
    known.insert(place, form);
  }
}

template <class Visit>
void wildcard_index::visit_bucket(const bucket_name& name, std::string_view text,
                                  const row_names& rows, Visit visit) const {
  row at = index_.find(name.hash(), [&](row r) {
    const auto other = bucket_of(rows.name_of(r));
    return other.where == name.where && other.prefix == name.prefix && other.suffix == name.suffix;
  });
  for (; at != row_index::none; at = next_[at]) {
    const auto pattern = rows.name_of(at);
    const bool plain = pattern.size() <= name.prefix.size() + name.suffix.size() + 1;
    if ((plain || matches(pattern, text)) && !visit(at)) {
      return;
    }
  }
}

template <class Visit>
void wildcard_index::visit_shapes(anchor where, std::string_view suffix, std::string_view text,
                                  const row_names& rows, Visit visit) const {
  for (const auto& [beginning, end] : shapes_[static_cast<std::size_t>(where)]) {
    const auto tail =
        where == anchor::anywhere && end <= text.size() ? text.substr(text.size() - end) : suffix;
    if (end <= text.size() && beginning + tail.size() <= text.size()) {
      visit_bucket({where, text.substr(0, beginning), tail}, text, rows, visit);
    }
  }
}

template <class Visit>
void wildcard_index::visit_matches(std::string_view text, const row_names& rows,
                                   Visit visit) const {
  if (!shapes_[static_cast<std::size_t>(anchor::whole)].empty()) {
    visit_bucket({anchor::whole, text, {}}, text, rows, visit);
  }
  visit_shapes(anchor::anywhere, {}, text, rows, visit);
  const auto at = text.rfind('@');
  if (at != text.npos) {
    visit_shapes(anchor::at, text.substr(at), text, rows, visit);
  }
  if (shapes_[static_cast<std::size_t>(anchor::dot)].empty()) {
    return;
  }
  for (auto dot = text.find('.', at == text.npos ? 0 : at + 1); dot != text.npos;
       dot = text.find('.', dot + 1)) {
    visit_shapes(anchor::dot, text.substr(dot), text, rows, visit);
  }
}

row wildcard_index::first(std::string_view text, const row_names& rows) const {
  row best = row_index::none;
  visit_matches(text, rows, [&best](row r) {
    best = std::min(best, r);
    return false; // those behind it in the bucket come later in the table
  });
  return best;
}

std::vector<row> wildcard_index::all(std::string_view text, const row_names& rows) const {
  std::vector<row> out;
  visit_matches(text, rows, [&out](row r) {
    out.push_back(r);
    return true;
  });
  std::sort(out.begin(), out.end());
  return out;
}

std::size_t wildcard_index::octets() const {
  return (next_.capacity() + last_.capacity()) * sizeof(row) + index_.octets();
}

} // namespace sealonce::policy
