// NAME
//   sink_session - one connection of the sink
// DESCRIPTION
//   The least that is a correct SMTP or LMTP server: the order of the commands is checked, what
//   they say is not. The replies of one read go out in one write.
// DIAGNOSTICS
//   Commands that are unknown or out of order get 502, 503 or 554, and are counted.
#include "sink_session.hpp"

#include "fail.hpp"

#include <cerrno>
#include <cstring>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {
namespace {

constexpr std::size_t read_octets = 256 * 1024;
constexpr std::string_view hello_reply = "250-sink.example\r\n"
                                         "250-PIPELINING\r\n"
                                         "250-SIZE 104857600\r\n"
                                         "250-ENHANCEDSTATUSCODES\r\n"
                                         "250-8BITMIME\r\n"
                                         "250-DSN\r\n"
                                         "250-SMTPUTF8\r\n"
                                         "250 XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE\r\n";

/// The replies of the read that is being answered, of whatever session.
std::string replies;

bool is(std::string_view line, std::string_view verb) {
  return line.size() >= verb.size() && strncasecmp(line.data(), verb.data(), verb.size()) == 0;
}

} // namespace

sink_session::sink_session(int fd, sink_counts& counts) : fd_(fd), counts_(counts) {
  ++counts_.connections;
  replies = "220 sink.example ESMTP\r\n";
  over_ = !write();
}

sink_session::~sink_session() {
  close(fd_);
}

bool sink_session::on_readable() {
  static char buffer[read_octets];
  const ssize_t got = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    return true;
  }
  if (got <= 0) {
    return false;
  }
  replies.clear();
  take({buffer, static_cast<std::size_t>(got)});
  return write() && !over_;
}

void sink_session::take(std::string_view octets) {
  while (!octets.empty() && !over_) {
    octets.remove_prefix(in_message_ ? take_message(octets) : take_command(octets));
  }
}

std::size_t sink_session::take_message(std::string_view octets) {
  const std::size_t taken = message_.take(octets);
  counts_.octets += taken;
  if (message_.ended()) {
    ++counts_.messages;
    counts_.signed_once += message_.signatures() == 1 ? 1 : 0;
    for (int i = 0; i < (lmtp_ ? recipients_ : 1); ++i) {
      replies += "250 2.0.0 Ok: queued as 4XyZ1234Abcd\r\n";
    }
    in_message_ = has_sender_ = false;
    recipients_ = 0;
  }
  return taken;
}

std::size_t sink_session::take_command(std::string_view octets) {
  const auto end = octets.find('\n');
  if (end == octets.npos) {
    partial_ += octets;
    return octets.size();
  }
  if (partial_.empty()) {
    answer(octets.substr(0, end + 1));
  } else {
    partial_ += octets.substr(0, end + 1);
    answer(partial_);
    partial_.clear();
  }
  return end + 1;
}

void sink_session::refuse(std::string_view reply) {
  ++counts_.commands_refused;
  replies += reply;
}

void sink_session::answer(std::string_view line) {
  if (is(line, "MAIL FROM:")) {
    if (has_sender_) {
      return refuse("503 5.5.1 Error: nested MAIL command\r\n");
    }
    has_sender_ = true;
    replies += "250 2.1.0 Ok\r\n";
  } else if (is(line, "RCPT TO:")) {
    if (!has_sender_) {
      return refuse("503 5.5.1 Error: need MAIL command\r\n");
    }
    ++recipients_;
    replies += "250 2.1.5 Ok\r\n";
  } else if (is(line, "DATA")) {
    if (recipients_ == 0) {
      return refuse("554 5.5.1 Error: no valid recipients\r\n");
    }
    in_message_ = true;
    message_.reset();
    replies += "354 End data with <CR><LF>.<CR><LF>\r\n";
  } else if (is(line, "EHLO") || is(line, "LHLO")) {
    lmtp_ = is(line, "LHLO");
    replies += hello_reply;
  } else if (is(line, "HELO") || is(line, "XFORWARD") || is(line, "NOOP")) {
    replies += "250 2.0.0 Ok\r\n";
  } else if (is(line, "RSET")) {
    has_sender_ = false;
    recipients_ = 0;
    replies += "250 2.0.0 Ok\r\n";
  } else if (is(line, "QUIT")) {
    over_ = true;
    replies += "221 2.0.0 Bye\r\n";
  } else {
    refuse("502 5.5.2 Error: command not recognized\r\n");
  }
}

bool sink_session::write() {
  if (replies.empty()) {
    return true;
  }
  const ssize_t sent = send(fd_, replies.data(), replies.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0 && static_cast<std::size_t>(sent) != replies.size()) {
    fail("a client does not read its replies");
  }
  return sent >= 0;
}

} // namespace bench
