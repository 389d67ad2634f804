// NAME
//   complaints - what is wrong with the rows of a table

#include "complaints_detail.hpp"
#include <sealonce/limits.hpp>

namespace sealonce::policy {

std::string place_in(const std::string& table, std::uint32_t line) {
  return table + ":" + std::to_string(line);
}

std::string shown(std::string_view text) {
  constexpr std::size_t longest = 80;
  constexpr char delete_character = 0x7f;
  std::string out = "\"";
  for (const char c : text.substr(0, longest)) {
    const bool control = (c >= 0 && c < ' ') || c == delete_character;
    out += control ? '?' : c;
  }
  return out + (text.size() > longest ? "…\"" : "\"");
}

void complaints::add(const std::string& table, std::uint32_t line, std::string_view sentence) {
  if (told_.size() == limits::table_complaints) {
    ++untold_;
    return;
  }
  told_.push_back(place_in(table, line) + ": " + std::string(sentence));
}

std::vector<std::string> complaints::all() const {
  auto out = told_;
  if (untold_ > 0) {
    out.push_back("and " + std::to_string(untold_) + " more rows of the tables are wrong");
  }
  return out;
}

} // namespace sealonce::policy
