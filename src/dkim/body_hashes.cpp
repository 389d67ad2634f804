// NAME
//   body_hashes - the hashes of one body, each computed once
// DESCRIPTION
//   A few entries, looked through from the front: most messages need one, and how many there can be
//   is bounded by how many signatures are verified.
// DIAGNOSTICS
//   None.
#include <sealonce/dkim/body_hashes.hpp>

#include <algorithm>

namespace sealonce::dkim {

std::size_t body_hashes::want(canonicalization how, std::uint64_t limit) {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const one& other) {
    return other.how == how && other.limit == limit;
  });
  const auto number = static_cast<std::size_t>(found - all_.begin());
  if (found == all_.end()) {
    all_.push_back({how, limit, body_hash(how, limit)});
  }
  return number;
}

void body_hashes::update(std::span<const char> piece) {
  for (one& each : all_) {
    each.running.update(piece);
  }
}

void body_hashes::finish() {
  for (one& each : all_) {
    each.value = each.running.finish();
  }
}

} // namespace sealonce::dkim
