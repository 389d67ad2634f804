// NAME
//   report - what is wrong with a configuration, all of it, in the order of the file

#include "report_detail.hpp"

#include <algorithm>
#include <numeric>

namespace sealonce::config {

namespace {

/// A word further away than this share of its length is another word, not a slip of the finger.
constexpr std::size_t letters_for_one_slip = 3;

/// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other
/// (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), 0u);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t other = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + other});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped)
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last.back();
}

} // namespace

std::string report::where(place at) const {
  return file_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

std::string report::line(place at, std::string_view key, std::string_view sentence) const {
  std::string out = where(at) + ": ";
  if (!key.empty())
    out.append(key).append(": ");
  return out.append(sentence);
}

std::vector<std::string> report::sorted(std::vector<entry> entries) {
  std::stable_sort(entries.begin(), entries.end(), [](const entry& a, const entry& b) {
    return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
  });
  std::vector<std::string> out;
  out.reserve(entries.size());
  for (entry& e : entries)
    out.push_back(std::move(e.text));
  return out;
}

std::string in_quotes(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  constexpr char delete_character = 0x7f;
  std::string out = "\"";
  for (const char c : text) {
    if ((c >= 0 && c < ' ') || c == delete_character) {
      out += "\\x";
      out += digits[c >> 4];
      out += digits[c & 0x0f];
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t least = 1 + word.size() / letters_for_one_slip;
  // A long "word" is no slip, and the distance costs the product of both lengths.
  constexpr std::size_t longest_key = 64;
  if (word.size() > longest_key)
    return best;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance <= least && (best.empty() || distance < least)) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

} // namespace sealonce::config
