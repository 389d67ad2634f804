// NAME
//   value - one value of the file, read as what its key needs
//
// DESCRIPTION
//   toml++'s own value<bool>() takes 1 and value<int>() takes 1.0 (measured with 3.3); here a value
//   is of the type that stands in the file or it is an error that says what was expected.

#include "value_detail.hpp"

namespace sealonce::config {

place place_of(const toml::source_region& source) {
  return {source.begin.line, source.begin.column};
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
  case toml::node_type::string:
    return "a string";
  case toml::node_type::integer:
    return "a whole number";
  case toml::node_type::floating_point:
    return "a number with a fraction";
  case toml::node_type::boolean:
    return "true or false";
  case toml::node_type::array:
    return node.is_array_of_tables() ? "an array of tables" : "a list";
  case toml::node_type::table:
    return "a table";
  case toml::node_type::date:
  case toml::node_type::time:
  case toml::node_type::date_time:
    return "a date or time";
  case toml::node_type::none:
    break;
  }
  return "nothing";
}

std::optional<std::string> value::text() const {
  const auto* written = node_.as_string();
  if (written == nullptr) {
    error("a string in quotes is expected, not " + std::string(type_name(node_)));
    return std::nullopt;
  }
  if (written->get().empty()) {
    error("it must not be empty");
    return std::nullopt;
  }
  return written->get();
}

std::optional<std::uint64_t> value::number(std::uint64_t least, std::uint64_t most) const {
  const std::string expected = "a whole number from " + std::to_string(least) + " to " +
                               std::to_string(most) + " is expected";
  const auto* written = node_.as_integer();
  if (written == nullptr) {
    error(expected + ", not " + std::string(type_name(node_)));
    return std::nullopt;
  }
  const std::int64_t n = written->get();
  if (n < 0 || static_cast<std::uint64_t>(n) < least || static_cast<std::uint64_t>(n) > most) {
    error(expected + ", not " + std::to_string(n));
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(n);
}

std::optional<bool> value::flag() const {
  const auto* written = node_.as_boolean();
  if (written != nullptr)
    return written->get();
  error("true or false is expected, without quotes, not " + std::string(type_name(node_)));
  return std::nullopt;
}

std::vector<value> value::strings(bool may_be_empty) const {
  if (node_.is_string())
    return {*this};
  std::vector<value> out;
  const auto* list = node_.as_array();
  if (list == nullptr) {
    error("a string or a list of strings is expected, not " + std::string(type_name(node_)));
    return out;
  }
  if (list->empty() && !may_be_empty)
    error("the list is empty");
  for (const toml::node& element : *list)
    out.emplace_back(element, key_, report_);
  return out;
}

std::optional<std::size_t> value::word(const std::vector<std::string_view>& names) const {
  const auto written = text();
  if (!written)
    return std::nullopt;
  std::string all;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == *written)
      return i;
    all += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + in_quotes(names[i]);
  }
  error(described(all + " is expected"));
  return std::nullopt;
}

std::string value::described(std::string_view sentence) const {
  constexpr std::size_t longest = 80;
  const auto* written = node_.as_string();
  if (written == nullptr || written->get().size() > longest)
    return std::string(sentence);
  return in_quotes(written->get()) + ": " + std::string(sentence);
}

} // namespace sealonce::config
