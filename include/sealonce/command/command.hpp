#pragma once

#include <span>

namespace sealonce::command {

/// Exit status, from sysexits.h; a contract.
enum exit_status : int {
  done = 0,
  answer_is_no = 1,
  wrong_usage = 64,
  bad_data = 65,
  no_input = 66,
  unavailable = 69,
  cannot_create = 73,
  temporary = 75,
  bad_configuration = 78,
};

/// One function for each command; `arguments` begins after the command's name. Each writes its
/// result to standard output, everything else to standard error, and returns the exit status.
int serve(std::span<char* const> arguments);
int check(std::span<char* const> arguments);
int sign(std::span<char* const> arguments);
int verify(std::span<char* const> arguments);
int keygen(std::span<char* const> arguments);
int explain(std::span<char* const> arguments);

} // namespace sealonce::command
