// NAME
//   load - a configuration file becomes settings
//
// DESCRIPTION
//   Reads the file, reads its sections by their tables of keys, reads the key files, and gives
//   back either immutable settings or everything that is wrong. The file is opened and measured
//   here, because toml++'s own parse_file takes a directory for an empty table.
//
// DIAGNOSTICS
//   FILE:LINE:COLUMN: KEY: sentence, in the order of the file. Of errors in TOML's syntax toml++
//   reports the first.

#include "draft_detail.hpp"
#include <sealonce/config/load.hpp>
#include <sealonce/config/names.hpp>
#include <sealonce/limits.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sealonce::config {

namespace {

constexpr std::array<row<draft>, 9> sections{{
    {"relay", read_relays},
    {"domain", read_domains},
    {"signing", read_signing},
    {"once", read_once},
    {"message", read_message},
    {"dns", read_dns},
    {"server", read_server},
    {"log", read_log},
    {"metrics", read_metrics},
}};

class descriptor {
public:
  explicit descriptor(const std::filesystem::path& file)
      : value_(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~descriptor() {
    if (value_ >= 0)
      ::close(value_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  [[nodiscard]] int get() const { return value_; }

private:
  int value_;
};

failure system_failure(std::string_view what) {
  return failure(std::string(what) + ": " + std::strerror(errno));
}

result<std::string> read_file(const std::filesystem::path& file) {
  const descriptor in(file);
  if (in.get() < 0)
    return system_failure("cannot be opened");
  struct stat about {};
  if (::fstat(in.get(), &about) != 0)
    return system_failure("cannot be examined");
  if (!S_ISREG(about.st_mode))
    return failure("is not a regular file");
  std::string text;
  std::array<char, limits::read_piece> piece;
  while (true) {
    const ssize_t n = ::read(in.get(), piece.data(), piece.size());
    if (n < 0)
      return system_failure("cannot be read");
    if (n == 0)
      return text;
    text.append(piece.data(), static_cast<std::size_t>(n));
    if (text.size() > limits::configuration_file)
      return failure("is larger than 16 MiB");
  }
}

/// The machine's name; "localhost" where it has none that may stand in EHLO.
std::string machine_name() {
  std::array<char, limits::domain_name + 2> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0)
    return "localhost";
  const auto host = parse_host_name(name.data());
  return host ? host.value() : "localhost";
}

/// A key that is a table of keys.
bool is_table(std::string_view path) {
  return path == "domain.key" || path == "relay.next_hop_auth" || path == "relay.tls" ||
         path == "relay.next_hop_tls" || path == "relay.timeouts";
}

std::string_view line_of(std::string_view text, std::uint32_t number) {
  for (std::uint32_t i = 1; i < number && !text.empty(); ++i)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, text.find('\n'));
}

/// The document, or nothing with an error in the report.
std::optional<toml::table> parse_document(std::string_view text, report& r) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& e) {
    const place at = place_of(e.source());
    const std::string_view line = line_of(text, at.line);
    r.error(at, key_of_line(line), syntax_error(e.description(), line));
    return std::nullopt;
  }
}

} // namespace

std::vector<std::string> known_keys() {
  const std::array<std::pair<std::string_view, std::vector<std::string_view>>, 14> all{{
      {"relay", relay_names()},
      {"relay.next_hop_auth", next_hop_auth_names()},
      {"relay.tls", tls_names()},
      {"relay.next_hop_tls", next_hop_tls_names()},
      {"relay.timeouts", timeouts_names()},
      {"domain", domain_names()},
      {"domain.key", domain_key_names()},
      {"signing", signing_names()},
      {"once", once_names()},
      {"message", message_names()},
      {"dns", dns_names()},
      {"server", server_names()},
      {"log", log_names()},
      {"metrics", metrics_names()},
  }};
  std::vector<std::string> out;
  for (const auto& [section, names] : all)
    for (const std::string_view name : names)
      if (const std::string path = key_path(section, name); !is_table(path))
        out.push_back(path);
  return out;
}

std::variant<settings_ptr, errors> parse(std::string_view text, const std::filesystem::path& file,
                                         const settings* before) {
  report r(file.string());
  const auto document = parse_document(text, r);
  if (!document)
    return errors{r.errors()};
  draft d;
  d.made.message.memory_ample = limits::memory_ample;
  read_section<draft>(*document, "", sections, d, r);
  if (r.failed())
    return errors{r.errors()};
  load_keys(d, file.parent_path(), before, r);
  load_tls(d, file.parent_path(), before, r);
  if (std::string& anchor = d.made.dns.trust_anchor_file; !anchor.empty())
    anchor = (file.parent_path() / anchor).lexically_normal().string();
  load_passwords(d, file.parent_path(), before, r);
  load_tables(d, file.parent_path(), before, r);
  if (r.failed())
    return errors{r.errors()};
  if (d.made.relays.empty())
    d.made.relays.push_back(default_relay());
  if (d.made.server.hostname.empty())
    d.made.server.hostname = machine_name();
  d.made.warnings = r.warnings();
  return std::make_shared<const settings>(std::move(d.made));
}

std::variant<settings_ptr, errors> load(const std::filesystem::path& file, const settings* before) {
  const auto text = read_file(file);
  if (!text)
    return errors{{file.string() + ": " + text.error().what}};
  return parse(text.value(), file, before);
}

} // namespace sealonce::config
