// NAME
//   target - where the lines of the log go
//
// DESCRIPTION
//   Standard error and the journal get all lines of one turn by a single write(2); the journal's
//   carry the "<N>" of sd-daemon(3), from which systemd takes the priority. syslog(3) takes one
//   line at a time; its lock is its own business and is met once for each turn.
//
// DIAGNOSTICS
//   A line that cannot be written is lost without a word: there is no better place to say so.

#include <sealonce/limits.hpp>
#include <sealonce/log/logger.hpp>

#include <cerrno>
#include <poll.h>
#include <syslog.h>
#include <unistd.h>
#include <vector>

namespace sealonce::log {

namespace {

int priority(config::log_level level) {
  switch (level) {
  case config::log_level::error:
    return LOG_ERR;
  case config::log_level::warning:
    return LOG_WARNING;
  case config::log_level::info:
    return LOG_INFO;
  case config::log_level::debug:
    break;
  }
  return LOG_DEBUG;
}

/// Writes all of it unless the reader keeps us waiting.
void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(descriptor, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (errno == EINTR)
      continue;
    if (errno != EAGAIN)
      return;
    pollfd wait{descriptor, POLLOUT, 0};
    if (::poll(&wait, 1, limits::log_wait_ms) <= 0)
      return;
  }
}

class standard_error final : public target {
public:
  /// Which mark of the level a line begins with; JSON lines carry it inside.
  enum class mark { none, word, number };

  explicit standard_error(mark m) : mark_(m) {}

  void line(config::log_level level, std::string_view text) override {
    if (mark_ == mark::number)
      buffer_ += "<" + std::to_string(priority(level)) + ">";
    else if (mark_ == mark::word && level <= config::log_level::warning)
      buffer_.append(to_string(level)).append(": ");
    buffer_ += text;
    buffer_ += '\n';
    if (buffer_.size() >= limits::log_buffer)
      flush();
  }

  void flush() override {
    write_all(STDERR_FILENO, buffer_);
    buffer_.clear();
  }

private:
  mark mark_;
  std::string buffer_;
};

class system_log final : public target {
public:
  system_log() { ::openlog("sealonce", LOG_PID | LOG_NDELAY, LOG_MAIL); }

  void line(config::log_level level, std::string_view text) override {
    waiting_.emplace_back(priority(level), text);
    octets_ += text.size();
    if (octets_ >= limits::log_buffer)
      flush();
  }

  void flush() override {
    for (const auto& [level, text] : waiting_)
      ::syslog(level, "%s", text.c_str());
    waiting_.clear();
    octets_ = 0;
  }

private:
  std::vector<std::pair<int, std::string>> waiting_;
  std::size_t octets_ = 0;
};

} // namespace

std::unique_ptr<target> make_target(const config::log_settings& s) {
  using mark = standard_error::mark;
  if (s.target == config::log_target::syslog)
    return std::make_unique<system_log>();
  if (s.target == config::log_target::journal)
    return std::make_unique<standard_error>(mark::number);
  return std::make_unique<standard_error>(s.format == config::log_format::json ? mark::none
                                                                               : mark::word);
}

} // namespace sealonce::log
