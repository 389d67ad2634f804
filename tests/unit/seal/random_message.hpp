#pragma once
// Random messages, and what filters, lists and careless hops do to them. All from one seed.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::test {

class dice {
public:
  explicit dice(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::size_t below(std::size_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::size_t>(state_ >> 11) % n;
  }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::string_view pick(std::initializer_list<std::string_view> from) {
    return from.begin()[below(from.size())];
  }

private:
  std::uint64_t state_;
};

/// A message in its parts: whole fields with their CRLF, and the body with the empty line before.
struct parts {
  std::vector<std::string> fields;
  std::string body;

  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto& f : fields) {
      out += f;
    }
    return out + body;
  }
  static parts of(const std::string& text) {
    parts p;
    std::size_t at = 0;
    while (at < text.size() && text.compare(at, 2, "\r\n") != 0) {
      auto end = text.find("\r\n", at);
      end = end == std::string::npos ? text.size() : end + 2;
      const bool folded = text[at] == ' ' || text[at] == '\t';
      if (folded) {
        p.fields.back().append(text, at, end - at);
      } else {
        p.fields.emplace_back(text, at, end - at);
      }
      at = end;
    }
    p.body = text.substr(at);
    return p;
  }
};

inline bool is_signature(const std::string& field) {
  constexpr std::string_view name = "dkim-signature:";
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (i >= field.size() || (field[i] | 0x20) != (name[i] | 0x20)) {
      return false;
    }
  }
  return true;
}

inline std::string random_words(dice& d) {
  std::string out;
  for (std::size_t n = d.below(5); n > 0; --n) {
    out +=
        d.pick({"a", "two ", "  gap", "\ttab", "\xc3\xa4", "=20", "From x", ". ", "b;c:d", "\""});
  }
  return out;
}

inline std::string random_field(dice& d) {
  std::string f(d.pick({"To", "Cc", "Subject", "SUBJECT", "Date", "Message-ID", "Received",
                        "X-Loop", "List-Id", "Reply-To", "References", "Authentication-Results",
                        "ARC-Seal", "MIME-Version", "Content-Type", "dkim-signatures"}));
  f += d.pick({": ", ":", ":\t", ":  "});
  f += random_words(d);
  if (d.one_in(4)) {
    f += d.pick({"\r\n ", "\r\n\t", "\r\n  "});
    f += "more" + random_words(d);
  }
  return f + "\r\n";
}

inline std::string random_line(dice& d) {
  std::string line(d.pick({"", "", "text", ".", "..", ".dot", " lead", "\t", "word  word", "x"}));
  line += random_words(d);
  line += d.pick({"", "", " ", "\t ", "  "});
  return line + "\r\n";
}

/// Its author is alice@example.com.
inline parts random_message(dice& d) {
  parts p;
  for (std::size_t n = d.below(8); n > 0; --n) {
    p.fields.push_back(random_field(d));
  }
  const std::string from =
      std::string(d.pick({"From: ", "FROM:", "from:\t"})) +
      std::string(d.pick({"alice@example.com", "Alice <alice@EXAMPLE.com>",
                          "\"A, B\"\r\n\t<alice@example.com>", "alice@example.com (c)"})) +
      "\r\n";
  p.fields.insert(p.fields.begin() + static_cast<std::ptrdiff_t>(d.below(p.fields.size() + 1)),
                  from);
  if (!d.one_in(20)) {
    p.body = "\r\n";
    for (std::size_t n = d.below(6); n > 0; --n) {
      p.body += random_line(d);
    }
    if (d.one_in(10)) {
      p.body += "no end";
    }
  }
  return p;
}

inline std::string foreign_signature(dice& d) {
  return "DKIM-Signature: v=1; a=rsa-sha256; d=" +
         std::string(d.pick({"list.example", "example.net", "sub.example.com", ""})) +
         "; s=ed;\r\n\th=From" + std::string(d.pick({"", ":To", ":dkim-signature"})) +
         "; bh=" + std::to_string(d.below(1000)) + "; b=AA==\r\n";
}

/// Where a field of one kind stands, at random; fields.size() where there is none.
template <class Kind>
std::size_t random_place(const parts& p, dice& d, Kind kind) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < p.fields.size(); ++i) {
    if (kind(p.fields[i])) {
      places.push_back(i);
    }
  }
  return places.empty() ? p.fields.size() : places[d.below(places.size())];
}

inline void change_signature(parts& p, dice& d) {
  const std::size_t at = random_place(p, d, is_signature);
  if (at == p.fields.size()) {
    return;
  }
  auto& field = p.fields[at];
  const auto place = p.fields.begin() + static_cast<std::ptrdiff_t>(at);
  switch (d.below(6)) {
  case 0:
    p.fields.erase(place);
    break;
  case 1:
    p.fields.insert(p.fields.begin() + static_cast<std::ptrdiff_t>(d.below(p.fields.size() + 1)),
                    std::string(field));
    break;
  case 2: { // a letter near the end
    const std::size_t letter = field.find_last_not_of("\r\n \t=", field.size() - 1 - d.below(9));
    field[letter] = field[letter] == 'A' ? 'B' : 'A';
    break;
  }
  case 3:
    field.insert(field.find(';'), d.pick({"; n=1", ";", "; x=1", " ", "\r\n\t", "; l=3"}));
    break;
  case 4:
    field[0] = 'd';
    break;
  default: // to another place
    const std::string moved = std::move(field);
    p.fields.erase(place);
    p.fields.insert(p.fields.begin() + static_cast<std::ptrdiff_t>(d.below(p.fields.size() + 1)),
                    moved);
  }
}

inline void change_header(parts& p, dice& d) {
  const auto other = [](const std::string& f) { return !is_signature(f) && (f[0] | 0x20) != 'f'; };
  const std::size_t at = random_place(p, d, other);
  const std::size_t what = d.below(4);
  if (what == 0 || at == p.fields.size()) {
    p.fields.insert(p.fields.begin() +
                        static_cast<std::ptrdiff_t>(d.one_in(2) ? 0 : d.below(p.fields.size() + 1)),
                    random_field(d));
  } else if (what == 1) {
    p.fields.erase(p.fields.begin() + static_cast<std::ptrdiff_t>(at));
  } else {
    p.fields[at].insert(p.fields[at].size() - 2, d.pick({"z", " ", "\r\n z"}));
  }
}

inline void change_body(parts& p, dice& d) {
  if (p.body.empty()) {
    p.body = "\r\n";
  }
  p.body += d.pick({"-- \r\nfooter\r\n", "\r\n\r\n", "  ", "x", "\r\n.\r\n"});
}

/// One thing that happens between two hops of ours.
inline void disturb(parts& p, dice& d) {
  switch (d.below(6)) {
  case 0:
    return change_body(p, d);
  case 1:
    return change_header(p, d);
  case 2:
    p.fields.insert(p.fields.begin(), "Received: by another hop\r\n");
    return;
  case 3:
    p.fields.insert(p.fields.begin() +
                        static_cast<std::ptrdiff_t>(d.one_in(2) ? 0 : d.below(p.fields.size() + 1)),
                    foreign_signature(d));
    return;
  default:
    return change_signature(p, d);
  }
}

} // namespace sealonce::test
