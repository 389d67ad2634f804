// NAME
//   main - choose the command
//
// DESCRIPTION
//   sealonce COMMAND [OPTIONS]: hands the rest of the command line to the command's own function
//   in command/.

#include <sealonce/command/command.hpp>

int main(int argc, char** argv) {
  (void)argc;
  (void)argv;
  return sealonce::command::wrong_usage;
}
