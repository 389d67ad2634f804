// NAME
//   base64 - RFC 4648 §4 for signatures, hashes and keys
// DESCRIPTION
//   The encoder writes one unbroken, padded line. The decoder is strict about everything but white
//   space: what a peer sends either has one meaning or is refused.
// DIAGNOSTICS
//   decode_base64 says which octet is wrong and where.
#include <sealonce/crypto/base64.hpp>

#include <array>
#include <cstdint>

namespace sealonce::crypto {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum code : unsigned char { padding = 64, blank = 65, foreign = 66 };

constexpr std::array<unsigned char, 256> make_codes() {
  std::array<unsigned char, 256> codes{};
  codes.fill(foreign);
  for (unsigned char i = 0; i < alphabet.size(); ++i) {
    codes[static_cast<unsigned char>(alphabet[i])] = i;
  }
  codes['='] = padding;
  for (const char c : {' ', '\t', '\r', '\n'}) {
    codes[static_cast<unsigned char>(c)] = blank;
  }
  return codes;
}

constexpr auto codes = make_codes();

char letter(std::uint32_t bits, int shift) {
  return alphabet[(bits >> shift) & 63u];
}

unsigned code_of(char c) {
  return codes[static_cast<unsigned char>(c)];
}

/// Decodes groups of four letters from `at` on, up to the first that is not one; gives where.
std::size_t whole_groups(std::string_view text, std::size_t at, std::vector<unsigned char>& out) {
  for (; text.size() - at >= 4; at += 4) {
    const unsigned a = code_of(text[at]);
    const unsigned b = code_of(text[at + 1]);
    const unsigned c = code_of(text[at + 2]);
    const unsigned d = code_of(text[at + 3]);
    if ((a | b | c | d) >= padding) { // a letter is below it, and so are all of them together
      break;
    }
    out.push_back(static_cast<unsigned char>(a << 2 | b >> 4));
    out.push_back(static_cast<unsigned char>(b << 4 | c >> 2));
    out.push_back(static_cast<unsigned char>(c << 6 | d));
  }
  return at;
}

failure bad(std::string_view what, std::size_t at) {
  return failure("not base64: " + std::string(what) + " at octet " + std::to_string(at + 1));
}

} // namespace

std::string base64(std::span<const unsigned char> bytes) {
  std::string out((bytes.size() + 2) / 3 * 4, '='); // what is not written stays padding
  char* to = out.data();
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t bits = bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2];
    to[0] = letter(bits, 18);
    to[1] = letter(bits, 12);
    to[2] = letter(bits, 6);
    to[3] = letter(bits, 0);
    to += 4;
  }
  if (const std::size_t left = bytes.size() - i; left != 0) {
    const std::uint32_t bits = bytes[i] << 16 | (left == 2 ? bytes[i + 1] << 8 : 0);
    *to++ = letter(bits, 18);
    *to++ = letter(bits, 12);
    if (left == 2)
      *to = letter(bits, 6);
  }
  return out;
}

result<std::vector<unsigned char>> decode_base64(std::string_view text) {
  std::vector<unsigned char> out;
  out.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  unsigned letters = 0; // of the group at hand
  unsigned pads = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (letters == 0 && pads == 0) {
      i = whole_groups(text, i, out);
      if (i == text.size()) {
        break;
      }
    }
    const unsigned char value = codes[static_cast<unsigned char>(text[i])];
    if (value == blank) {
      continue;
    }
    if (value == foreign) {
      return bad("an octet outside the alphabet", i);
    }
    if (value == padding) {
      if (++pads + letters > 4 || letters < 2) {
        return bad("a \"=\" too many", i);
      }
      continue;
    }
    if (pads != 0) {
      return bad("a letter after \"=\"", i);
    }
    bits = bits << 6 | value;
    if (++letters == 4) {
      out.insert(out.end(),
                 {static_cast<unsigned char>(bits >> 16), static_cast<unsigned char>(bits >> 8),
                  static_cast<unsigned char>(bits)});
      bits = 0;
      letters = 0;
    }
  }
  if (letters == 1 || (pads != 0 && letters + pads != 4)) {
    return bad("an incomplete group ends it", text.size());
  }
  if (letters == 3) {
    out.push_back(static_cast<unsigned char>(bits >> 10));
    out.push_back(static_cast<unsigned char>(bits >> 2));
  } else if (letters == 2) {
    out.push_back(static_cast<unsigned char>(bits >> 4));
  }
  return out;
}

} // namespace sealonce::crypto
