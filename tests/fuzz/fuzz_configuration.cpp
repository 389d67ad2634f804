// NAME
//   fuzz_configuration - any text as a configuration file
//
// DESCRIPTION
//   Settings with at least one relay, or errors that each name the file. Slashes in values are
//   taken out of the way, so that nothing on the machine is opened.

#include "fuzzing.hpp"
#include <sealonce/config/load.hpp>

using namespace sealonce;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  std::string text(in.all());
  for (std::size_t i = 0; i < text.size(); ++i) // but canonicalizations and networks have one
    if (text[i] == '/' && (i == 0 || text[i - 1] == '"' || text[i - 1] == ':'))
      text[i] = '|';
  const auto made = config::parse(text, "/nonexistent/sealonce.toml");
  if (const auto* errors = std::get_if<config::errors>(&made)) {
    require(!errors->lines.empty());
    for (const auto& line : errors->lines)
      require(line.starts_with("/nonexistent/sealonce.toml"));
  } else {
    require(std::get<config::settings_ptr>(made) != nullptr);
    require(!std::get<config::settings_ptr>(made)->relays.empty());
  }
  return 0;
}
