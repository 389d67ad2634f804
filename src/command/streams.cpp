// NAME
//   streams - standard input and output as octets

#include <sealonce/command/streams.hpp>
#include <sealonce/limits.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace sealonce::command {

result<std::string> read_input() {
  std::string text;
  std::size_t used = 0;
  while (true) {
    if (text.size() - used < limits::read_piece)
      text.resize(std::max(text.size() * 2, limits::read_piece * 2));
    const ssize_t n = ::read(STDIN_FILENO, text.data() + used, text.size() - used);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return failure(std::string("standard input cannot be read: ") + std::strerror(errno));
    if (n == 0)
      break;
    used += static_cast<std::size_t>(n);
  }
  text.resize(used);
  return text;
}

bool write_output(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

} // namespace sealonce::command
