// NAME
//   plan - the dialogue of one transaction, written once for all connections
// DESCRIPTION
//   With PIPELINING, Postfix's smtp(8) sends XFORWARD, MAIL, RCPT and DATA in one write, and the
//   message with its dot in another; a connection that is not kept gets QUIT together with the dot,
//   and 221 is not waited for (smtp_skip_quit_response). Without, each command waits for its reply.
#include "plan.hpp"

#include "message.hpp"

#include <string_view>

namespace bench {
namespace {

constexpr int done = 250;
constexpr int go_on = 354;

} // namespace

void write_script(plan& p, const std::string& sender, const std::string& recipient,
                  const std::string& message) {
  p.hello = std::string(p.lmtp ? "LHLO" : "EHLO") + " bench.example\r\n";
  if (p.xforward) {
    p.commands.push_back({"XFORWARD NAME=client.example ADDR=192.0.2.7 PORT=52525\r\n", done});
    p.commands.push_back(
        {"XFORWARD PROTO=ESMTP HELO=client.example IDENT=4XyZ1234Abcd SOURCE=REMOTE\r\n", done});
  }
  p.commands.push_back(
      {"MAIL FROM:<" + sender + "> SIZE=" + std::to_string(message.size()) + "\r\n", done});
  for (int i = 0; i < p.recipients; ++i) {
    const std::string number = i == 0 ? "" : std::to_string(i) + ".";
    p.commands.push_back({"RCPT TO:<" + number + recipient + ">\r\n", done});
  }
  p.commands.push_back({"DATA\r\n", go_on});
  for (const step& s : p.commands) {
    p.group += s.line;
  }
  p.content = wire_form(message);
  if (p.pipelined && !p.kept) {
    p.content += "QUIT\r\n";
  }
}

} // namespace bench
