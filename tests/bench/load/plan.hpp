#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// A command with its CRLF, and the code that must answer it.
struct step {
  std::string line;
  int code;
};

/// What every connection of the driver does; unchanged once the load begins.
struct plan {
  std::string where;          ///< ADDRESS:PORT or unix:PATH
  bool lmtp = false;          ///< LHLO, and a reply for each recipient behind the dot
  bool pipelined = true;      ///< as Postfix's smtp(8); else as smtp-source
  bool kept = true;           ///< else a connection for each message
  bool xforward = false;      ///< the original client, before each MAIL
  int recipients = 1;         ///< of each message
  std::string hello;          ///< EHLO or LHLO
  std::vector<step> commands; ///< of a transaction, the last is DATA
  std::string group;          ///< all commands, for one write
  std::string content;        ///< the message in wire form with its dot, for one write
};

/// What all connections have done.
struct tally {
  long left = 0;                         ///< messages that no connection has begun
  long replies = 0;                      ///< of any kind
  std::vector<std::uint32_t> latency_us; ///< from MAIL to the last reply behind the dot
};

/// Fills in hello, commands, group and content of a plan whose other members are set.
void write_script(plan& p, const std::string& sender, const std::string& recipient,
                  const std::string& message);

} // namespace bench
