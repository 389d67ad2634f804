#pragma once

#include "report_detail.hpp"
#include <sealonce/result.hpp>

#include <toml++/toml.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sealonce::config {

[[nodiscard]] place place_of(const toml::source_region& source);
/// "a string", "a whole number", … with its article.
[[nodiscard]] std::string_view type_name(const toml::node& node);

/// One value of the file under its key. Each function reads the value as one type; where it is of
/// another type or not acceptable, the report gets the sentence and `out` stays as it was. Views
/// the document; must not outlive it.
class value {
public:
  value(const toml::node& node, std::string key, report& r)
      : node_(node), key_(std::move(key)), report_(r) {}

  void error(std::string_view sentence) const { report_.error(at(), key_, sentence); }
  void warning(std::string_view sentence) const { report_.warning(at(), key_, sentence); }
  [[nodiscard]] place at() const { return place_of(node_.source()); }
  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] report& errors() const { return report_; }
  [[nodiscard]] const toml::node& node() const { return node_; }

  /// Not empty.
  [[nodiscard]] std::optional<std::string> text() const;
  /// A whole number; TOML's own types only: neither 1.0 nor true is taken for 1.
  [[nodiscard]] std::optional<std::uint64_t> number(std::uint64_t least, std::uint64_t most) const;
  /// true or false; neither 1 nor "yes" is taken for true.
  [[nodiscard]] std::optional<bool> flag() const;
  /// The value itself, or the values of a list; each is to be a string. Empty after an error.
  [[nodiscard]] std::vector<value> strings(bool may_be_empty = false) const;

  /// The text as `parse` understands it; its failure becomes the error.
  template <class T> // saves the same four lines at a dozen keys
  [[nodiscard]] std::optional<T> parsed(result<T> (*parse)(std::string_view)) const {
    const auto written = text();
    if (!written)
      return std::nullopt;
    return taken(parse(*written));
  }
  template <class T> // as above, for parsers with more arguments
  [[nodiscard]] std::optional<T> taken(result<T> r) const {
    if (r)
      return std::move(r).value();
    error(described(r.error().what));
    return std::nullopt;
  }

  /// One of some words.
  template <class E> // one function for every enumeration of settings.hpp
  void choice(E& out, std::initializer_list<std::pair<std::string_view, E>> words) const {
    std::vector<std::string_view> names;
    for (const auto& w : words)
      names.push_back(w.first);
    const auto chosen = word(names);
    if (chosen)
      out = (words.begin() + *chosen)->second;
  }

private:
  [[nodiscard]] std::optional<std::size_t> word(const std::vector<std::string_view>& names) const;
  /// "WRITTEN: sentence".
  [[nodiscard]] std::string described(std::string_view sentence) const;

  const toml::node& node_;
  std::string key_;
  report& report_;
};

} // namespace sealonce::config
