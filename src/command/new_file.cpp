// NAME
//   new_file - a file that is there in full or not at all
//
// DESCRIPTION
//   The temporary file is made by mkstemp(3): new (O_EXCL), mode 0600, an unguessable name, so that
//   a private key is never readable by others, not even for a moment. link(2) puts it into its
//   place where nothing may be there yet, rename(2) where it may.

#include "new_file_detail.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace sealonce::command {

namespace {

failure failed(const std::filesystem::path& file, int error) {
  const std::string advice = error == EEXIST ? " (--force replaces it)" : "";
  return failure(file.string() + " cannot be written: " + std::strerror(error) + advice);
}

/// 0, or the error.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(descriptor, text.data(), text.size());
    if (n < 0 && errno != EINTR)
      return errno;
    text.remove_prefix(static_cast<std::size_t>(n < 0 ? 0 : n));
  }
  return 0;
}

int fill(int descriptor, std::string_view text, mode_t mode,
         const std::optional<file_owner>& owner) {
  if (const int error = write_all(descriptor, text); error != 0)
    return error;
  if (owner && ::fchown(descriptor, owner->user, owner->group) != 0)
    return errno;
  return ::fchmod(descriptor, mode) == 0 && ::fsync(descriptor) == 0 ? 0 : errno;
}

int put_in_place(const std::string& temporary, const std::string& file, bool replace) {
  if (replace)
    return ::rename(temporary.c_str(), file.c_str()) == 0 ? 0 : errno;
  return ::link(temporary.c_str(), file.c_str()) == 0 ? 0 : errno;
}

} // namespace

result<void> write_new_file(const std::filesystem::path& file, std::string_view text, mode_t mode,
                            bool replace, const std::optional<file_owner>& owner) {
  std::string temporary = (file.parent_path() / ".sealonce-XXXXXX").string();
  const int descriptor = ::mkstemp(temporary.data());
  if (descriptor < 0)
    return failed(file, errno);
  int error = fill(descriptor, text, mode, owner);
  if (::close(descriptor) != 0 && error == 0)
    error = errno;
  if (error == 0)
    error = put_in_place(temporary, file.string(), replace);
  if (error != 0 || !replace)
    ::unlink(temporary.c_str());
  if (error != 0)
    return failed(file, error);
  return success();
}

} // namespace sealonce::command
