#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::policy {

/// What is wrong with the rows of a table. Of a million bad rows the first ones are told.
class complaints {
public:
  void add(const std::string& table, std::uint32_t line, std::string_view sentence);
  /// The sentences, and how many more there were.
  [[nodiscard]] std::vector<std::string> all() const;

private:
  std::vector<std::string> told_;
  std::size_t untold_ = 0;
};

/// "PATH:LINE".
[[nodiscard]] std::string place_in(const std::string& table, std::uint32_t line);

/// In double quotes, cut where it is long, without control characters.
[[nodiscard]] std::string shown(std::string_view text);

} // namespace sealonce::policy
