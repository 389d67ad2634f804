#pragma once

#include <sealonce/smtp/extensions.hpp>
#include <sealonce/smtp/reply.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sealonce::smtp {

enum class verb {
  helo,
  ehlo,
  lhlo, ///< LMTP's EHLO, RFC 2033 §4.1
  mail,
  rcpt,
  data,
  rset,
  noop,
  vrfy,
  help,
  quit,
  xforward,
  xclient,
  expn,     ///< known and refused
  starttls, ///< known and refused where it is not ours to offer
  bdat,     ///< the octets that follow it are a message, not commands
  proxy,    ///< the PROXY protocol where none is expected; whoever speaks is not the client
  http, ///< a method of HTTP: whoever speaks is no mail client, and what follows are no commands
  unknown,
};

/// The verb of a command line and what follows it. Views into the line.
struct command {
  verb what = verb::unknown;
  std::string_view argument; ///< after the verb and its blanks, trailing blanks off
};

/// Splits a line (without CRLF) into verb and argument; the verb in any case, blanks before it and
/// at the end of the line are of no account.
[[nodiscard]] command parse_command(std::string_view line);

/// The argument of BDAT (RFC 3030 §2).
struct chunk_command {
  std::uint64_t size = 0; ///< octets
  bool last = false;
};

/// Nothing where `argument` is anything but "SIZE" or "SIZE LAST" with a size below 2^64: then it
/// is not known how many octets of message follow.
[[nodiscard]] std::optional<chunk_command> parse_bdat(std::string_view argument);

/// MAIL or RCPT, taken apart. The path and the parameters are kept exactly as written.
struct envelope_command {
  std::string path;       ///< with its angle brackets: "<>", "<a@b>"
  std::string parameters; ///< those that go on: "" or " KEY=value …", a blank before each
  unsigned needs = 0;     ///< extensions (smtp::extension) that the next hop must have
  std::optional<std::uint64_t> size; ///< SIZE=, octets
  bool utf8 = false;                 ///< SMTPUTF8 was given
};

/// An envelope_command, or the reply to what is wrong with it.
struct envelope_parse {
  std::optional<envelope_command> command;
  reply refusal;
};

/// Parses the argument of MAIL ("FROM:<path> parameters"). `offered` is what was announced: a
/// parameter of an extension that is not in it gets 555 5.5.4, BODY=BINARYMIME too (RFC 5321
/// §4.1.1.11, RFC 6152). SIZE stands apart from `parameters`: a next hop may not know it although
/// we announce a limit of our own; a number over 64 bits counts as the greatest of them. Octets
/// over 127 need SMTPUTF8 (RFC 6531 §3.4). The path must stand in brackets (RFC 5321 §4.1.2);
/// blanks before it are let pass, as every server does.
[[nodiscard]] envelope_parse parse_mail(std::string_view argument, const extensions& offered);

/// Parses the argument of RCPT ("TO:<path> parameters"); `utf8` = this transaction's MAIL had
/// SMTPUTF8.
[[nodiscard]] envelope_parse parse_rcpt(std::string_view argument, const extensions& offered,
                                        bool utf8);

} // namespace sealonce::smtp
