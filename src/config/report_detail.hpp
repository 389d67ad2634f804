#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace sealonce::config {

/// A place in the file, counted from 1; a column counts characters.
struct place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// Collects what is to be said of one file and gives it back in the order of the file.
class report {
public:
  explicit report(std::string file) : file_(std::move(file)) {}

  void error(place at, std::string_view key, std::string_view sentence) {
    errors_.push_back({at, line(at, key, sentence)});
  }
  void warning(place at, std::string_view key, std::string_view sentence) {
    warnings_.push_back({at, line(at, key, sentence)});
  }
  /// A warning that belongs to no line.
  void warning(std::string_view sentence) {
    warnings_.push_back({place{0, 0}, std::string(sentence)});
  }

  [[nodiscard]] bool failed() const { return !errors_.empty(); }
  [[nodiscard]] std::vector<std::string> errors() const { return sorted(errors_); }
  [[nodiscard]] std::vector<std::string> warnings() const { return sorted(warnings_); }

  /// "FILE:LINE:COLUMN".
  [[nodiscard]] std::string where(place at) const;

private:
  struct entry {
    place at;
    std::string text;
  };

  [[nodiscard]] std::string line(place at, std::string_view key, std::string_view sentence) const;
  static std::vector<std::string> sorted(std::vector<entry> entries);

  std::string file_;
  std::vector<entry> errors_;
  std::vector<entry> warnings_;
};

/// In double quotes, with control characters escaped: fit for a terminal.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// The candidate that was probably meant, or an empty view where none is near.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string_view>& candidates);

} // namespace sealonce::config
