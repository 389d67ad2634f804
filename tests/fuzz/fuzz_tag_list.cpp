// NAME
//   fuzz_tag_list - tag lists, signatures and key records out of any text
//
// DESCRIPTION
//   What was parsed lies inside the text, and written out again it parses to the same tags.

#include "fuzzing.hpp"
#include <sealonce/dkim/key_record.hpp>
#include <sealonce/dkim/signature.hpp>
#include <sealonce/dkim/tag_list.hpp>

using namespace sealonce;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const std::string_view text = in.all();
  const auto inside = [text](std::string_view part) {
    return part.empty() ||
           (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size());
  };
  const auto list = dkim::tag_list::parse(text);
  if (list) {
    std::string again;
    for (const auto& t : list.value().tags()) {
      require(inside(t.name) && inside(t.value) && inside(t.raw));
      require(list.value().find(t.name) == &t);
      again.append(t.name).append("=").append(t.raw).append(";");
    }
    const auto second = dkim::tag_list::parse(again);
    require(second && second.value().tags().size() == list.value().tags().size());
    for (std::size_t i = 0; i < list.value().tags().size(); ++i)
      require(second.value().tags()[i].value == list.value().tags()[i].value);
  }
  const auto names = dkim::find_names(text);
  const auto signature = dkim::parse_signature(text);
  for (const auto name : signature.names)
    require(inside(name));
  if (signature.fault == dkim::signature_fault::none) {
    require(list.has_value() && !signature.value.empty() && !signature.names.empty());
    require(names.domain == signature.domain && names.selector == signature.selector);
  } else {
    require(!signature.why.empty());
  }
  (void)dkim::parse_key_record(text);
  return 0;
}
