// NAME
//   fuzz_author - any From value: one clear author or none
//
// DESCRIPTION
//   A domain that is found can be looked up as it is, and the address, written alone, is found
//   again. mimetic is asked behind its guards, under the sanitizers.

#include "fuzzing.hpp"
#include <sealonce/message/author.hpp>

using namespace sealonce;
using fuzz::require;

namespace {

std::string quoted(std::string_view local) {
  std::string text = "\"";
  for (const char c : local) {
    if (c == '"' || c == '\\')
      text += '\\';
    text += c;
  }
  return text + '"';
}

bool domain_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const message::author first = message::parse_author(in.all());
  if (first.status != message::author_status::found) {
    require(first.domain.empty() && first.local_part.empty() && !first.why.empty());
    return 0;
  }
  require(!first.domain.empty() &&
          std::all_of(first.domain.begin(), first.domain.end(), domain_octet));
  const std::string again = "<" + quoted(first.local_part) + "@" + first.domain + ">\r\n";
  const message::author second = message::parse_author(again);
  if (second.status == message::author_status::disputed)
    return 0; // mimetic need not like every quoting
  require(second.status == message::author_status::found);
  require(second.domain == first.domain && second.local_part == first.local_part);
  return 0;
}
