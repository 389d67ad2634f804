#pragma once
// Every limit of the product that is not a setting, with its unit and where it comes from.

#include <chrono>
#include <cstddef>

namespace sealonce::limits {

inline namespace units {
constexpr std::size_t operator""_octets(unsigned long long n) {
  return n;
}
constexpr std::size_t operator""_KiB(unsigned long long n) {
  return n << 10;
}
constexpr std::size_t operator""_MiB(unsigned long long n) {
  return n << 20;
}
} // namespace units

// ---- SMTP ----
/// A command line with its CRLF, RFC 5321 §4.5.3.1.4, for verbs that no extension lengthens.
inline constexpr auto command_line = 512_octets;
/// MAIL and RCPT with every parameter we carry: 512 + SIZE 26 + BODY 18 + DSN (RET, ENVID 122,
/// NOTIFY 28, ORCPT 506 + 7) + SMTPUTF8 11 + BY 17 + HOLDUNTIL 34 + MT-PRIORITY 15 + RRVS 42, and
/// room: RFC 1870 §4, 6152 §2, 3461 §4, 6531 §3.4, 2852 §4, 4865 §4, 6710 §4, 7293 §5.
inline constexpr auto mail_command_line = 2048_octets;
/// Recipients of one transaction; RFC 5321 §4.5.3.1.8 asks for at least 100.
inline constexpr std::size_t recipients = 10'000;
/// One line of a reply, without CRLF. RFC 5321 §4.5.3.1.5 says 512; real servers write more.
inline constexpr auto reply_line = 4096_octets;
/// A line of a challenge or a response of AUTH, RFC 4954 §4.
inline constexpr auto auth_line = 12288_octets;
/// What a next hop may ask for in SCRAM-SHA-256. RFC 7677 §4 asks for 4096 at least; 200,000 keep a
/// worker for about 0.1 s, once for each connection.
inline constexpr unsigned scram_iterations_least = 4096;
inline constexpr unsigned scram_iterations_most = 200'000;
/// Random octets of a nonce.
inline constexpr std::size_t nonce_octets = 18;
/// A user name and a password for a next hop; longer ones do not fit auth_line with all encodings.
inline constexpr auto auth_username = 255_octets;
inline constexpr auto auth_password = 1024_octets;
/// Lines of one reply (an EHLO answer is the longest that is known).
inline constexpr std::size_t reply_lines = 200;
/// A decoded value of XFORWARD, Postfix's XFORWARD_README.
inline constexpr auto xforward_value = 255_octets;
/// The PROXY protocol: a text header with its CRLF, what a binary header may say of its length (the
/// format allows 65,535; certificates of clients in TLVs are a few KiB), and how long it may take.
inline constexpr auto proxy_text_header = 107_octets;
inline constexpr auto proxy_binary_header = 16_KiB;
inline constexpr std::chrono::seconds proxy_header_timeout{10};
/// Clients whose connections and messages are counted. Those that came least lately give way.
inline constexpr std::size_t counted_clients = 65'536;
/// Refusals for one reason belong to one spell, which the log tells once, until for so long there
/// was none.
inline constexpr std::chrono::seconds refusal_spell{60};
/// Bad commands after which a session is ended with 421. A message that is delivered makes up for
/// them.
inline constexpr unsigned command_errors = 20;
/// Commands that lead nowhere (NOOP, VRFY, HELP, RSET, a further EHLO) without a message delivered
/// in between; each further one counts as an error. Postfix ends at 100
/// (smtpd_junk_command_limit), but an upstream whose mail is all refused sends RSET with each.
inline constexpr unsigned useless_commands = 300;
/// What is logged of octets that came too early.
inline constexpr std::size_t shown_early = 60;
/// What a next hop may take for greeting and EHLO, and for each reply to MAIL, RCPT, DATA. Postfix
/// gives us 300 s for each of these (smtp_helo_timeout, smtp_mail_timeout, smtp_rcpt_timeout), 120
/// s for DATA (smtp_data_init_timeout): ours end first, so that upstream never gives up before us.
inline constexpr std::chrono::seconds next_hop_connect_timeout{30};
inline constexpr std::chrono::seconds next_hop_hello_timeout{60};
inline constexpr std::chrono::seconds next_hop_reply_timeout{100};
/// The reply to end-of-data; Postfix gives us 600 s (smtp_data_done_timeout).
inline constexpr std::chrono::seconds next_hop_data_done_timeout{400};
/// What connecting to one address after the other may take; Postfix gives us 300 s for the answer
/// to MAIL.
inline constexpr std::chrono::seconds next_hop_search_timeout{120};
/// How long an address that failed is the last to be tried.
inline constexpr std::chrono::seconds next_hop_pause{30};
/// Names of next hops are looked up again so often, and as soon as this after a failure.
inline constexpr std::chrono::seconds next_hop_names{60};
inline constexpr std::chrono::seconds next_hop_names_least{5};
/// How often the log is told of a trouble that goes on.
inline constexpr std::chrono::seconds repeated_complaint{600};
/// How long what a next hop offered may be announced without asking it again.
inline constexpr std::chrono::seconds next_hop_offer_age{10};
/// Between two pieces of a message that we send; any progress starts it anew.
inline constexpr std::chrono::seconds next_hop_transfer_timeout{100};
/// An upstream that says nothing: RFC 5321 §4.5.3.2.7 asks for 5 minutes.
inline constexpr std::chrono::seconds command_timeout{300};
/// Between two pieces of a message that we receive, RFC 5321 §4.5.3.2.5.
inline constexpr std::chrono::seconds data_timeout{180};
/// What is read at once of commands; every idle session has this buffer.
inline constexpr auto command_read = 2048_octets;

/// Reads of one connection that find octets without waiting, before the others have their turn.
inline constexpr unsigned reads_at_once = 8;
/// The least that a command line, a message or a chunk must come with, in octets a second, once its
/// time for silence is used up; Postfix's smtpd_min_data_rate is the same.
inline constexpr std::size_t least_rate = 500;
/// How long it is remembered that an address failed which nobody has asked since.
inline constexpr std::chrono::minutes next_hop_trouble_age{10};
/// A next hop's reply as it stands in a line of the log.
inline constexpr auto shown_reply = 1000_octets;
/// Commands that go to the next hop in one write; a longer pipeline is cut into such groups,
/// because a server that writes replies nobody reads stops reading (RFC 2920 §3.2).
inline constexpr std::size_t pipelined_commands = 100;
/// A text line with its CRLF, RFC 5321 §4.5.3.1.6. A later hop may cut what is longer.
inline constexpr auto text_line = 1000_octets;

/// The most that a timeout may be set to.
inline constexpr std::chrono::seconds longest_timeout{3600};
/// The most that message_rate may be: more in a minute is no limit.
inline constexpr std::size_t message_rate = 10'000'000;

// ---- TLS ----
/// A handshake of an upstream, after STARTTLS or at once.
inline constexpr std::chrono::seconds tls_handshake_timeout{60};
/// What is read from the wire at once.
inline constexpr auto tls_input = 16_KiB;
/// What is encrypted before some of it must have been sent, and the most plaintext of one record.
inline constexpr auto tls_output = 128_KiB;
inline constexpr auto tls_record = 16_KiB;
/// Room for what is encrypted that a connection keeps.
inline constexpr auto tls_kept = 32_KiB;
/// Octets without any plaintext (tickets, new keys) that a connection at rest may bring at once.
inline constexpr auto tls_chatter = 64_KiB;
/// Days before the end of our certificate at which warnings begin.
inline constexpr int certificate_days = 14;

// ---- process ----
/// How often deadlines are looked at.
inline constexpr std::chrono::milliseconds tick{250};
/// After SIGTERM: how long transactions in hand may take to finish.
inline constexpr std::chrono::seconds stop_grace{60};
/// accept(2) failed for want of descriptors: how long until it is tried again.
inline constexpr std::chrono::milliseconds accept_pause{200};

// ---- message ----
/// The header of a message. Past it nothing is signed. Postfix itself keeps 102,400 octets
/// (header_size_limit) and cuts the rest.
inline constexpr auto header = 1_MiB;
/// Fields of a header; a message with more is not signed.
inline constexpr std::size_t fields = 10'000;
/// The value of a From field with its folds; the author of a longer one is not looked for.
inline constexpr auto from_value = 16_KiB;

/// Of one message that is kept in memory while there is plenty, where the administrator has not
/// said how much: a file costs a third more.
inline constexpr auto memory_ample = 16_MiB;

/// Chunks of each size that a worker keeps for later.
inline constexpr auto idle_chunks = 16_MiB;

// ---- DKIM ----
/// The column at which a field we write is folded, RFC 5322 §2.1.1.
inline constexpr std::size_t fold_column = 78;
/// RSA keys that sign: RFC 8301 §3.2.
inline constexpr int rsa_bits_least = 1024;
inline constexpr int rsa_bits_advised = 2048;
inline constexpr int rsa_bits_most = 8192;
/// A key file is never larger.
inline constexpr auto key_file = 64_KiB;
/// Tags of one tag=value list; the RFCs know 17 for signatures and 9 for key records.
inline constexpr std::size_t tags = 100;
/// A field name that we sign, so that it fits on a line of h=.
inline constexpr auto signed_name = 76_octets;
/// Fields of one name that are signed, counted from the bottom: a header that repeats a field ten
/// thousand times must not give a signature as long as itself.
inline constexpr std::size_t signed_instances = 20;

/// Signatures with d= and s= of ours that are verified in one message, counted from the top: more
/// than one for each key is odd already. What stands below them counts as broken.
inline constexpr std::size_t own_signatures = 16;

/// Signatures of one message that are evaluated, counted from the top, and with it the names that
/// are looked up for a message.
inline constexpr std::size_t verified_signatures = 10;
/// Key records that are tried for one name; RFC 6376 §3.6.2.2 says that there is one.
inline constexpr std::size_t key_records = 5;
/// How far t= may be ahead of our clock.
inline constexpr std::chrono::seconds signature_ahead{300};
/// What a verdict repeats of b=, of a= and of what others say, in octets.
inline constexpr std::size_t shown_signature = 64;
inline constexpr std::size_t shown_algorithm = 32;
inline constexpr std::size_t shown_text = 400;

// ---- configuration ----
inline constexpr auto configuration_file = 16_MiB;
/// A key table or signing table; its texts are found by offsets of 32 bits.
inline constexpr auto table_file = 2048_MiB;
/// What is wrong with a table is said so often; then only how often more.
inline constexpr std::size_t table_complaints = 50;
/// A name or pattern of a table; what is looked up is an address.
inline constexpr auto table_key = 1024_octets;
/// What getpwnam_r needs for the strings of one account.
inline constexpr auto account_entry = 16_KiB;
/// What is read from a file at once.
inline constexpr auto read_piece = 64_KiB;
/// Event loops; each has its own connections to the next hop.
inline constexpr unsigned threads = 256;
/// Sessions at once; each needs two descriptors.
inline constexpr std::size_t connections = 100'000;
/// Transactions on one connection to a next hop, at most.
inline constexpr unsigned next_hop_uses = 1'000'000;
/// The most that max_hops of a relay may be.
inline constexpr unsigned hops = 10'000;
/// The least that message.max_size may be: RFC 5321 §4.5.3.1.7 asks for 64 KiB at least, tests and
/// odd gateways for less.
inline constexpr auto message_size_least = 1_KiB;
/// A domain name in its text form without the last dot, and one label of it: RFC 1035 §2.3.4.
inline constexpr std::size_t domain_name = 253;
inline constexpr std::size_t domain_label = 63;
/// A character string of a TXT record, RFC 1035 §3.3.
inline constexpr std::size_t txt_string = 255;

// ---- log ----
/// Lines that wait for flush() are written all the same once there are so many octets.
inline constexpr auto log_buffer = 64_KiB;
/// How long a full pipe behind standard error may hold a line, in milliseconds.
inline constexpr int log_wait_ms = 1000;

} // namespace sealonce::limits
