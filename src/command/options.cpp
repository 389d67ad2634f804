// NAME
//   options - the command line of one command
//
// DESCRIPTION
//   "--name", "--name argument" and "--name=argument", nothing else. Not getopt_long(3): it takes
//   an abbreviation that happens to be unique today, and a script with it breaks with the next
//   option; it also keeps its state in globals.
//
// DIAGNOSTICS
//   One sentence on standard error, with where the help is; exit status 64.

#include <sealonce/command/options.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
namespace sealonce::command {

namespace {

std::string written_form(const option& o) {
  std::string out = std::string("--") + o.name;
  if (o.argument != nullptr)
    out.append(" ").append(o.argument);
  return out;
}

void print_help(const usage& u) {
  std::string out;
  std::string_view rest = u.synopsis;
  for (bool first = true; first || !rest.empty(); first = false) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    out.append(first ? "usage: sealonce " : "       sealonce ").append(u.command);
    out.append(rest.empty() ? "" : " ").append(rest.substr(0, end)).append("\n");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  out.append("\n").append(u.description).append("\n");
  std::size_t width = 0;
  for (const option& o : u.arguments)
    width = std::max(width, written_form(o).size());
  for (const option& o : u.arguments) {
    std::string form = written_form(o);
    form.resize(width, ' ');
    out.append("  ").append(form).append("  ").append(o.meaning).append("\n");
  }
  std::fputs(out.c_str(), stdout);
}

/// One word of the command line, "--name" or "--name=argument".
struct split_word {
  explicit split_word(std::string_view word)
      : name(word.substr(0, word.find('='))),
        argument(name == word ? std::nullopt
                              : std::optional<std::string_view>(word.substr(name.size() + 1))) {}
  std::string_view name; ///< with its dashes
  std::optional<std::string_view> argument;
};

const option* find(const usage& u, std::string_view name) {
  for (const option& o : u.arguments)
    if (name == std::string("--") + o.name)
      return &o;
  return nullptr;
}

exit_status refuse(const usage& u, std::string_view sentence) {
  return static_cast<exit_status>(wrong(u, sentence));
}

} // namespace

bool options::has(std::string_view name) const {
  return std::any_of(given_.begin(), given_.end(), [&](const auto& o) { return o.first == name; });
}

std::string_view options::value(std::string_view name, std::string_view fallback) const {
  for (const auto& [given, argument] : given_)
    if (given == name)
      return argument;
  return fallback;
}

std::variant<options, exit_status> read_options(const usage& u, std::span<char* const> arguments) {
  options out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const split_word word(arguments[i]);
    const std::string name(word.name);
    if (word.name == "--help" && !word.argument) {
      print_help(u);
      return done;
    }
    if (!name.starts_with("-"))
      return refuse(u, "unexpected word \"" + name + "\"");
    const option* o = find(u, name);
    if (o == nullptr)
      return refuse(u, "unknown option " + name);
    if (out.has(o->name))
      return refuse(u, name + " is there twice");
    if (o->argument == nullptr && word.argument)
      return refuse(u, name + " takes no argument");
    if (o->argument != nullptr && !word.argument && ++i == arguments.size())
      return refuse(u, name + " needs an argument");
    const bool next_word = o->argument != nullptr && !word.argument;
    out.given_.emplace_back(o->name, next_word ? arguments[i] : word.argument.value_or(""));
  }
  return out;
}

std::optional<std::int64_t> parse_unix_time(std::string_view text) {
  std::int64_t time = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), time);
  if (error != std::errc() || rest != text.data() + text.size() || time < 0)
    return std::nullopt;
  return time;
}

void say(const usage& u, std::string_view sentence) {
  std::string line = std::string("sealonce ") + u.command + ": ";
  for (const char c : sentence) {
    const bool control = (c >= 0 && c < ' ') || c == '\x7f';
    line += control ? '?' : c;
  }
  line += '\n';
  std::fputs(line.c_str(), stderr);
}

int wrong(const usage& u, std::string_view sentence) {
  say(u, std::string(sentence) + " (sealonce " + u.command + " --help)");
  return wrong_usage;
}

} // namespace sealonce::command
