// NAME
//   logger - levels and the two forms of a line
//
// DESCRIPTION
//   Drops what is below the configured level, forms the rest as text or as one JSON object, and
//   hands it to the target. Not shared between threads: each has its own.

#include <sealonce/log/logger.hpp>
#include <sealonce/log/quote.hpp>

#include <ctime>

namespace sealonce::log {

namespace {

std::int64_t system_time() {
  return std::time(nullptr);
}

/// "2024-02-29T12:00:00Z", RFC 3339.
std::string stamp(std::int64_t unix_seconds) {
  const std::time_t t = unix_seconds;
  std::tm parts{};
  char text[sizeof "2024-02-29T12:00:00Z" + 16];
  if (::gmtime_r(&t, &parts) == nullptr)
    return {};
  const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return std::string(text, n);
}

} // namespace

std::string_view to_string(config::log_level level) {
  switch (level) {
  case config::log_level::error:
    return "error";
  case config::log_level::warning:
    return "warning";
  case config::log_level::info:
    return "info";
  case config::log_level::debug:
    break;
  }
  return "debug";
}

logger::logger(const config::log_settings& s) : logger(s, make_target(s), system_time) {}

logger::logger(const config::log_settings& s, std::unique_ptr<target> to, clock_function clock)
    : target_(std::move(to)), clock_(clock), level_(s.level), format_(s.format) {}

logger::~logger() {
  target_->flush();
}

void logger::begin_json(config::log_level level) {
  scratch_ += "{\"time\":\"" + stamp(clock_()) + "\",\"level\":\"";
  scratch_ += to_string(level);
  scratch_ += "\",";
}

void logger::line(config::log_level level, std::string_view text) {
  if (!enabled(level))
    return;
  scratch_.clear();
  if (format_ == config::log_format::json) {
    begin_json(level);
    scratch_ += "\"message\":";
    append_json(text, scratch_);
    scratch_ += '}';
  } else {
    append_plain(text, scratch_);
  }
  target_->line(level, scratch_);
}

void logger::record(const transaction& t) {
  if (!enabled(config::log_level::info))
    return;
  scratch_.clear();
  if (format_ == config::log_format::json) {
    begin_json(config::log_level::info);
    append_json_members(t, scratch_);
    scratch_ += '}';
  } else {
    append_text(t, scratch_);
  }
  target_->line(config::log_level::info, scratch_);
}

void logger::flush() {
  target_->flush();
}

} // namespace sealonce::log
