#pragma once

#include <sealonce/limits.hpp>

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace sealonce::net {

/// A row of refusals for one reason, which the log tells once: it is over when there was none for
/// limits::refusal_spell.
class spell {
public:
  using time_point = std::chrono::steady_clock::time_point;
  /// A refusal happens now; true = it is the first of its spell.
  [[nodiscard]] bool begins(time_point now);

private:
  std::optional<time_point> last_;
};

/// What is allowed or not, and whether the log should say so.
enum class allowance { granted, refused, refused_and_told };

/// Counts connections and messages of clients. Used by all workers at once. Memory is bounded:
/// past limits::counted_clients, those without connections are forgotten first.
class client_table {
public:
  using time_point = spell::time_point;

  /// One more connection of this client, where it has fewer than `most`.
  [[nodiscard]] allowance connect(std::string_view client, std::size_t most, time_point now);
  /// A connection that was granted is over.
  void disconnect(std::string_view client);
  /// One more message, where there were fewer than `rate` in the last minute: what is left over
  /// comes back evenly, so that a client that was silent for a minute may send `rate` at once.
  [[nodiscard]] allowance message(std::string_view client, std::size_t rate, time_point now);
  /// A refusal for a reason that is nobody's in particular.
  [[nodiscard]] allowance refuse(time_point now);

  [[nodiscard]] std::size_t size();

private:
  struct entry {
    std::size_t connections = 0;
    double messages_left = -1; ///< below 0 = none was counted yet
    time_point counted_at;
    spell too_many_connections;
    spell too_many_messages;
  };
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  entry& at(std::string_view client, time_point now);
  void make_room(time_point now);

  std::mutex mutex_;
  std::unordered_map<std::string, entry, hash, std::equal_to<>> clients_;
  spell full_;
};

/// A connection that counts for a client as long as this object lives.
class counted_connection {
public:
  counted_connection() = default;
  counted_connection(client_table& table, std::string client)
      : table_(&table), client_(std::move(client)) {}
  counted_connection(counted_connection&& other) noexcept
      : table_(std::exchange(other.table_, nullptr)), client_(std::move(other.client_)) {}
  counted_connection& operator=(counted_connection&& other) noexcept {
    std::swap(table_, other.table_);
    std::swap(client_, other.client_);
    return *this;
  }
  ~counted_connection() {
    if (table_ != nullptr)
      table_->disconnect(client_);
  }

private:
  client_table* table_ = nullptr;
  std::string client_;
};

} // namespace sealonce::net
