// NAME
//   main - choose the command
//
// DESCRIPTION
//   sealonce COMMAND [OPTIONS]: hands the rest of the command line to the command's own function
//   in command/.
//
// DIAGNOSTICS
//   Exit status as in sysexits.h; see command/command.hpp.

#include <sealonce/command/command.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <string_view>

namespace {

using namespace sealonce;

struct entry {
  std::string_view name;
  int (*run)(std::span<char* const> arguments);
  const char* help;
};

constexpr std::array<entry, 6> commands{{
    {"serve", command::serve, "run the relays in the foreground"},
    {"check", command::check, "read configuration and keys as serve would; say what is wrong"},
    {"sign", command::sign, "sign a message from standard input to standard output"},
    {"verify", command::verify, "verify the signatures of a message from standard input"},
    {"keygen", command::keygen, "make a key and its DNS record"},
    {"explain", command::explain, "tell which keys would sign a message, or why none would"},
}};

void print_commands(std::FILE* out) {
  std::fputs("usage: sealonce COMMAND [OPTIONS]\n\n", out);
  for (const entry& c : commands)
    std::fprintf(out, "  %-8.*s %s\n", static_cast<int>(c.name.size()), c.name.data(), c.help);
  std::fputs("\nsealonce COMMAND --help tells the options; sealonce --version the version.\n", out);
}

int run(std::span<char* const> arguments) {
  if (arguments.empty()) {
    print_commands(stderr);
    return command::wrong_usage;
  }
  const std::string_view name = arguments.front();
  if (name == "--version") {
    std::puts("sealonce " SEALONCE_VERSION);
    return command::done;
  }
  if (name == "--help") {
    print_commands(stdout);
    return command::done;
  }
  const auto chosen = std::find_if(commands.begin(), commands.end(),
                                   [&](const entry& c) { return c.name == name; });
  if (chosen == commands.end()) {
    std::fputs("sealonce: unknown command (sealonce --help lists them)\n", stderr);
    return command::wrong_usage;
  }
  return chosen->run(arguments.subspan(1));
}

} // namespace

int main(int argc, char** argv) {
  try {
    const std::span<char* const> all(argv, static_cast<std::size_t>(argc));
    return run(all.subspan(all.empty() ? 0 : 1));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "sealonce: cannot go on: %s\n", e.what());
    return command::unavailable;
  }
}
