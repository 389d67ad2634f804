// NAME
//   key_table - OpenDKIM's KeyTable
//
// DESCRIPTION
//   The rows as they are asked for while mail flows. How they come in is in key_table_load.cpp.
//
// DIAGNOSTICS
//   "PATH:LINE: key NAME cannot be used: why".

#include "key_table_detail.hpp"

namespace sealonce::policy {

key_table::row key_table::find(std::string_view name) const {
  return what_ == table_source::kind::refile ? patterns_.first(name, *this)
                                             : names_.find(name, *this);
}

key_table::row key_table::held(std::string_view domain, std::string_view selector) const {
  return held_.find(hash_of_pair(hash_of(domain), hash_of(selector)), [&](row r) {
    return pool_.at(rows_[r].domain) == domain && pool_.at(rows_[r].selector) == selector;
  });
}

std::string key_table::where(row r) const {
  return place_in(name_, rows_[r].line);
}

result<std::uint32_t> key_table::key_of(const row_data& r, std::string_view author) const {
  if (!r.by_author) {
    return r.key;
  }
  const auto& keys = by_author_[r.key];
  const auto found = keys.by_domain.find(std::string(author));
  if (found == keys.by_domain.end()) {
    return failure("when the tables were read there was no key file " + keys.path + " for \"" +
                   std::string(author) + "\"");
  }
  return found->second;
}

result<std::shared_ptr<const crypto::private_key>>
key_table::usable(const row_data& r, std::string_view author) const {
  BOOST_OUTCOME_TRY(const auto index, key_of(r, author));
  const key_slot& slot = keys_[index];
  if (!slot.key) {
    return failure(slot.why);
  }
  auto key = slot.key->get();
  if (!key || r.must_be == algorithm::any) {
    return key;
  }
  const bool rsa = key.value()->type() == crypto::key_type::rsa;
  if (rsa != (r.must_be == algorithm::rsa)) {
    return failure(std::string("the row asks for ") + (rsa ? "ed25519" : "rsa") +
                   "-sha256, but the key is of type " + (rsa ? "RSA" : "Ed25519"));
  }
  return key;
}

result<std::shared_ptr<const dkim::signing_key>> key_table::key(row r,
                                                                std::string_view author) const {
  const row_data& data = rows_[r];
  if (data.key == no_key) {
    return failure(where(r) + ": " + trouble_.at(r));
  }
  const auto domain = pool_.at(data.domain);
  auto key = usable(data, author);
  if (!key) {
    return failure(where(r) + ": " + key.error().what);
  }
  auto out = std::make_shared<dkim::signing_key>();
  out->domain = domain.empty() ? author : domain;
  out->selector = pool_.at(data.selector);
  out->key = std::move(key).value();
  return std::shared_ptr<const dkim::signing_key>(std::move(out));
}

std::size_t key_table::octets() const {
  return pool_.octets() + rows_.capacity() * sizeof(row_data) + names_.octets() +
         patterns_.octets() + held_.octets() + keys_.capacity() * sizeof(key_slot);
}

std::vector<std::string> key_table::unusable() const {
  std::vector<std::string> out;
  std::vector<std::string> authors;
  for (row r = 0; r < rows_.size(); ++r) {
    authors.assign(1, "");
    if (rows_[r].key != no_key && rows_[r].by_author) {
      authors.clear();
      for (const auto& [author, index] : by_author_[rows_[r].key].by_domain) {
        authors.push_back(author);
      }
    }
    for (const std::string& author : authors) {
      if (const auto key = this->key(r, author); !key) {
        out.push_back(key.error().what);
      }
    }
  }
  return out;
}

} // namespace sealonce::policy
