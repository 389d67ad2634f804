// NAME
//   serve - run the relays in the foreground
//
// DESCRIPTION
//   Reads the configuration and the keys, then hands over to net/.
//
// DIAGNOSTICS
//   Exit 78 with everything that is wrong with the configuration; 69 when a socket, an address or
//   the account to run as cannot be had; 0 after SIGTERM or SIGINT.

#include <sealonce/command/command.hpp>
#include <sealonce/command/options.hpp>
#include <sealonce/config/load.hpp>
#include <sealonce/net/server.hpp>

#include <array>
#include <string>

namespace sealonce::command {
namespace {

constexpr std::array serve_options{
    option{"config", "FILE", "read this configuration (/etc/sealonce/sealonce.toml)"},
};

const usage about{
    "serve", "[--config FILE]",
    "Run the relays of the configuration in the foreground. One line on standard error says when "
    "it\n"
    "is ready. SIGTERM finishes the transactions in hand and ends it; SIGHUP reads the\n"
    "configuration and the keys anew.\n",
    serve_options};

} // namespace

int serve(std::span<char* const> arguments) {
  const auto read = read_options(about, arguments);
  if (const auto* status = std::get_if<exit_status>(&read))
    return *status;
  const std::string file(std::get<options>(read).value("config", config::default_file));
  auto settings = config::load(file);
  if (const auto* wrong = std::get_if<config::errors>(&settings)) {
    for (const auto& line : wrong->lines)
      say(about, line);
    return bad_configuration;
  }
  const auto reload = [&file](const config::settings& before) {
    return config::load(file, &before);
  };
  const bool served = net::run_server(std::get<config::settings_ptr>(settings), reload);
  return served ? done : unavailable;
}

} // namespace sealonce::command
