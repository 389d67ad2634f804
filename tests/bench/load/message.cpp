// NAME
//   message - the message that the load driver sends
// DESCRIPTION
//   Either made here, of any size, or taken from a file. It is the same for every transaction: the
//   filter that is measured keeps nothing between them, and the driver costs little.
// DIAGNOSTICS
//   A file that cannot be read or has a line end other than CRLF ends the process.
#include "message.hpp"

#include "fail.hpp"

#include <fstream>
#include <iterator>

namespace bench {
namespace {

constexpr std::size_t least_octets = 1024;
constexpr std::size_t line_octets = 76; // with CRLF

/// Words of different lengths, so that spaces and line ends fall where they do in mail.
constexpr std::string_view words[] = {"the",  "message", "is",        "signed", "once",   "and",
                                      "goes", "to",      "its",       "next",   "hop",    "as",
                                      "it",   "came",    "unchanged", "with",   "nothing"};

std::string header(const std::string& sender, const std::string& recipient) {
  return "Received: from client.example (client.example [192.0.2.7])\r\n"
         "\tby mail.example (Postfix) with ESMTPS id 4XyZ1234Abcd\r\n"
         "\tfor <" +
         recipient +
         ">; Thu, 29 Feb 2024 12:00:00 +0000 (UTC)\r\n"
         "Date: Thu, 29 Feb 2024 12:00:00 +0000\r\n"
         "From: Alice Example <" +
         sender +
         ">\r\n"
         "To: Bob Example <" +
         recipient +
         ">\r\n"
         "Subject: What a signed message costs\r\n"
         "Message-ID: <20240229120000.4XyZ1234Abcd@mail.example>\r\n"
         "MIME-Version: 1.0\r\n"
         "Content-Type: text/plain; charset=us-ascii\r\n"
         "Content-Transfer-Encoding: 7bit\r\n"
         "User-Agent: bench_load\r\n"
         "\r\n";
}

std::string text_line(std::size_t& next) {
  std::string line;
  while (true) {
    const std::string_view word = words[next % std::size(words)];
    if (line.size() + word.size() + 3 > line_octets) {
      return line + "\r\n";
    }
    line += line.empty() ? "" : " ";
    line += word;
    next += 1 + line.size() % 3;
  }
}

} // namespace

std::string usual_message(std::size_t octets, const std::string& sender,
                          const std::string& recipient) {
  if (octets < least_octets) {
    fail("a message has at least %zu octets", least_octets);
  }
  std::string message = header(sender, recipient);
  message.reserve(octets + line_octets);
  for (std::size_t next = 0; message.size() + 2 * line_octets < octets;) {
    message += text_line(next);
  }
  // The last line or two fill up to the octet.
  while (message.size() < octets) {
    const std::size_t rest = octets - message.size();
    const std::size_t length = rest > line_octets ? rest / 2 : rest;
    message += std::string(length - 2, 'x') + "\r\n";
  }
  return message;
}

std::string message_in(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string message{std::istreambuf_iterator<char>(file), {}};
  if (!file || message.empty()) {
    fail("cannot read a message from %s", path);
  }
  char before = 0;
  for (const char c : message) {
    if ((c == '\n') != (before == '\r')) {
      fail("%s: a line does not end with CRLF", path);
    }
    before = c;
  }
  if (before != '\n') {
    fail("%s: the last line does not end with CRLF", path);
  }
  return message;
}

std::string wire_form(const std::string& message) {
  std::string wire;
  wire.reserve(message.size() + line_octets);
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t end = message.find('\n', at) + 1;
    wire += message[at] == '.' ? "." : "";
    wire.append(message, at, end - at);
    at = end;
  }
  return wire + ".\r\n";
}

} // namespace bench
