// NAME
//   signing_tables - key table and signing table together
//
// DIAGNOSTICS
//   What is wrong with one row is a complaint at loading, and trouble for the mail that the row is
//   for.

#include "signing_table_detail.hpp"
#include <sealonce/policy/reason.hpp>
#include <sealonce/policy/signing_tables.hpp>
#include <sealonce/policy/wildcard.hpp>

#include <algorithm>
#include <stdexcept>

namespace sealonce::policy {

struct signing_tables::parts {
  key_table keys;
  signing_table signing;

  /// One row's key into `out`.
  void take(signing_table::row r, std::string_view domain, selection& out,
            selection_trace* trace) const;
};

namespace {

void note_trouble(std::string why, selection& out, selection_trace* trace) {
  if (trace != nullptr) {
    trace->looked_at("key_table: " + why);
  }
  if (!out.key_trouble) {
    out.key_trouble = true;
    out.reason = reason::key_unusable;
    out.detail = std::move(why);
  }
}

/// i= must be of d= or below it (RFC 6376 §3.5); OpenDKIM leaves out one that is not.
std::string fitting_identity(std::string signer, std::string_view domain) {
  const auto at = signer.rfind('@');
  if (at == signer.npos) {
    return {};
  }
  const std::string host = lower_case(signer.substr(at + 1));
  const bool below = host.size() > domain.size() && host.ends_with(domain) &&
                     host[host.size() - domain.size() - 1] == '.';
  return host == domain || below ? signer : std::string();
}

} // namespace

void signing_tables::parts::take(signing_table::row r, std::string_view domain, selection& out,
                                 selection_trace* trace) const {
  const auto key_row = signing.key_row(r, domain, keys);
  if (!key_row) {
    return note_trouble(key_row.error().what, out, trace);
  }
  auto key = keys.key(key_row.value(), domain);
  if (!key) {
    return note_trouble(key.error().what, out, trace);
  }
  const dkim::signing_key& k = *key.value();
  if (trace != nullptr) {
    trace->looked_at("key_table: the row " + keys.where(key_row.value()) + ": d=" + k.domain +
                     " s=" + k.selector);
  }
  const bool there = std::any_of(out.keys.begin(), out.keys.end(), [&k](const selected_key& other) {
    return other.key->domain == k.domain && other.key->selector == k.selector;
  });
  if (!there) {
    auto identity = fitting_identity(signing.signer(r, domain), k.domain);
    out.keys.push_back({std::move(key).value(), std::move(identity)});
  }
}

signing_tables::signing_tables(std::unique_ptr<const parts> p) : parts_(std::move(p)) {}
signing_tables::~signing_tables() = default;

result<signing_tables::loaded> signing_tables::load(const sources& from) {
  auto p = std::make_unique<parts>();
  complaints wrong;
  try {
    BOOST_OUTCOME_TRY(const auto keys, read_table(from.keys, from.beside));
    const key_table* before = from.before != nullptr ? &from.before->parts_->keys : nullptr;
    p->keys.load(keys, from.keys.what, {from.beside, from.later, before}, wrong);
    BOOST_OUTCOME_TRY(const auto signing, read_table(from.signing, from.beside));
    p->signing.load(signing, from.signing.what, p->keys, wrong);
  } catch (const std::length_error& e) {
    return failure(e.what());
  }
  loaded out;
  out.complaints = wrong.all();
  out.tables = std::shared_ptr<const signing_tables>(new signing_tables(std::move(p)));
  return out;
}

bool signing_tables::select(std::string_view local_part, std::string_view domain, bool all,
                            selection& out, selection_trace* trace) const {
  const std::string user = lower_case(local_part);
  thread_local std::vector<signing_table::row> rows; // keeps its memory from message to message
  rows.clear();
  parts_->signing.find(user, domain, all, trace, rows);
  for (const auto r : rows) {
    parts_->take(r, domain, out, trace);
  }
  return !rows.empty();
}

std::shared_ptr<const dkim::signing_key> signing_tables::held(std::string_view domain,
                                                              std::string_view selector) const {
  const auto r = parts_->keys.held(domain, selector);
  if (r == row_index::none) {
    return nullptr;
  }
  auto key = parts_->keys.key(r, domain);
  return key ? std::move(key).value() : nullptr;
}

bool signing_tables::holds(std::string_view domain, std::string_view selector) const {
  return parts_->keys.held(domain, selector) != row_index::none;
}

std::vector<std::string> signing_tables::unusable() const {
  auto out = parts_->keys.unusable();
  const auto rows = parts_->signing.unusable();
  out.insert(out.end(), rows.begin(), rows.end());
  return out;
}

std::size_t signing_tables::key_rows() const {
  return parts_->keys.size();
}
std::size_t signing_tables::signing_rows() const {
  return parts_->signing.size();
}
std::size_t signing_tables::octets() const {
  return parts_->keys.octets() + parts_->signing.octets();
}

} // namespace sealonce::policy
