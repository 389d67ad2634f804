#pragma once
// Every dialogue must end the same however the network cuts the peer's octets into pieces.

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <string>

namespace sealonce::test {

/// How the octets that a peer sends in the course of one dialogue come in.
class cutting {
public:
  /// Each given text in one piece.
  [[nodiscard]] static cutting whole() { return {kind::whole, 0}; }
  [[nodiscard]] static cutting single_octets() { return {kind::octets, 0}; }
  /// In two where the dialogue's octet number `offset` begins.
  [[nodiscard]] static cutting at(std::size_t offset) { return {kind::split, offset}; }

  /// Length of the next piece where `left` octets, the first of them number `position`, are to
  /// come.
  [[nodiscard]] std::size_t piece(std::size_t position, std::size_t left) const {
    if (kind_ == kind::octets)
      return std::min<std::size_t>(left, 1);
    if (kind_ == kind::split && offset_ > position)
      return std::min(left, offset_ - position);
    return left;
  }

  [[nodiscard]] std::string name() const {
    if (kind_ == kind::split)
      return "split at octet " + std::to_string(offset_);
    return kind_ == kind::octets ? "octet by octet" : "in whole pieces";
  }

private:
  enum class kind { whole, octets, split };
  cutting(kind k, std::size_t offset) : kind_(k), offset_(offset) {}
  kind kind_;
  std::size_t offset_;
};

/// Runs `dialogue` with a new script for each way of cutting: whole, octet by octet, and split in
/// two at every offset (at `splits_most` of them, evenly, where the dialogue is very long).
template <class script, class dialogue_function>
void in_every_cutting(dialogue_function dialogue) {
  constexpr std::size_t splits_most = 1500;
  std::size_t total = 0;
  const auto run = [&dialogue, &total](const cutting& how) {
    BOOST_TEST_CONTEXT(how.name()) {
      script s(how);
      dialogue(s);
      s.finish();
      total = s.octets_given();
    }
  };
  run(cutting::whole());
  run(cutting::single_octets());
  const std::size_t step = total / splits_most + 1;
  for (std::size_t offset = 1; offset < total; offset += step)
    run(cutting::at(offset));
}

} // namespace sealonce::test
