// NAME
//   quantity - durations and sizes with their units
//
// DESCRIPTION
//   A number of an administrator always carries its unit, so that nobody has to guess whether 10
//   means seconds or minutes.

#include <sealonce/config/quantity.hpp>

#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <utility>

namespace sealonce::config {

namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<unit, 4> duration_units{{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}};
constexpr std::array<unit, 7> size_units{{{"B", 1},
                                          {"KB", 1000},
                                          {"MB", 1'000'000},
                                          {"GB", 1'000'000'000},
                                          {"KiB", 1ull << 10},
                                          {"MiB", 1ull << 20},
                                          {"GiB", 1ull << 30}}};

/// The sum in the smallest unit; `most` bounds it.
template <std::size_t N> // one function for two tables of different length
result<std::uint64_t> parse(std::string_view text, const std::array<unit, N>& units,
                            std::uint64_t most, const char* expected) {
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range)
    return failure("the number is too large");
  const std::string_view name = text.substr(static_cast<std::size_t>(rest - text.data()));
  if (error != std::errc())
    return failure(expected);
  for (const unit& u : units) {
    if (u.name != name)
      continue;
    if (number > most / u.factor)
      return failure("the number is too large");
    return number * u.factor;
  }
  return failure(expected);
}

} // namespace

result<std::chrono::seconds> parse_duration(std::string_view text) {
  // A hundred years: far enough, and t= plus it stays a number that every verifier can hold.
  constexpr std::uint64_t most = 100ull * 366 * 86400;
  const auto n = parse(text, duration_units, most,
                       "a duration is expected: a whole number and s, m, h or d, such as \"30s\"");
  if (!n)
    return n.error();
  return std::chrono::seconds(n.value());
}

result<std::uint64_t> parse_size(std::string_view text) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return parse(text, size_units, most,
               "a size is expected: a whole number and B, KB, MB, GB, KiB, MiB or GiB, such as "
               "\"50MiB\"");
}

} // namespace sealonce::config
