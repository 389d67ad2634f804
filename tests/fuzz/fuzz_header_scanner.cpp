// NAME
//   fuzz_header_scanner - any content, in any cutting: the same fields
//
// DESCRIPTION
//   The first octet seeds the cutting, the second says how many octets the wire form is ahead (as
//   stuffing dots make it). Fields must lie in order and whole in the text, header and body
//   together must be the content, and nothing may depend on the cutting.

#include "fuzzing.hpp"
#include <sealonce/message/scanner.hpp>

using namespace sealonce;
using fuzz::require;

namespace {

class kept_body final : public message::body_sink {
public:
  void header_complete(const message::header&) override { require(++headers == 1); }
  void body(std::span<const char> piece) override {
    require(headers == 1);
    text.append(piece.data(), piece.size());
  }
  int headers = 0;
  std::string text;
};

struct scan {
  explicit scan(std::string_view content, std::size_t seed) : scanner(rest) {
    fuzz::cutter cut(seed);
    for (std::size_t at = 0; at < content.size();) {
      const auto left = content.size() - at;
      const auto length = seed == 0 ? left : cut.piece(left);
      scanner.content(content.substr(at, length), at);
      at += length;
    }
    scanner.finish();
  }
  kept_body rest;
  message::scanner scanner;
};

void check_fields(const message::header& head) {
  std::uint32_t end = 0;
  std::uint64_t wire_end = 0;
  for (const auto& f : head.fields()) {
    require(f.begin >= end && f.wire_begin >= wire_end);
    require(f.begin < f.name_end && f.name_end < f.value && f.value <= f.end);
    require(f.end <= head.text().size() && f.wire_end > f.wire_begin);
    require(head.whole(f).ends_with("\r\n"));
    require(head.name(f).find_first_of(": \t\r\n") == std::string_view::npos);
    require(head.text()[f.value - 1] == ':');
    require(head.count(head.name(f)) >= 1);
    end = f.end;
    wire_end = f.wire_end;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const std::size_t seed = in.below(256) + 1;
  const std::string content = fuzz::without_strays(std::string(in.all()));
  const scan whole(content, 0);
  const scan cut(content, seed);
  const auto& head = whole.scanner.head();
  check_fields(head);
  require(whole.rest.headers == 1 && cut.rest.headers == 1);
  require(whole.rest.text == cut.rest.text && head.text() == cut.scanner.head().text());
  require(head.fields().size() == cut.scanner.head().fields().size());
  require(whole.scanner.wire_body_offset() == cut.scanner.wire_body_offset());
  require(whole.scanner.wire_insert_offset() == cut.scanner.wire_insert_offset());
  require(whole.scanner.longest_body_line() == cut.scanner.longest_body_line());
  require(whole.scanner.size() == content.size());
  require(whole.scanner.wire_insert_offset() <= content.size());
  require(whole.scanner.wire_body_offset() <= content.size());
  if (!head.oddities().over_limit)
    require(content.ends_with(whole.rest.text));
  return 0;
}
