// NAME
//   fuzz_canonical - both canonicalizations in any cutting, against a plain reference
//
// DESCRIPTION
//   The first octet seeds the cutting, the second is l=; the rest is a body, and a field.

#include "canonical_reference.hpp"
#include "fuzzing.hpp"
#include <sealonce/crypto/digest.hpp>
#include <sealonce/dkim/body_hash.hpp>

using namespace sealonce;
using dkim::canonicalization;
using fuzz::require;

namespace {

void check_body(canonicalization how, std::string_view text, std::size_t seed, std::size_t limit,
                bool squeezes = true) {
  const std::string expected = test::canonical_body(how, text);
  dkim::body_hash whole(how, dkim::body_hash::no_limit, squeezes);
  whole.update(text);
  require(whole.finish() == crypto::sha256_of(expected));
  require(whole.length() == expected.size());
  dkim::body_hash cut(how, limit, squeezes);
  fuzz::cutter cutter(seed);
  for (std::size_t at = 0; at < text.size();) {
    const auto length = cutter.piece(text.size() - at);
    cut.update(text.substr(at, length));
    at += length;
  }
  require(cut.finish() == crypto::sha256_of(std::string_view(expected).substr(0, limit)));
  require(cut.length() == expected.size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const std::size_t seed = in.below(256) + 1;
  const std::size_t limit = in.below(256);
  const std::string text = fuzz::without_strays(std::string(in.all()));
  check_body(canonicalization::simple, text, seed, limit);
  check_body(canonicalization::relaxed, text, seed, limit);
  check_body(canonicalization::relaxed, text, seed, limit, false);

  std::string field; // a name, and folds where the lines of the text end
  for (std::size_t i = 0; i < text.size(); ++i) {
    field += text[i];
    if (text[i] == '\n')
      field += i % 2 == 0 ? ' ' : '\t';
  }
  field = "Name" + std::string(seed % 3, ' ') + ":" + field + "\r\n";
  std::string out;
  dkim::canonicalize_field(canonicalization::relaxed, field, out);
  require(out == test::relaxed_field(field));
  out.clear();
  dkim::canonicalize_field(canonicalization::simple, field, out);
  require(out == field);
  return 0;
}
