// NAME
//   fuzz_sealer - a message passes, is edited, and passes twice more
//
// DESCRIPTION
//   The input begins with edits of four octets each (place, place, length, octet); one of length
//   zero ends them; the rest is the message. Nothing may crash, only whole fields may be taken out,
//   and the last pass may change nothing.

#include <sealonce/seal/sealer.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace sealonce;

namespace {

constexpr const char* key_text = // RFC 8032 §7.1, test 1, as PKCS#8
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";

const config::settings& settings() {
  static const config::settings made = [] {
    config::settings s;
    auto& domain = s.domains["example.com"];
    domain.name = "example.com";
    domain.keys.push_back({"example.com", "ed", crypto::private_key::from_pem(key_text).value()});
    return s;
  }();
  return made;
}

/// Content as the data scanner hands it over: CR and LF only as CRLF.
std::string without_strays(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      ++i;
    } else if (text[i] == '\r' || text[i] == '\n') {
      text[i] = ' ';
    }
  }
  return text;
}

std::string pass(const std::string& text, seal::outcome& o) {
  seal::sealer sealer(settings(), config::relay_mode::sign);
  sealer.content(text, 0);
  o = sealer.finish(1700000000);
  std::string out = text.substr(0, sealer.insert_at()) + o.new_fields;
  std::uint64_t done = sealer.insert_at();
  for (const auto& gap : o.removed) {
    const bool whole = gap.begin >= done && gap.end > gap.begin && gap.end <= text.size() &&
                       (gap.begin == 0 || text[gap.begin - 1] == '\n');
    if (!whole) {
      std::abort();
    }
    out.append(text, done, gap.begin - done);
    done = gap.end;
  }
  return out.append(text, done);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string input(reinterpret_cast<const char*>(data), size);
  std::size_t edits = 0;
  while (edits + 4 <= input.size() && input[edits + 2] != 0) {
    edits += 4;
  }
  const std::string message = input.substr(std::min(edits + 4, input.size()));
  seal::outcome o;
  std::string text = pass(without_strays(message), o);
  for (std::size_t i = 0; i < edits; i += 4) {
    const std::size_t place = (data[i] << 8 | data[i + 1]) % (text.size() + 1);
    text.replace(place, data[i + 2] % 8, 1, input[i + 3]);
  }
  const std::string second = pass(without_strays(text), o);
  const auto what = o.what;
  const std::string third = pass(second, o);
  if (second != third || (what == policy::action::sign && !o.new_fields.empty())) {
    std::abort();
  }
  return 0;
}
