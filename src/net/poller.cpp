// NAME
//   poller - which sockets of a worker have something
//
// DESCRIPTION
//   Edge-triggered epoll(7): each socket is registered once, for everything. A recv(2) that brings
//   less than it had room for has emptied the socket; until the next event nobody needs to ask it.
//   Asio's reactor, which asks before every wait, only hears that the epoll descriptor itself has
//   events; the turn that follows hands them all out, and another turn at once while there are
//   several, because then others have come meanwhile.
//
//   A handler runs inside the turn and may destroy sockets whose events come later in it: they are
//   struck out. What cancel() wakes is only listed, so that who walks over the sessions is safe.
//
// DIAGNOSTICS
//   epoll_ctl(2) that fails (no memory): every wait of that socket gives its error.

#include "poller.hpp"

#include <sealonce/limits.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cerrno>
#include <sys/epoll.h>
#include <unistd.h>

namespace sealonce::net {
namespace {

/// EPOLLPRI: a recv(2) stops at urgent octets, and then a short one tells nothing.
constexpr std::uint32_t the_end = EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR;

int new_epoll() {
  const int made = ::epoll_create1(EPOLL_CLOEXEC);
  if (made < 0)
    throw boost::system::system_error(last_error(), "epoll_create1");
  return made;
}

/// So many looks, and so many sockets, before the other handlers of the loop have their turn.
constexpr unsigned looks_at_once = 8;
constexpr std::size_t sockets_at_once = 64;

} // namespace

/// Keeps Asio's handler; a class and not a lambda, for g++ 12.2.
struct poller::start_waiting {
  template <typename Handler>
  void operator()(Handler handler, watched_socket* socket) const {
    poller& watch = socket->poller_;
    watch.arm();
    socket->waiter_.keep(std::move(handler));
    ++watch.waiting_;
    if (socket->unwatched_)
      watch.cancel(*socket);
  }
};

void watched_socket::open(net::descriptor socket) {
  descriptor_ = socket.release();
  unwatched_ = poller_.add(*this);
}

watched_socket::~watched_socket() {
  close();
  poller_.forget(*this);
}

void watched_socket::close() {
  if (descriptor_ < 0)
    return;
  cancel();
  ::close(descriptor_); // which takes it out of epoll
  descriptor_ = -1;
  unwatched_ = asio::error::bad_descriptor;
}

asio::io_context& watched_socket::io() const {
  return poller_.io();
}

void watched_socket::cancel() {
  poller_.cancel(*this);
}

// Not a coroutine: it would be one more frame for each wait.
awaitable<std::tuple<error_code>> watched_socket::wait(std::uint32_t what) {
  awaited_ = what;
  return asio::async_initiate<decltype(as_result) const, void(error_code)>(poller::start_waiting(),
                                                                           as_result, this);
}

void watched_socket::note(std::uint32_t events) {
  if ((events & (EPOLLIN | the_end)) != 0)
    readable = true;
  if ((events & the_end) != 0)
    ended = true;
}

poller::poller(asio::io_context& io) : io_(io), epoll_(io, new_epoll()) {}

error_code poller::add(watched_socket& socket) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
  event.data.ptr = &socket;
  const int made = ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, socket.descriptor_, &event);
  return made == 0 ? error_code() : last_error();
}

void poller::cancel(watched_socket& socket) {
  if (!socket.waiter_.waits() || socket.cancelled_)
    return;
  socket.cancelled_ = true;
  socket.next_ = cancelled_;
  cancelled_ = &socket;
  error_code ignored;
  if (!in_turn_)
    epoll_.cancel(ignored); // a turn, now
}

void poller::unlist(watched_socket& socket) {
  if (!socket.cancelled_)
    return;
  socket.cancelled_ = false;
  watched_socket** at = &cancelled_;
  while (*at != &socket)
    at = &(*at)->next_;
  *at = socket.next_;
}

/// It goes: nothing may point to it any more.
void poller::forget(watched_socket& socket) {
  for (std::size_t i = next_; i < end_; ++i)
    if (events_[i].data.ptr == &socket)
      events_[i].data.ptr = nullptr;
  unlist(socket);
  if (socket.waiter_.waits())
    --waiting_;
}

void poller::stop() {
  error_code ignored;
  epoll_.cancel(ignored);
}

void poller::refresh() {
  if (!armed_ && !in_turn_)
    turn();
}

void poller::arm() {
  if (armed_ || in_turn_)
    return;
  epoll_.async_wait(asio::posix::stream_descriptor::wait_read, [this](error_code) {
    armed_ = false;
    turn();
  });
  armed_ = true;
}

void poller::turn() {
  in_turn_ = true;
  wake_cancelled();
  std::size_t sockets = 0;
  for (unsigned looks = 0; looks < looks_at_once && sockets < sockets_at_once; ++looks) {
    const std::size_t came = look();
    wake_cancelled();
    sockets += came;
    if (came <= 1)
      break;
  }
  in_turn_ = false;
  if (waiting_ != 0)
    arm();
}

/// Gives how many sockets had something.
std::size_t poller::look() {
  const int got =
      ::epoll_wait(epoll_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
  end_ = static_cast<std::size_t>(std::max(got, 0));
  // All of them first: a handler that looks at another socket shall see what is known now.
  for (next_ = 0; next_ < end_; ++next_)
    static_cast<watched_socket*>(events_[next_].data.ptr)->note(events_[next_].events);
  for (next_ = 0; next_ < end_;) {
    const epoll_event& event = events_[next_++];
    auto* const socket = static_cast<watched_socket*>(event.data.ptr);
    if (socket != nullptr && socket->waiter_.waits() &&
        (event.events & (socket->awaited_ | the_end)) != 0)
      wake(*socket, error_code());
  }
  const std::size_t came = end_;
  next_ = end_ = 0;
  return came;
}

void poller::wake(watched_socket& socket, error_code error) {
  unlist(socket);
  --waiting_;
  socket.waiter_.wake(error);
}

void poller::wake_cancelled() {
  while (cancelled_ != nullptr)
    wake(*cancelled_, cancelled_->is_open() && cancelled_->unwatched_
                          ? cancelled_->unwatched_
                          : error_code(asio::error::operation_aborted));
}

} // namespace sealonce::net
