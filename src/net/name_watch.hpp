#pragma once

#include "worker.hpp"

#include <memory>
#include <thread>

namespace sealonce::net {

/// Keeps the addresses of next hops that are given by name fresh, in a thread of its own: a
/// resolver cannot be interrupted, and must hold neither a message nor the end of the process.
class name_watch {
public:
  explicit name_watch(process_state& state);
  /// Does not wait for a look-up that is under way.
  ~name_watch();
  name_watch(const name_watch&) = delete;
  name_watch& operator=(const name_watch&) = delete;

  /// Begins, where the current settings have names to look up; nothing where it runs already.
  void start();
  /// From any thread: looks all names up again, but not more often than
  /// limits::next_hop_names_least.
  void hurry();

private:
  struct shared;
  static void run(std::shared_ptr<shared> s);
  std::shared_ptr<shared> shared_;
  std::thread thread_;
};

} // namespace sealonce::net
