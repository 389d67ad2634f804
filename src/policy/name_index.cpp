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

void exact_index::reserve(std::size_t rows) {
  names_.reserve(rows);
  index_.reserve(rows);
}

row exact_index::add(text_pool::offset name, const text_pool& pool) {
  const auto mine = static_cast<row>(names_.size());
  names_.push_back(name);
  const auto split = split_name::of(pool.at(name));
  return index_.insert(split.hash(), mine, [&](row r) { return split.is(pool.at(names_[r])); });
}

row exact_index::find(const split_name& name, const text_pool& pool) const {
  return index_.find(name.hash(), [&](row r) { return name.is(pool.at(names_[r])); });
}

std::size_t exact_index::octets() const {
  return names_.capacity() * sizeof(text_pool::offset) + index_.octets();
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
  rows_.reserve(rows);
  last_.reserve(rows);
  index_.reserve(rows);
}

void wildcard_index::add(text_pool::offset pattern, const text_pool& pool) {
  const auto mine = static_cast<row>(rows_.size());
  rows_.push_back({pattern, row_index::none});
  last_.push_back(mine);
  const auto bucket = bucket_of(pool.at(pattern));
  const auto first = index_.insert(bucket.hash(), mine, [&](row r) {
    const auto other = bucket_of(pool.at(rows_[r].pattern));
    return other.where == bucket.where && other.prefix == bucket.prefix &&
           other.suffix == bucket.suffix;
  });
  if (first != mine) {
    rows_[last_[first]].next = mine;
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
                                  const text_pool& pool, Visit visit) const {
  row at = index_.find(name.hash(), [&](row r) {
    const auto other = bucket_of(pool.at(rows_[r].pattern));
    return other.where == name.where && other.prefix == name.prefix && other.suffix == name.suffix;
  });
  for (; at != row_index::none; at = rows_[at].next) {
    const auto pattern = pool.at(rows_[at].pattern);
    const bool plain = pattern.size() <= name.prefix.size() + name.suffix.size() + 1;
    if ((plain || matches(pattern, text)) && !visit(at)) {
      return;
    }
  }
}

template <class Visit>
void wildcard_index::visit_shapes(anchor where, std::string_view suffix, std::string_view text,
                                  const text_pool& pool, Visit visit) const {
  for (const auto& [beginning, end] : shapes_[static_cast<std::size_t>(where)]) {
    const auto tail =
        where == anchor::anywhere && end <= text.size() ? text.substr(text.size() - end) : suffix;
    if (end <= text.size() && beginning + tail.size() <= text.size()) {
      visit_bucket({where, text.substr(0, beginning), tail}, text, pool, visit);
    }
  }
}

template <class Visit>
void wildcard_index::visit_matches(std::string_view text, const text_pool& pool,
                                   Visit visit) const {
  if (!shapes_[static_cast<std::size_t>(anchor::whole)].empty()) {
    visit_bucket({anchor::whole, text, {}}, text, pool, visit);
  }
  visit_shapes(anchor::anywhere, {}, text, pool, visit);
  const auto at = text.rfind('@');
  if (at != text.npos) {
    visit_shapes(anchor::at, text.substr(at), text, pool, visit);
  }
  if (shapes_[static_cast<std::size_t>(anchor::dot)].empty()) {
    return;
  }
  for (auto dot = text.find('.', at == text.npos ? 0 : at + 1); dot != text.npos;
       dot = text.find('.', dot + 1)) {
    visit_shapes(anchor::dot, text.substr(dot), text, pool, visit);
  }
}

row wildcard_index::first(std::string_view text, const text_pool& pool) const {
  row best = row_index::none;
  visit_matches(text, pool, [&best](row r) {
    best = std::min(best, r);
    return false; // those behind it in the bucket come later in the table
  });
  return best;
}

std::vector<row> wildcard_index::all(std::string_view text, const text_pool& pool) const {
  std::vector<row> out;
  visit_matches(text, pool, [&out](row r) {
    out.push_back(r);
    return true;
  });
  std::sort(out.begin(), out.end());
  return out;
}

std::size_t wildcard_index::octets() const {
  return rows_.capacity() * sizeof(row_data) + last_.capacity() * sizeof(row) + index_.octets();
}

} // namespace sealonce::policy
