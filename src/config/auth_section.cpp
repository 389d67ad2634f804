// NAME
//   auth_section - next_hop_auth of [[relay]]: who we are to the next hop
//
// DESCRIPTION
//   The password is in a file of its own, looked at as key files are, so that the configuration may
//   be shown to others. Without SASLprep (RFC 4013) only printable US-ASCII means the same to both
//   sides of SCRAM; PLAIN and LOGIN carry UTF-8 as it is.

#include "draft_detail.hpp"
#include <sealonce/crypto/keyed_digest.hpp>
#include <sealonce/limits.hpp>

#include <algorithm>

namespace sealonce::config {
namespace {

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; });
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '\0'; });
}

void read_username(const value& v, auth_draft& d) {
  const auto written = v.text();
  if (!written)
    return;
  if (has_control(*written) || written->size() > limits::auth_username)
    return v.error("at most 255 octets without control characters are expected");
  d.made.username = *written;
}

void read_mechanisms(const value& v, auth_draft& d) {
  d.made.mechanisms.clear();
  for (const value& one : v.strings()) {
    auto m = smtp::auth_scram_sha_256;
    one.choice(m, {{"SCRAM-SHA-256", smtp::auth_scram_sha_256},
                   {"PLAIN", smtp::auth_plain},
                   {"LOGIN", smtp::auth_login}});
    d.made.mechanisms.push_back(m);
  }
}

constexpr std::array<row<auth_draft>, 4> rows{{
    {"username", read_username},
    {"password_file",
     [](const value& v, auth_draft& d) {
       d.file = v.text().value_or("");
       d.file_at = v.at();
     }},
    {"mechanisms", read_mechanisms},
    {"plaintext",
     [](const value& v, auth_draft& d) {
       d.made.plaintext = v.flag().value_or(false);
       if (d.made.plaintext)
         v.warning("the password can be read on the way to a next hop without TLS");
     }},
}};

using shared_password = std::shared_ptr<const crypto::secret_text>;

result<shared_password> password_of(const std::filesystem::path& file,
                                    const std::optional<crypto::key_account>& later) {
  BOOST_OUTCOME_TRY(auto text, crypto::read_password_file(file, later));
  if (has_control(text.view()) || text.size() > limits::auth_password)
    return failure(file.string() + ": one line of at most 1024 octets without control characters "
                                   "is expected");
  return std::make_shared<const crypto::secret_text>(std::move(text));
}

bool same_places(const std::vector<endpoint>& a, const std::vector<endpoint>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const endpoint& x, const endpoint& y) { return x.text == y.text; });
}

/// The password that this relay and this account had before, out of the same file and for the same
/// next hops: nobody else is to hear it.
shared_password password_before(const settings* before, const relay_draft& now) {
  if (before != nullptr)
    for (const relay_settings& relay : before->relays)
      if (relay.name == now.relay.name && relay.next_hop_auth &&
          relay.next_hop_auth->username == now.auth->made.username &&
          relay.next_hop_password_file == now.relay.next_hop_password_file &&
          same_places(relay.next_hop, now.relay.next_hop))
        return relay.next_hop_auth->password;
  return nullptr;
}

/// SCRAM only where both sides mean the same octets.
void check_characters(auth_draft& d, report& r) {
  auto& mechanisms = d.made.mechanisms;
  if ((!is_ascii(d.made.password->view()) || !is_ascii(d.made.username)) &&
      std::erase(mechanisms, smtp::auth_scram_sha_256) > 0) {
    if (mechanisms.empty())
      return r.error(d.at, "relay.next_hop_auth",
                     "SCRAM-SHA-256 needs a user name and a password in US-ASCII");
    r.warning(d.at, "relay.next_hop_auth",
              "user name or password is not US-ASCII: SCRAM-SHA-256 is left out");
  }
}

} // namespace

std::vector<std::string_view> next_hop_auth_names() {
  return taken_names<auth_draft>(rows);
}

void read_next_hop_auth(const value& v, relay_draft& d) {
  const toml::table* table = single_table(v);
  if (table == nullptr)
    return;
  d.auth.emplace();
  d.auth->at = v.at();
  d.auth->made.mechanisms = {smtp::auth_scram_sha_256, smtp::auth_plain, smtp::auth_login};
  read_section<auth_draft>(*table, "relay.next_hop_auth", rows, *d.auth, v.errors());
  require(*table, "relay.next_hop_auth", {"username", "password_file"}, v.errors());
}

void load_passwords(draft& d, const std::filesystem::path& beside, const settings* before,
                    report& r) {
  constexpr std::string_view key = "relay.next_hop_auth.password_file";
  const auto later = later_account(d.made.server);
  for (relay_draft& one : d.relays) {
    if (one.auth && !one.auth->file.empty()) {
      auth_draft& auth = *one.auth;
      const auto file = (beside / auth.file).lexically_normal();
      one.relay.next_hop_password_file = file.native();
      auto password = password_of(file, later);
      auth.made.password = password ? std::move(password).value() : password_before(before, one);
      if (!auth.made.password)
        r.error(auth.file_at, key, password.error().what);
      else if (!password)
        d.made.kept.push_back(r.where(auth.file_at) + ": " + std::string(key) + ": " +
                              password.error().what + "; the password that was read before stays");
      if (auth.made.password)
        check_characters(auth, r);
      one.relay.next_hop_auth = std::make_shared<const smtp::credentials>(std::move(auth.made));
    }
    d.made.relays.push_back(std::move(one.relay));
  }
}

} // namespace sealonce::config
