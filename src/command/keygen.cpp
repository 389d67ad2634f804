// NAME
//   keygen - makes a key and its DNS record
//
// DESCRIPTION
//   Writes SELECTOR.private (mode 0600) and SELECTOR.txt (a record for a zone file), and prints
//   what to publish and what to put into the configuration. Root gives the key to the account
//   "sealonce" where there is one: that is who the service runs as. A file that is there already
//   stays, unless --force is given: mail signed by a lost key cannot be signed again.
//
// DIAGNOSTICS
//   Exit status 73 where a file cannot be made; nothing is left behind then.

#include "key_record_detail.hpp"
#include "new_file_detail.hpp"
#include <sealonce/command/options.hpp>
#include <sealonce/command/streams.hpp>
#include <sealonce/config/names.hpp>
#include <sealonce/limits.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <pwd.h>
#include <unistd.h>

namespace sealonce::command {

namespace {

namespace fs = std::filesystem;

constexpr const char* service_user = "sealonce";

constexpr std::array<option, 7> arguments_of_keygen{{
    {"domain", "D", "the signing domain"},
    {"selector", "S", "the selector, such as \"mail\" or \"2024a\""},
    {"type", "T", "rsa (default) or ed25519"},
    {"bits", "N", "of an RSA key, 1024 to 8192 (default: 2048)"},
    {"dir", "DIR", "where the files go; made where it is missing (default: here)"},
    {"testing", nullptr, "put t=y into the record: receivers treat the mail as unsigned"},
    {"force", nullptr, "replace files that are there"},
}};

constexpr usage keygen_usage{
    "keygen", "--domain D --selector S [--type T] [--bits N] [--dir DIR] [--testing] [--force]",
    "Makes S.private, a private key that only its owner may read, and S.txt, the TXT record for "
    "the\n"
    "zone file of the domain. Prints the record in one line too, for web panels, and the lines "
    "for\n"
    "the configuration. Exit status: 0 done; 64 wrong usage; 73 a file cannot be made.\n",
    arguments_of_keygen};

struct request {
  std::string domain;
  std::string selector;
  crypto::key_type type = crypto::key_type::rsa;
  int bits = limits::rsa_bits_advised;
  fs::path private_file; ///< absolute
  fs::path record_file;
  bool testing = false;
  bool force = false;
  std::optional<file_owner> owner; ///< of the private key
};

/// Whom root makes keys for: the account of the service, where it is there.
std::optional<file_owner> service_account() {
  const passwd* const account = ::geteuid() == 0 ? ::getpwnam(service_user) : nullptr;
  if (account == nullptr)
    return std::nullopt;
  file_owner owner;
  owner.user = account->pw_uid;
  owner.group = account->pw_gid;
  return owner;
}

std::optional<int> parse_bits(std::string_view text) {
  int bits = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  const bool whole = error == std::errc() && rest == text.data() + text.size();
  if (!whole || bits < limits::rsa_bits_least || bits > limits::rsa_bits_most)
    return std::nullopt;
  return bits;
}

/// Type and bits; empty, or what is wrong with them.
std::string read_algorithm(const options& given, request& r) {
  const std::string_view type = given.value("type", "rsa");
  if (type != "rsa" && type != "ed25519")
    return "--type: rsa or ed25519 is expected";
  if (type == "ed25519") {
    r.type = crypto::key_type::ed25519;
    return given.has("bits") ? "--bits: an Ed25519 key has one size only" : "";
  }
  const auto bits = given.has("bits") ? parse_bits(given.value("bits")) : r.bits;
  if (!bits)
    return "--bits: a whole number from 1024 to 8192 is expected";
  r.bits = *bits;
  return "";
}

/// Empty, or what is wrong with the command line.
std::string read_request(const options& given, request& r) {
  for (const char* needed : {"domain", "selector"})
    if (!given.has(needed))
      return std::string("--") + needed + " is missing";
  const auto domain = config::parse_domain(given.value("domain"));
  if (!domain)
    return "--domain: " + domain.error().what;
  const auto selector = config::parse_selector(given.value("selector"));
  if (!selector)
    return "--selector: " + selector.error().what;
  const auto name = config::key_record_name(selector.value(), domain.value());
  if (!name)
    return name.error().what;
  if (given.has("dir") && given.value("dir").empty())
    return "--dir: a directory is expected";
  r.domain = domain.value();
  r.selector = selector.value();
  const fs::path directory = fs::absolute(given.value("dir", ".")).lexically_normal();
  r.private_file = directory / (r.selector + ".private");
  r.record_file = directory / (r.selector + ".txt");
  r.testing = given.has("testing");
  r.force = given.has("force");
  r.owner = service_account();
  return read_algorithm(given, r);
}

/// The directory is there, and without --force the files are not.
result<void> prepare(const request& r) {
  std::error_code error;
  const fs::path directory = r.private_file.parent_path();
  if (!fs::exists(directory, error)) {
    fs::create_directories(directory, error);
    if (!error)
      fs::permissions(directory,
                      fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec, error);
    if (!error && r.owner && ::chown(directory.c_str(), 0, r.owner->group) != 0)
      error.assign(errno, std::generic_category());
    if (error)
      return failure(directory.string() + " cannot be made: " + error.message());
  }
  for (const fs::path& file : {r.private_file, r.record_file})
    if (!r.force && fs::symlink_status(file, error).type() != fs::file_type::not_found)
      return failure(file.string() + " is there already (--force replaces it)");
  return success();
}

result<void> write_files(const request& r, const crypto::private_key& key,
                         std::string_view record) {
  std::string pem = key.to_pem();
  const auto secret = write_new_file(r.private_file, pem, 0600, r.force, r.owner);
  ::explicit_bzero(pem.data(), pem.size());
  if (!secret)
    return secret.error();
  auto text =
      write_new_file(r.record_file, zone_record(r.selector, r.domain, record), 0644, r.force);
  std::error_code ignored;
  if (!text && !r.force)
    fs::remove(r.private_file, ignored);
  return text;
}

/// A basic string of TOML.
std::string toml_string(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out.append(1, '\\').append(1, c);
    else if ((c >= 0 && c < ' ') || c == '\x7f')
      out.append("\\u00").append(1, digits[c >> 4]).append(1, digits[c & 0x0f]);
    else
      out += c;
  }
  return out += '"';
}

std::string next_steps(const request& r, std::string_view record) {
  std::string out = "wrote " + r.private_file.string() + " (the private key: never publish it)\n" +
                    "wrote " + r.record_file.string() + " (the record for the zone file)\n\n";
  out += "Publish this TXT record:\n";
  out += "  name:  " + r.selector + "._domainkey." + r.domain + "\n";
  out += "  value: " + std::string(record) + "\n\n";
  out += "Then put this into /etc/sealonce/sealonce.toml:\n\n";
  out += "[[domain]]\nname = \"" + r.domain + "\"\n";
  out += "  [[domain.key]]\n  selector = \"" + r.selector + "\"\n";
  out += "  file     = " + toml_string(r.private_file.string()) + "\n";
  return out;
}

int refuse(std::string_view why, int status) {
  say(keygen_usage, why);
  return status;
}

} // namespace

int keygen(std::span<char* const> arguments) {
  const auto read = read_options(keygen_usage, arguments);
  if (const auto* status = std::get_if<exit_status>(&read))
    return *status;
  request r;
  if (const std::string why = read_request(std::get<options>(read), r); !why.empty())
    return wrong(keygen_usage, why);
  if (const auto ready = prepare(r); !ready)
    return refuse(ready.error().what, cannot_create);
  if (r.type == crypto::key_type::rsa && r.bits < limits::rsa_bits_advised)
    say(keygen_usage,
        "warning: an RSA key under 2048 bits is weak; some receivers do not count it");
  const auto key = crypto::private_key::generate(r.type, r.bits);
  if (!key)
    return refuse(key.error().what, unavailable);
  const std::string record = key_record(*key.value(), r.testing);
  if (const auto written = write_files(r, *key.value(), record); !written)
    return refuse(written.error().what, cannot_create);
  return write_output(next_steps(r, record)) ? done : cannot_create;
}

} // namespace sealonce::command
