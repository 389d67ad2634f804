// NAME
//   key_file - private_key::load: a key from a file that only the right people can touch
// DESCRIPTION
//   The file is opened once; everything is asked of the open descriptor, so that nobody can swap
//   the file between the look and the read. A named pipe or a device is not waited for.
// DIAGNOSTICS
//   "FILE: what is wrong: the commands that mend it".
// SECURITY
//   The text read is wiped, whatever happens.
#include "key_file_detail.hpp"
#include <sealonce/crypto/keyed_digest.hpp>
#include <sealonce/limits.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace sealonce::crypto {
namespace {

/// What others must not have, and what a group must have good reason for.
constexpr mode_t forbidden = S_IWGRP | S_IXGRP | S_IRWXO;
constexpr mode_t group_reads = S_IRGRP;

class descriptor {
public:
  explicit descriptor(int fd) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

private:
  int fd_;
};

std::string account_name(uid_t user) {
  std::string space(16384, '\0'); // the advised size of getpwuid_r's buffer and some more
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(user, &entry, space.data(), space.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return std::to_string(user);
}

std::string octal(mode_t mode) {
  std::string digits = "0000";
  for (int i = 3; i >= 0; --i, mode >>= 3) {
    digits[i] = static_cast<char>('0' + (mode & 7));
  }
  return digits;
}

/// For a shell, so that the remedy can be pasted.
std::string quoted(const std::string& path) {
  const char* const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+@%";
  if (!path.empty() && path.find_first_not_of(plain) == path.npos) {
    return path;
  }
  std::string out = "'";
  for (const char c : path) {
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out + "'";
}

std::string system_reason(int code) {
  return std::system_category().message(code);
}

/// The first directory on the way to a file that this process may not enter; empty = none.
std::string closed_directory(const std::string& path) {
  std::filesystem::path at;
  for (const auto& part : std::filesystem::path(path).parent_path()) {
    at /= part;
    if (::access(at.c_str(), X_OK) != 0) {
      return at.native();
    }
  }
  return {};
}

failure cannot_open(const std::string& path, std::string_view thing, int code) {
  std::string what = path + ": cannot open the " + std::string(thing) + ": " + system_reason(code);
  if (code == EACCES) {
    const std::string who = account_name(geteuid());
    const std::string closed = closed_directory(path);
    what += " (this process runs as " + who + "): ";
    what += closed.empty() ? "" : "chmod 0711 " + quoted(closed) + " && ";
    what += "chown " + who + " " + quoted(path) + " && chmod 0600 " + quoted(path);
  }
  return failure(std::move(what));
}

/// What is wrong with owner and mode, and the commands that mend it; empty where nothing is.
std::string exposure(const struct stat& is, const std::string& path, std::string_view thing,
                     const std::optional<key_account>& later) {
  std::string wrong;
  std::string remedy;
  if (is.st_uid != 0 && is.st_uid != geteuid() && !(later && is.st_uid == later->user)) {
    const std::string who = account_name(geteuid());
    wrong = "the " + std::string(thing) + " belongs to " + account_name(is.st_uid) +
            ", who could read and change it";
    remedy = "chown " + who + " " + quoted(path);
  }
  const bool trusted_group =
      is.st_gid == 0 || is.st_gid == getegid() || (later && is.st_gid == later->group);
  const mode_t mode = is.st_mode & 07777u;
  if ((mode & forbidden) != 0 || ((mode & group_reads) != 0 && !trusted_group)) {
    const bool keep_group = (mode & group_reads) != 0 && trusted_group;
    wrong += wrong.empty() ? "" : ", and ";
    wrong += "its mode " + octal(mode) + " lets others at the " + std::string(thing);
    remedy += remedy.empty() ? "" : " && ";
    remedy += std::string("chmod ") + (keep_group ? "0640 " : "0600 ") + quoted(path);
  }
  return wrong.empty() ? wrong : wrong + ": " + remedy;
}

/// Fills `into` as far as the file goes; -1 and errno on trouble.
ssize_t read_whole(int fd, secret_text& into) {
  std::size_t have = 0;
  while (have < into.size()) {
    const ssize_t n = ::read(fd, into.data() + have, into.size() - have);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return -1;
    }
    if (n == 0) {
      break;
    }
    have += static_cast<std::size_t>(n);
  }
  return static_cast<ssize_t>(have);
}

/// How much to make room for: the file's size and one octet more, to see where it grows.
std::size_t room_for(const struct stat& is) {
  return std::min(static_cast<std::size_t>(is.st_size), limits::key_file) + 1;
}

} // namespace

result<secret_text> read_key_file(const std::filesystem::path& file,
                                  const std::optional<key_account>& later, std::string_view thing) {
  const std::string& path = file.native();
  const descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (fd.get() < 0) {
    return cannot_open(path, thing, errno);
  }
  struct stat is {};
  if (::fstat(fd.get(), &is) != 0) {
    return cannot_open(path, thing, errno);
  }
  if (!S_ISREG(is.st_mode)) {
    return failure(path + ": is not a regular file");
  }
  if (const std::string wrong = exposure(is, path, thing, later); !wrong.empty()) {
    return failure(path + ": " + wrong);
  }
  secret_text text(room_for(is));
  const ssize_t size = read_whole(fd.get(), text);
  if (size < 0) {
    return failure(path + ": cannot read the " + std::string(thing) + ": " + system_reason(errno));
  }
  text.shorten(static_cast<std::size_t>(size));
  return text;
}

result<secret_text> read_password_file(const std::filesystem::path& file,
                                       const std::optional<key_account>& later) {
  BOOST_OUTCOME_TRY(auto text, read_key_file(file, later, "password"));
  std::size_t length = text.size();
  if (length > 0 && text.view()[length - 1] == '\n') {
    --length;
  }
  if (length > 0 && length < text.size() && text.view()[length - 1] == '\r') {
    --length;
  }
  text.shorten(length);
  if (text.empty()) {
    return failure(file.native() + ": there is no password in it");
  }
  return text;
}

result<std::shared_ptr<const private_key>> private_key::load(const std::filesystem::path& file,
                                                             std::optional<key_account> later) {
  BOOST_OUTCOME_TRY(const auto text, read_key_file(file, later));
  auto key = from_pem(text.view());
  if (!key) {
    return failure(file.native() + ": " + key.error().what);
  }
  return key;
}

} // namespace sealonce::crypto
