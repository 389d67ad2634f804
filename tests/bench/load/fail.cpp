// NAME
//   fail - the one way in which the measuring tools end early
// DESCRIPTION
//   A measuring tool has nothing to save: what it did not expect makes its figures worthless.
// DIAGNOSTICS
//   PROGRAM: TEXT on standard error, exit status 1.
#include "fail.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace bench {

void fail(const char* format, ...) {
  std::fprintf(stderr, "%s: ", program_invocation_short_name);
  std::va_list arguments;
  va_start(arguments, format);
  std::vfprintf(stderr, format, arguments);
  va_end(arguments);
  std::fputc('\n', stderr);
  std::exit(EXIT_FAILURE);
}

} // namespace bench
