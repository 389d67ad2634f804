#pragma once
// The configuration as values: immutable once made, shared by every session that began under it.

#include <sealonce/dkim/canonical.hpp>
#include <sealonce/dkim/header_list.hpp>
#include <sealonce/dkim/signer.hpp>
#include <sealonce/limits.hpp>
#include <sealonce/smtp/authentication.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sealonce::policy {
class signing_tables;
}
namespace sealonce::crypto {
class tls_context;
}

namespace sealonce::config {

/// "127.0.0.1:10027", "[::1]:10027", "name:25" (next hops only), "unix:/path".
struct endpoint {
  enum class kind { ip, name, unix_socket };
  kind what = kind::ip;
  std::string host; ///< address without brackets, host name, or path
  std::uint16_t port = 0;
  std::string text; ///< as written, for logs
};

/// A network in CIDR form: IPv4 as IPv4-mapped IPv6.
struct network {
  std::array<unsigned char, 16> address{};
  unsigned prefix = 128; ///< bits of the mapped form
  /// An IPv6 network never contains an IPv4 address: "::/0" does not open the door to IPv4 peers.
  [[nodiscard]] bool contains(const std::array<unsigned char, 16>& peer) const;
};

enum class relay_mode { sign, verify, both, pass };
enum class protocol { smtp, lmtp };
enum class stray_cr_lf { replace, reject };
/// What happens to a message whose body has lines over 998 octets, which a later hop would cut.
enum class long_lines {
  unsigned_, ///< relay it without our signature, and say so
  refuse,    ///< 550 5.6.0
  sign,      ///< sign it all the same: for chains whose every hop is known to keep long lines
};
enum class error_action { tempfail, unsigned_ };
/// What becomes of an own signature that no longer verifies.
enum class broken_signature { replace, keep, add };
/// What becomes of other domains' signatures.
enum class foreign_signature { keep, remove };
enum class log_target { standard_error, syslog, journal };
enum class log_format { text, json };
enum class log_level { error, warning, info, debug };

enum class tls_mode {
  starttls, ///< offered
  required, ///< nothing of a transaction before STARTTLS
  implicit, ///< TLS begins with the connection
};
enum class tls_level {
  may,         ///< encrypted where the next hop can, plain otherwise
  encrypt,     ///< encrypted, to whoever answers
  verify,      ///< … to a certificate by a known CA for the next hop's name
  fingerprint, ///< … to a certificate or public key that is listed
};

/// TLS for those who connect to a relay.
struct tls_settings {
  tls_mode mode = tls_mode::starttls;
  std::string certificate; ///< absolute
  std::string key;         ///< absolute
  std::shared_ptr<const crypto::tls_context> context;
};

/// TLS to the next hops of a relay.
struct next_hop_tls_settings {
  tls_level level = tls_level::verify;
  bool implicit = false;
  std::string name;                      ///< empty = the next hop's own
  std::string ca_file;                   ///< absolute; empty = the system's
  std::vector<std::string> fingerprints; ///< SHA-256, 64 lower-case hex digits
  std::string certificate;               ///< absolute; empty = none is shown
  std::string key;                       ///< absolute
  std::shared_ptr<const crypto::tls_context> context;
};

/// How long each stage of a relay may take; limits.hpp says why these are the defaults.
struct relay_timeouts {
  std::chrono::seconds command = limits::command_timeout;
  std::chrono::seconds data = limits::data_timeout;
  std::chrono::seconds next_hop_connect = limits::next_hop_connect_timeout;
  std::chrono::seconds next_hop_hello = limits::next_hop_hello_timeout;
  std::chrono::seconds next_hop_reply = limits::next_hop_reply_timeout;
  std::chrono::seconds next_hop_transfer = limits::next_hop_transfer_timeout;
  std::chrono::seconds next_hop_data_done = limits::next_hop_data_done_timeout;
};

struct relay_settings {
  std::string name;
  std::vector<endpoint> listen;
  std::vector<endpoint> next_hop; ///< tried in order
  protocol listen_protocol = protocol::smtp;
  protocol next_hop_protocol = protocol::smtp;
  bool chunking = false; ///< CHUNKING (BDAT) is offered to the upstream
  /// An idle connection to the next hop is closed after this time, and after so many transactions.
  std::chrono::seconds next_hop_idle{20};
  unsigned next_hop_max_use = 1000;
  unsigned next_hop_max_idle = 100; ///< idle connections of each thread
  /// Who we are to the next hop; null = nobody in particular.
  std::shared_ptr<const smtp::credentials> next_hop_auth;
  std::string next_hop_password_file; ///< where its password was read; absolute
  relay_mode mode = relay_mode::sign;
  bool received = false;   ///< a Received field goes on top of each message
  unsigned max_hops = 100; ///< a message with more Received fields is going round
  /// Of unix-domain sockets that are listened on; none = whoever starts the process.
  unsigned socket_mode = 0666;
  std::optional<unsigned> socket_owner; ///< uid
  std::optional<unsigned> socket_group; ///< gid
  std::vector<network> allow; ///< who may connect; filled with loopback where none is given
  /// Who may tell of the original client by XFORWARD. A peer of a unix-domain socket counts as
  /// loopback in these lists.
  std::vector<network> xforward_from;
  std::optional<tls_settings> tls;                   ///< none = plain
  std::optional<next_hop_tls_settings> next_hop_tls; ///< none = plain
  /// Who may put another client in its own place by XCLIENT.
  std::vector<network> xclient_from;
  /// Whose connections begin with a header of the PROXY protocol.
  std::vector<network> proxy_protocol_from;
  std::size_t max_connections_per_client = 0; ///< at once; 0 = no limit
  std::size_t message_rate = 0;               ///< messages of a client in a minute; 0 = no limit
  std::size_t max_recipients = limits::recipients; ///< of one message
  relay_timeouts timeouts;
  /// Whose mail is signed; none = the mail of everybody who may connect.
  std::optional<std::vector<network>> internal_hosts;
};

/// A field of the header: there at all, or there with a value.
struct header_condition {
  std::string name;
  std::string value; ///< lower case, "*" stands for anything; empty = whatever the value is
};

/// Which mail is not signed. Patterns are in lower case; "*" stands for anything.
struct exclusions {
  std::vector<std::string> recipients; ///< mail to nobody but these
  std::vector<header_condition> headers;
};

struct signing_settings {
  dkim::canonicalizations canonical;
  dkim::header_list headers;
  std::optional<std::chrono::seconds> lifetime;
  error_action on_error = error_action::tempfail;
  /// OpenDKIM's tables; null = none.
  std::shared_ptr<const policy::signing_tables> tables;
  /// Every row of the signing table that matches signs, not only the first.
  bool multiple_signatures = false;
  /// The field that says whose mail it is: the first of these that is there.
  std::vector<std::string> author_headers{"From"};
  std::string default_domain; ///< signs what no rule is there for; a name in domains, or empty
  exclusions exclude;         ///< for every domain
};

/// A key of the configuration that cannot be used, and why.
struct unusable_key {
  std::string selector;
  std::string why;
  std::string file;  ///< the key file, absolute or as it was found beside the configuration
  std::string where; ///< "FILE:LINE:COLUMN" of the configuration
};

struct domain_settings {
  std::string name; ///< lower case A-labels
  std::vector<dkim::signing_key> keys;
  std::vector<unusable_key> unusable; ///< any = mail of this domain is deferred with 451 4.7.5
  bool sign = true;       ///< false = mail of this domain passes unsigned, whatever the tables say
  bool subdomains = true; ///< signs for those subdomains that have no entry of their own, too
  exclusions exclude;
};

/// Mail of a list is signed by a domain, whoever its author is.
struct list_rule {
  std::string list_id; ///< pattern in lower case; "*" stands for anything
  std::string domain;  ///< a name in domains
};

struct message_settings {
  std::uint64_t max_size = 50ull << 20;       ///< octets
  std::uint64_t memory_limit = 1ull << 20;    ///< octets of one message kept in memory
  std::uint64_t memory_ample = 0;             ///< the same while less than half the budget is used
  std::uint64_t memory_budget = 256ull << 20; ///< octets of all messages kept in memory
  std::string spill_directory = "/var/tmp";   ///< absolute; for files without a name
  stray_cr_lf stray = stray_cr_lf::replace;
  long_lines lines = long_lines::unsigned_;
};

struct once_settings {
  broken_signature broken = broken_signature::replace;
  foreign_signature foreign = foreign_signature::keep;
  std::optional<unsigned> max_signatures; ///< on what leaves; none = no bound
};

struct dns_settings {
  std::vector<endpoint> servers; ///< addresses with port; empty = the system's resolvers
  std::chrono::seconds timeout{5};
  std::string trust_anchor_file; ///< absolute; empty = no DNSSEC
};

struct metrics_settings {
  std::optional<endpoint> listen; ///< none = off
};

struct server_settings {
  std::string hostname;
  unsigned threads = 1;
  std::size_t max_connections = 1000;
  std::string user = "sealonce";
  bool user_given = false;
};

struct log_settings {
  log_target target = log_target::standard_error;
  log_format format = log_format::text;
  log_level level = log_level::info;
};

/// Lets a name be looked up without a string of its own.
struct name_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const {
    return std::hash<std::string_view>()(name);
  }
};
using domain_map = std::unordered_map<std::string, domain_settings, name_hash, std::equal_to<>>;

struct settings {
  std::vector<relay_settings> relays;
  domain_map domains;           ///< by name, aliases too
  std::vector<list_rule> lists; ///< in the order of the file
  signing_settings signing;
  once_settings once;
  message_settings message;
  dns_settings dns;
  server_settings server;
  log_settings log;
  metrics_settings metrics;
  std::vector<std::string> warnings; ///< sentences for the log at start and for `check`
  /// What a reload could not read anew and left as it was, and why: sentences for the log.
  std::vector<std::string> kept;
};

using settings_ptr = std::shared_ptr<const settings>;

} // namespace sealonce::config
