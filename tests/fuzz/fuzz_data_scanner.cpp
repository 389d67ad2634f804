// NAME
//   fuzz_data_scanner - octets after DATA, in any cutting, against a plain reference
//
// DESCRIPTION
//   The first octet seeds the cutting. What the scanner finds and makes of the octets must be what
//   a machine that looks at one octet at a time finds.

#include "fuzzing.hpp"
#include <sealonce/smtp/data_scanner.hpp>

using namespace sealonce;
using fuzz::require;

namespace {

struct found {
  std::string wire;    ///< as it is stored, strays overwritten
  std::string content; ///< without stuffing dots
  bool stray = false;
  bool ended = false;
  bool operator==(const found&) const = default;
};

class collecting_sink final : public content_sink {
public:
  explicit collecting_sink(found& into) : into_(into) {}
  void content(std::span<const char> piece, std::uint64_t wire_offset) override {
    require(wire_offset + piece.size() >= into_.content.size());
    into_.content.append(piece.data(), piece.size());
  }

private:
  found& into_;
};

/// RFC 5321 §4.1.1.4 and §4.5.2 to the letter. Octets that cannot be judged yet are left out.
found reference(std::string_view in) {
  found f;
  bool line_start = true;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (line_start && in.substr(i, 3) == ".\r\n") {
      f.wire += ".\r\n";
      f.ended = true;
      return f;
    }
    if (line_start && in[i] == '.') { // dot and CR may still become the end
      if (in.size() - i < 3 && (in.size() - i == 1 || in[i + 1] == '\r'))
        return f;
      f.wire += '.';
      line_start = false;
      continue;
    }
    line_start = false;
    if (in[i] == '\r' && i + 1 == in.size())
      return f;
    if (in[i] == '\r' && in[i + 1] == '\n') {
      f.wire += "\r\n";
      f.content += "\r\n";
      line_start = true;
      ++i;
      continue;
    }
    const bool stray = in[i] == '\r' || in[i] == '\n';
    f.stray = f.stray || stray;
    f.wire += stray ? ' ' : in[i];
    f.content += stray ? ' ' : in[i];
  }
  return f;
}

found scanned(std::string_view in, std::size_t seed) {
  found f;
  collecting_sink sink(f);
  smtp::data_scanner scanner(sink);
  fuzz::cutter cut(seed);
  std::string undecided;
  while (!in.empty()) {
    const auto length = seed == 0 ? in.size() : cut.piece(in.size());
    undecided += in.substr(0, length);
    in.remove_prefix(length);
    const auto progress = scanner.scan(undecided);
    require(progress.decided <= undecided.size());
    f.wire += undecided.substr(0, progress.decided);
    undecided.erase(0, progress.decided);
    f.ended = progress.ended;
    if (f.ended)
      break;
    require(undecided.size() <= 2);
  }
  f.stray = scanner.stray_seen();
  require(scanner.wire_size() == f.wire.size());
  return f;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const std::size_t seed = in.below(256) + 1;
  const std::string_view octets = in.all();
  const found expected = reference(octets);
  const found whole = scanned(octets, 0);
  const found cut = scanned(octets, seed);
  require(whole.wire == expected.wire && whole.content == expected.content);
  require(whole.stray == expected.stray && whole.ended == expected.ended);
  require(cut == whole);
  return 0;
}
