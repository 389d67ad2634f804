// NAME
//   keys - reads the key files that the domains name
//
// DESCRIPTION
//   One file that serves many domains is read once. A key that cannot be used is no error of the
//   configuration: its domain gets it among the unusable ones, and the other domains go on. At a
//   reload a domain whose keys were all good keeps them.

#include "draft_detail.hpp"
#include <sealonce/limits.hpp>

#include <array>
#include <pwd.h>
#include <unordered_map>

namespace sealonce::config {

namespace {

using loaded = result<std::shared_ptr<const crypto::private_key>>;

class key_files {
public:
  explicit key_files(const server_settings& s) : later_(later_account(s)) {}

  const loaded& load(const std::string& file) {
    const auto known = by_file_.find(file);
    if (known != by_file_.end())
      return known->second;
    return by_file_.emplace(file, crypto::private_key::load(file, later_)).first->second;
  }

private:
  std::optional<crypto::key_account> later_; ///< what the process is going to become
  std::unordered_map<std::string, loaded> by_file_;
};

/// A key is weak where RFC 8301 §3.2 still takes it but advises against it.
bool is_weak(const crypto::private_key& key) {
  return key.type() == crypto::key_type::rsa && key.bits() < limits::rsa_bits_advised;
}

/// `name` is the domain's own or one of its aliases.
void load_domain(const domain_draft& from, const std::string& name,
                 const std::filesystem::path& beside, key_files& files, domain_settings& to,
                 report& r) {
  to = from.made;
  to.name = name;
  for (const key_draft& key : from.keys) {
    const std::string file = (beside / key.file).lexically_normal().string();
    const loaded& got = files.load(file);
    if (!got) {
      to.unusable.push_back({key.selector, got.error().what, file, r.where(key.file_at)});
      continue;
    }
    if (is_weak(*got.value()) && name == from.name)
      r.warning(key.file_at, "domain.key.file",
                file + ": RSA with " + std::to_string(got.value()->bits()) +
                    " bits is weak, and some receivers do not count it; make a key of 2048 bits");
    to.keys.push_back({name, key.selector, got.value()});
  }
}

void keep_old_keys(const settings& before, domain_settings& now, std::vector<std::string>& kept) {
  const auto old = before.domains.find(now.name);
  if (now.unusable.empty() || old == before.domains.end() || old->second.keys.empty() ||
      !old->second.unusable.empty())
    return;
  for (const unusable_key& key : now.unusable)
    kept.push_back(key.where + ": domain " + now.name + ", selector " + key.selector + ": " +
                   key.why + "; the domain signs with the keys that it had");
  now.keys = old->second.keys;
  now.unusable.clear();
}

} // namespace

std::optional<crypto::key_account> account_of(const std::string& user) {
  std::array<char, limits::account_entry> space;
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(user.c_str(), &entry, space.data(), space.size(), &found) != 0 ||
      found == nullptr)
    return std::nullopt;
  return crypto::key_account{entry.pw_uid, entry.pw_gid};
}

std::optional<crypto::key_account> later_account(const server_settings& s) {
  auto account = account_of(s.user);
  if (!account && !s.user_given)
    account = account_of("nobody"); // as net/privileges.cpp
  return account;
}

void load_keys(draft& d, const std::filesystem::path& beside, const settings* before, report& r) {
  key_files files(d.made.server);
  for (const domain_draft& one : d.domains) {
    load_domain(one, one.name, beside, files, d.made.domains[one.name], r);
    for (const placed_text& alias : one.aliases)
      load_domain(one, alias.text, beside, files, d.made.domains[alias.text], r);
    for (const placed_text& list : one.lists)
      d.made.lists.push_back({list.text, one.name});
  }
  if (before != nullptr)
    for (auto& [name, domain] : d.made.domains)
      keep_old_keys(*before, domain, d.made.kept);
  if (d.domains.empty() && !d.tables.keys)
    r.warning("no [[domain]]: nothing will be signed");
  const std::string& name = d.made.signing.default_domain;
  const auto found = d.made.domains.find(name);
  if (!name.empty() && (found == d.made.domains.end() || !found->second.sign))
    r.error(d.default_domain_at, "signing.default_domain",
            "there is no [[domain]] " + in_quotes(name) + " that signs");
}

} // namespace sealonce::config
