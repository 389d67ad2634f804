#pragma once

#include <sealonce/config/settings.hpp>
#include <sealonce/log/transaction.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sealonce::log {

/// Where lines go. A target gets whole lines and keeps them until flush.
class target {
public:
  virtual ~target() = default;
  /// One line without its line end; free of control octets.
  virtual void line(config::log_level level, std::string_view text) = 0;
  virtual void flush() = 0;
};

/// The target that the settings name.
/// - standard_error: buffered, one write(2) for each flush; errors and warnings begin with the
/// word;
/// - syslog: facility mail, one syslog(3) for each line at flush;
/// - journal: standard error with the priority prefix "<N>" that systemd reads (sd-daemon(3)).
/// A line that standard error does not take within a second is dropped: a full pipe must not hold
/// the mail.
[[nodiscard]] std::unique_ptr<target> make_target(const config::log_settings& s);

/// Unix seconds, for the "time" member of JSON lines; text lines get their time from syslog or the
/// journal.
using clock_function = std::int64_t (*)();

/// Formats lines and hands them to its target. Nothing is shared between loggers, so that each
/// thread has its own and no mutex stands in the way of a message: lines wait in the buffer until
/// the owner calls flush(), once for each turn of its event loop. The destructor flushes.
class logger {
public:
  /// Target, format and level as the settings say.
  explicit logger(const config::log_settings& s);
  logger(const config::log_settings& s, std::unique_ptr<target> to, clock_function clock);
  ~logger();
  logger(const logger&) = delete;
  logger& operator=(const logger&) = delete;

  /// False where line() with this level would do nothing: lets a caller save the formatting.
  [[nodiscard]] bool enabled(config::log_level level) const { return level <= level_; }

  /// One line of free text. Control octets in it are escaped.
  void line(config::log_level level, std::string_view text);
  void error(std::string_view text) { line(config::log_level::error, text); }
  void warning(std::string_view text) { line(config::log_level::warning, text); }
  void info(std::string_view text) { line(config::log_level::info, text); }
  void debug(std::string_view text) { line(config::log_level::debug, text); }

  /// The line of one transaction, with level info.
  void record(const transaction& t);

  void flush();

private:
  void begin_json(config::log_level level);

  std::unique_ptr<target> target_;
  clock_function clock_;
  config::log_level level_;
  config::log_format format_;
  std::string scratch_; ///< the line being made; keeps its memory
};

/// "error", "warning", "info", "debug".
[[nodiscard]] std::string_view to_string(config::log_level level);

} // namespace sealonce::log
