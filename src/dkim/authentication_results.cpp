// NAME
//   authentication_results - the Authentication-Results field, RFC 8601
// DESCRIPTION
//   The field is made of words with one blank between each two; lines are broken at the blanks,
//   also those inside comments and quoted strings, where a fold means a blank too (RFC 5322 §3.2.2,
//   §3.2.4). Values come from messages and name servers of strangers.
// DIAGNOSTICS
//   None.
#include <sealonce/dkim/authentication_results.hpp>
#include <sealonce/limits.hpp>

#include <algorithm>
#include <numeric>

namespace sealonce::dkim {
namespace {

constexpr std::size_t least_prefix = 8;

bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

/// token of RFC 2045 §5.1.
bool is_token(std::string_view text) {
  constexpr std::string_view special = "()<>@,;:\\\"/[]?=";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_printable(c) && c != ' ' && special.find(c) == special.npos;
  });
}

/// With a backslash before each octet of `special`; runs of blanks become one, because a line may
/// be broken there.
std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (c == ' ' && (out.empty() || out.back() == ' ')) {
      continue;
    }
    if (special.find(c) != special.npos) {
      out += '\\';
    }
    out += is_printable(c) ? c : '?';
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

std::string quoted_string(std::string_view text) {
  return '"' + escaped(text, "\"\\") + '"';
}

std::string value(std::string_view text) {
  return is_token(text) ? std::string(text) : quoted_string(text);
}

/// A field in the making.
class folded_field {
public:
  explicit folded_field(std::string_view name) : text_(name) {
    text_ += ':';
    column_ = text_.size();
  }
  /// All words of `text`.
  void words(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(' '), text.size());
      word(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
  void new_line() {
    text_ += "\r\n";
    column_ = 0;
  }
  void append(char c) {
    text_ += c;
    ++column_;
  }
  std::string finish() && { return std::move(text_) + "\r\n"; }

private:
  void word(std::string_view w) {
    // One column is kept for the semicolon that may follow.
    if (column_ > 1 && column_ + 1 + w.size() + 1 > limits::fold_column) {
      new_line();
    }
    text_ += ' ';
    text_ += w;
    column_ += 1 + w.size();
  }

  std::string text_;
  std::size_t column_ = 0;
};

void append(folded_field& field, const method_result& r) {
  field.words(r.method + "=" + r.result);
  if (!r.comment.empty()) {
    field.words("(" + escaped(r.comment, "()\\") + ")");
  }
  if (!r.reason.empty()) {
    field.words("reason=" + quoted_string(r.reason));
  }
  for (const auto& [name, text] : r.properties) {
    if (!text.empty()) {
      field.words(name + "=" + value(text));
    }
  }
}

std::string joined(const std::vector<std::string>& notes) {
  std::string all;
  for (const std::string& note : notes) {
    all += (all.empty() ? "" : "; ") + note;
  }
  return all;
}

/// How many octets two texts have in common from the front.
std::size_t in_common(std::string_view a, std::string_view b) {
  const auto [end, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(end - a.begin());
}

} // namespace

std::string authentication_results(std::string_view authserv_id,
                                   std::span<const method_result> results) {
  folded_field field("Authentication-Results");
  field.words(value(authserv_id));
  if (results.empty()) {
    field.append(';');
    field.words("none");
  }
  for (const method_result& r : results) {
    field.append(';');
    field.new_line();
    append(field, r);
  }
  return std::move(field).finish();
}

std::vector<std::string> signature_prefixes(std::span<const verdict> verdicts) {
  std::vector<std::size_t> order(verdicts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return verdicts[a].signature < verdicts[b].signature;
  });
  std::vector<std::size_t> sizes(verdicts.size(), least_prefix);
  // What a text has in common with any other it has with a neighbour in the order.
  for (std::size_t i = 1; i < order.size(); ++i) {
    const std::size_t before = order[i - 1];
    const std::size_t here = order[i];
    const std::size_t apart = in_common(verdicts[before].signature, verdicts[here].signature) + 1;
    sizes[before] = std::max(sizes[before], apart);
    sizes[here] = std::max(sizes[here], apart);
  }
  std::vector<std::string> prefixes;
  prefixes.reserve(verdicts.size());
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    prefixes.push_back(verdicts[i].signature.substr(0, sizes[i]));
  }
  return prefixes;
}

std::vector<method_result> method_results(std::span<const verdict> verdicts) {
  std::vector<method_result> all;
  if (verdicts.empty()) {
    all.push_back({"dkim", "none", "the message is not signed", {}, {}});
  }
  const auto prefixes = signature_prefixes(verdicts);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const verdict& v = verdicts[i];
    all.push_back({"dkim",
                   std::string(name_of(v.result)),
                   joined(v.notes),
                   v.reason,
                   {{"header.d", v.domain},
                    {"header.s", v.selector},
                    {"header.a", v.algorithm},
                    {"header.b", prefixes[i]}}});
  }
  return all;
}

} // namespace sealonce::dkim
