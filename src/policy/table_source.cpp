// NAME
//   table_source - OpenDKIM's tables as texts and rows
//
// DESCRIPTION
//   Rows are read as opendkim 2.11 reads them (opendkim-db.c, dkimf_db_open): "#" begins a comment
//   wherever it stands, the key ends at the first white space, parts of a value stand between
//   colons. Two accidents are not copied: lines are not cut after 1023 octets, and a row of a
//   "refile:" that begins with white space is not left out.
//
// DIAGNOSTICS
//   "PATH: what is wrong".

#include <sealonce/limits.hpp>
#include <sealonce/policy/table_source.hpp>
#include <sealonce/policy/wildcard.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sealonce::policy {

namespace {

// isspace(3) in the C locale. Tables have millions of lines: this is not looked up in a text.
bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

class descriptor {
public:
  explicit descriptor(const std::filesystem::path& file)
      : value_(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~descriptor() {
    if (value_ >= 0) {
      ::close(value_);
    }
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  [[nodiscard]] int get() const { return value_; }

private:
  int value_;
};

failure system_failure(const std::string& path, std::string_view what) {
  return failure(path + ": " + std::string(what) + ": " + std::strerror(errno));
}

result<table_text> read_file(const std::string& path) {
  const descriptor in(path);
  struct stat is {};
  if (in.get() < 0 || ::fstat(in.get(), &is) != 0) {
    return system_failure(path, "the table cannot be opened");
  }
  if (!S_ISREG(is.st_mode)) {
    return failure(path + ": the table is not a regular file");
  }
  if (static_cast<std::size_t>(is.st_size) > limits::table_file) {
    return failure(path + ": the table is larger than " + std::to_string(limits::table_file >> 20) +
                   " MiB");
  }
  table_text table;
  table.name = path;
  table.open_to_others = (is.st_mode & (S_IRWXO | S_IWGRP)) != 0;
  table.text = crypto::secret_text(static_cast<std::size_t>(is.st_size));
  std::size_t have = 0;
  while (have < table.text.size()) {
    const ssize_t n = ::read(in.get(), table.text.data() + have, table.text.size() - have);
    if (n < 0 && errno != EINTR) {
      return system_failure(path, "the table cannot be read");
    }
    if (n == 0) {
      break;
    }
    have += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  table.text.shorten(have);
  return table;
}

} // namespace

result<table_source> parse_table_source(std::string_view written) {
  const auto colon = written.find(':');
  const std::string kind = lower_case(written.substr(0, colon == written.npos ? 0 : colon));
  const std::string_view rest = written.substr(colon == written.npos ? 0 : colon + 1);
  table_source source;
  source.text = rest;
  if (written.starts_with('/')) {
    source.text = written;
  } else if (kind == "refile") {
    source.what = table_source::kind::refile;
  } else if (kind == "csl") {
    source.what = table_source::kind::list;
  } else if (kind == "db" || kind == "dsn" || kind == "ldap" || kind == "ldaps" ||
             kind == "ldapi" || kind == "lua" || kind == "memcache" || kind == "erlang" ||
             kind == "mdb" || kind == "socket") {
    return failure("tables of the kind \"" + kind +
                   ":\" are not supported: export it to a file, and write \"file:/path\"");
  } else if (kind != "file") {
    return failure("\"file:/path\", \"refile:/path\" or \"csl:NAME=VALUE,…\" is expected");
  }
  if (source.text.empty() || source.text.find('\0') != std::string::npos) {
    return failure(source.what == table_source::kind::list
                       ? "a list is expected after the colon: \"csl:NAME=VALUE,NAME=VALUE\""
                       : "a path is expected after the colon: \"file:/path\"");
  }
  return source;
}

result<table_text> read_table(const table_source& source, const std::filesystem::path& beside) {
  if (source.what != table_source::kind::list) {
    return read_file((beside / source.text).lexically_normal().string());
  }
  table_text table;
  table.text = crypto::secret_text(source.text);
  table.name = "csl";
  return table;
}

std::string_view table_rows::cut(char end) {
  const auto at = std::min(rest_.find(end), rest_.size());
  const auto piece = rest_.substr(0, at);
  rest_.remove_prefix(std::min(at + 1, rest_.size()));
  ++line_;
  return piece;
}

bool table_rows::next(table_row& row) {
  const bool list = what_ == table_source::kind::list;
  while (!rest_.empty()) {
    auto line = cut(list ? ',' : '\n');
    if (!list) {
      line = trimmed(line.substr(0, line.find('#')));
    }
    const auto end = list ? std::find(line.begin(), line.end(), '=')
                          : std::find_if(line.begin(), line.end(), is_blank);
    const auto gap = static_cast<std::size_t>(end - line.begin());
    row.key = trimmed(line.substr(0, gap));
    row.value = trimmed(line.substr(std::min(gap + (list ? 1u : 0u), line.size())));
    row.line = line_;
    if (!row.key.empty()) {
      return true;
    }
  }
  return false;
}

std::size_t table_rows::at_most() const {
  const char end = what_ == table_source::kind::list ? ',' : '\n';
  return static_cast<std::size_t>(std::count(rest_.begin(), rest_.end(), end)) + 1;
}

std::string_view take_part(std::string_view& value) {
  const auto colon = std::min(value.find(':'), value.size());
  const auto part = trimmed(value.substr(0, colon));
  value.remove_prefix(std::min(colon + 1, value.size()));
  return part;
}

} // namespace sealonce::policy
