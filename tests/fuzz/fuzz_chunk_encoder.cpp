// NAME
//   fuzz_chunk_encoder - BDAT becomes DATA, and back
//
// DESCRIPTION
//   The first octet seeds the cutting of chunks and rooms. What a data scanner makes of the encoded
//   octets is the content with its strays overwritten and its last line ended.

#include "fuzzing.hpp"
#include <sealonce/smtp/chunk_encoder.hpp>
#include <sealonce/smtp/data_scanner.hpp>

using namespace sealonce;
using fuzz::require;

namespace {

class kept_content final : public content_sink {
public:
  void content(std::span<const char> piece, std::uint64_t) override {
    text.append(piece.data(), piece.size());
  }
  std::string text;
};

std::string encoded(std::string_view in, std::size_t seed) {
  std::string wire;
  smtp::chunk_encoder encoder;
  fuzz::cutter cut(seed);
  while (!in.empty()) {
    std::string_view piece = in.substr(0, cut.piece(in.size()));
    in.remove_prefix(piece.size());
    while (!piece.empty()) {
      std::string room(cut.piece(300), '\0');
      const auto done = encoder.encode(piece, room);
      require(done.taken <= piece.size() && done.made <= room.size() && done.made != 0);
      wire += room.substr(0, done.made);
      piece.remove_prefix(done.taken);
    }
  }
  return wire + std::string(encoder.end());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const std::size_t seed = in.below(256) + 1;
  const std::string content(in.all());
  std::string wire = encoded(content, seed);
  kept_content kept;
  smtp::data_scanner scanner(kept);
  const auto progress = scanner.scan(wire);
  require(progress.ended && progress.decided == wire.size());
  std::string expected = content;
  if (!expected.empty() && !expected.ends_with("\r\n"))
    expected += "\r\n";
  require(kept.text == fuzz::without_strays(expected));
  return 0;
}
