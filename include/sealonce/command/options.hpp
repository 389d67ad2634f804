#pragma once

#include <sealonce/command/command.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sealonce::command {

/// One option of a command, "--NAME" or "--NAME ARGUMENT".
struct option {
  const char* name;     ///< without the dashes
  const char* argument; ///< what stands for the argument in the help; null = the option is a flag
  std::string_view meaning; ///< a line of the help
};

/// What a command says of itself.
struct usage {
  const char* command;               ///< "sign"
  std::string_view synopsis;         ///< the forms, one on each line, without "sealonce COMMAND"
  std::string_view description;      ///< whole lines for people
  std::span<const option> arguments; ///< in the order of the help; --help is there by itself
};

/// The options that were given. Views into the command line.
class options {
public:
  [[nodiscard]] bool has(std::string_view name) const;
  /// The argument of an option; `fallback` where it was not given.
  [[nodiscard]] std::string_view value(std::string_view name, std::string_view fallback = {}) const;

private:
  friend std::variant<options, exit_status> read_options(const usage& u,
                                                         std::span<char* const> arguments);
  std::vector<std::pair<std::string_view, std::string_view>> given_;
};

/// The options of a command line; or, where there is nothing left to do, the exit status: done
/// after --help, wrong_usage after a sentence on standard error about an option that is unknown,
/// abbreviated, given twice or without its argument, or about a word that is no option.
[[nodiscard]] std::variant<options, exit_status> read_options(const usage& u,
                                                              std::span<char* const> arguments);

/// A time on the command line: whole Unix seconds, not negative.
[[nodiscard]] std::optional<std::int64_t> parse_unix_time(std::string_view text);

/// "sealonce COMMAND: SENTENCE" on standard error; control octets become "?".
void say(const usage& u, std::string_view sentence);

/// say(), with where to find the help; returns wrong_usage.
int wrong(const usage& u, std::string_view sentence);

} // namespace sealonce::command
