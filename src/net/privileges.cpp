// NAME
//   privileges - what the process may do, and whom it tells
//
// DESCRIPTION
//   Sockets are bound and keys are read before this; afterwards nothing needs root.
//
// DIAGNOSTICS
//   An account that does not exist or is root's: a sentence, and the process does not start.

#include "privileges.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace sealonce::net {

result<std::string> drop_privileges(const config::server_settings& s) {
  if (::geteuid() != 0)
    return std::string();
  std::string warning;
  const passwd* account = ::getpwnam(s.user.c_str());
  if (account == nullptr && !s.user_given) {
    account = ::getpwnam("nobody");
    warning = "there is no account \"" + s.user +
              "\": running as nobody; make one with: useradd "
              "--system --no-create-home --shell /usr/sbin/nologin " +
              s.user;
  }
  if (account == nullptr)
    return failure("server.user: there is no account \"" + s.user + "\"");
  if (account->pw_uid == 0)
    return failure("server.user: \"" + s.user + "\" is root; name an account without privileges");
  if (::initgroups(account->pw_name, account->pw_gid) != 0 || ::setgid(account->pw_gid) != 0 ||
      ::setuid(account->pw_uid) != 0)
    return failure("cannot become " + std::string(account->pw_name) + ": " + std::strerror(errno));
  if (::setuid(0) == 0)
    return failure("giving up root did not last");
  return warning;
}

void forbid_core_dumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0); // a core_pattern that is a pipe does not ask for the limit
}

void set_process_limits() {
  forbid_core_dumps();
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
}

void notify_service_manager(const std::string& state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path == nullptr || *path == '\0' || std::strlen(path) >= sizeof address.sun_path)
    return;
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path);
  if (address.sun_path[0] == '@') // abstract name space
    address.sun_path[0] = '\0';
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0)
    return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  ::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address), length);
  ::close(descriptor);
}

} // namespace sealonce::net
