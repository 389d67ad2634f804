#include <sealonce/limits.hpp>
#include <sealonce/log/logger.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <string>
#include <unistd.h>

using namespace sealonce;

namespace {

/// Standard error as a pipe while it lives.
class captured_standard_error {
public:
  captured_standard_error() : saved_(::dup(STDERR_FILENO)) {
    BOOST_TEST_REQUIRE(::pipe2(ends_, O_NONBLOCK | O_CLOEXEC) == 0);
    // Room for more than the buffer, so that a write never waits for read().
    ::fcntl(ends_[1], F_SETPIPE_SZ, static_cast<int>(2 * limits::log_buffer));
    ::dup2(ends_[1], STDERR_FILENO);
  }
  ~captured_standard_error() {
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  /// What one read(2) gives: at most what one write(2) wrote, where only one was made.
  std::string read() {
    std::string text(limits::log_buffer, '\0');
    const ssize_t n = ::read(ends_[0], text.data(), text.size());
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }

private:
  int saved_;
  int ends_[2] = {-1, -1};
};

std::string written_by(const config::log_settings& s) {
  captured_standard_error captured;
  log::logger l(s);
  l.info("ready");
  l.warning("look");
  const std::string early = captured.read();
  l.flush();
  return early.empty() ? captured.read() : "written before flush: " + early;
}

} // namespace

BOOST_AUTO_TEST_SUITE(target)

BOOST_AUTO_TEST_CASE(standard_error_names_what_is_worse_than_info) {
  BOOST_TEST(written_by({}) == "ready\nwarning: look\n");
}

BOOST_AUTO_TEST_CASE(the_journal_gets_priorities) {
  config::log_settings s;
  s.target = config::log_target::journal;
  BOOST_TEST(written_by(s) == "<6>ready\n<4>look\n");
}

BOOST_AUTO_TEST_CASE(json_lines_have_no_prefix) {
  config::log_settings s;
  s.format = config::log_format::json;
  const std::string text = written_by(s);
  BOOST_TEST(text.find("\n{\"time\":") != std::string::npos);
  BOOST_TEST(text.find("warning: ") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_long_buffer_does_not_wait) {
  captured_standard_error captured;
  log::logger l(config::log_settings{});
  l.info(std::string(limits::log_buffer, 'x'));
  BOOST_TEST(!captured.read().empty());
}

BOOST_AUTO_TEST_SUITE_END()
