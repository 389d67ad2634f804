// NAME
//   exclusions - which mail is not signed

#include "draft_detail.hpp"
#include <sealonce/policy/wildcard.hpp>

#include <algorithm>

namespace sealonce::config {

bool is_field_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return c > ' ' && c < 127 && c != ':'; });
}

void read_excluded_recipients(const value& v, exclusions& e) {
  for (const value& one : v.strings(true)) {
    const auto pattern = one.text();
    if (pattern && pattern->find_first_of("@*") == std::string::npos)
      one.error(in_quotes(*pattern) + ": an address is expected, or a pattern such as \"*@" +
                *pattern + "\"");
    else if (pattern)
      e.recipients.push_back(policy::lower_case(*pattern));
  }
}

void read_excluded_headers(const value& v, exclusions& e) {
  for (const value& one : v.strings(true)) {
    const auto written = one.text();
    if (!written)
      continue;
    const std::size_t colon = std::min(written->find(':'), written->size());
    header_condition condition{written->substr(0, colon), {}};
    if (!is_field_name(condition.name)) {
      one.error(in_quotes(*written) +
                ": a header field is expected, \"Name\" or \"Name: value\", such as "
                "\"X-Spam-Flag: YES\"");
      continue;
    }
    const std::size_t begin = written->find_first_not_of(" \t", colon + 1);
    if (begin < written->size())
      condition.value = policy::lower_case(written->substr(begin));
    e.headers.push_back(std::move(condition));
  }
}

} // namespace sealonce::config
