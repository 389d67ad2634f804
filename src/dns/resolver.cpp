// NAME
//   resolver - questions for TXT records, many at once
//
// DESCRIPTION
//   libunbound works on its own thread and tells by a descriptor when there is something to take.
//   Its own patience with servers that do not answer is 17 seconds, so each question has a deadline
//   here, after which it is withdrawn. Answers are collected first and handed out when libunbound
//   is not on the stack, so that a handler may do as it likes.
//
// DIAGNOSTICS
//   Everything that can happen to a question is an answer_status.

#include "unbound_detail.hpp"
#include <sealonce/dns/resolver.hpp>

#include <cerrno>
#include <cstdint>
#include <limits>
#include <map>
#include <poll.h>
#include <system_error>

namespace sealonce::dns {

namespace {

constexpr int rr_type_txt = 16;
constexpr int rr_class_in = 1;
constexpr int no_query = -1; ///< libunbound has nothing to do with the question

} // namespace

struct resolver::state {
  struct question {
    state* owner = nullptr;
    std::uint64_t number = 0;
    int query = no_query; ///< libunbound's id
    clock::time_point due;
    answer_handler handler;
    std::optional<txt_answer> answer; ///< known already; handed out by expire()
  };

  static void take(void* user, int error, ub_result* answer);
  void hand_out();

  // libunbound's thread ends with the context, which therefore goes before the questions.
  std::map<std::uint64_t, question> open; ///< a question's address is libunbound's user data
  std::vector<std::pair<answer_handler, txt_answer>> ready;
  std::chrono::seconds timeout{};
  std::uint64_t last_number = 0;
  unbound_context context;
};

/// Called by ub_process; must not throw through C.
void resolver::state::take(void* user, int error, ub_result* answer) {
  const unbound_result owned(answer);
  auto* const q = static_cast<question*>(user);
  state& s = *q->owner;
  s.ready.emplace_back(std::move(q->handler), read_result(error, answer));
  s.open.erase(q->number);
}

void resolver::state::hand_out() {
  const auto now_ready = std::exchange(ready, {});
  for (const auto& [handler, answer] : now_ready)
    handler(answer);
}

resolver::resolver(std::unique_ptr<state> s) : state_(std::move(s)) {}
resolver::resolver(resolver&&) noexcept = default;
resolver& resolver::operator=(resolver&&) noexcept = default;
resolver::~resolver() = default;

result<resolver> resolver::make(const config::dns_settings& settings) {
  auto s = std::make_unique<state>();
  BOOST_OUTCOME_TRY(s->context, make_context(settings));
  s->timeout = settings.timeout;
  return resolver(std::move(s));
}

void resolver::ask_txt(const std::string& name, clock::time_point now, answer_handler handler) {
  const std::uint64_t number = ++state_->last_number;
  state::question& q = state_->open[number];
  q.owner = state_.get();
  q.number = number;
  q.due = now + state_->timeout;
  q.handler = std::move(handler);
  if (!may_be_asked(name)) {
    q.answer.emplace().status = answer_status::no_name;
    q.due = now;
    return;
  }
  // The root's dot: a name is never completed with a search domain.
  const int error = ub_resolve_async(state_->context.get(), (name + ".").c_str(), rr_type_txt,
                                     rr_class_in, &q, state::take, &q.query);
  if (error != 0) {
    q.query = no_query;
    q.answer = read_result(error, nullptr);
    q.due = now;
  }
}

int resolver::fd() const {
  return ub_fd(state_->context.get());
}

void resolver::process() {
  ub_process(state_->context.get());
  state_->hand_out();
}

void resolver::expire(clock::time_point now) {
  for (auto it = state_->open.begin(); it != state_->open.end();) {
    state::question& q = it->second;
    if (q.due > now) {
      ++it;
      continue;
    }
    if (q.query != no_query)
      ub_cancel(state_->context.get(), q.query); // its callback will not be called any more
    state_->ready.emplace_back(std::move(q.handler), q.answer.value_or(txt_answer()));
    it = state_->open.erase(it);
  }
  state_->hand_out();
}

std::optional<resolver::clock::time_point> resolver::next_deadline() const {
  std::optional<clock::time_point> first;
  for (const auto& [number, q] : state_->open)
    if (!first || q.due < *first)
      first = q.due;
  return first;
}

std::size_t resolver::pending() const {
  return state_->open.size();
}

std::vector<txt_answer> look_up_txt(resolver& r, std::span<const std::string> names) {
  using std::chrono::milliseconds;
  std::vector<txt_answer> answers(names.size());
  const auto begin = resolver::clock::now();
  for (std::size_t i = 0; i < names.size(); ++i)
    r.ask_txt(names[i], begin, [&answers, i](const txt_answer& a) { answers[i] = a; });
  while (const auto due = r.next_deadline()) {
    const auto left = std::chrono::ceil<milliseconds>(*due - resolver::clock::now()).count();
    pollfd waiting{r.fd(), POLLIN, 0};
    const auto most = std::numeric_limits<int>::max();
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::clamp<long>(left, 0, most)));
    if (ready < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "poll");
    if (ready > 0)
      r.process();
    r.expire(resolver::clock::now());
  }
  return answers;
}

} // namespace sealonce::dns
