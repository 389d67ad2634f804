// NAME
//   signed_data - the header octets that a signature covers, for signing and verifying
// DESCRIPTION
//   Both the header and h= may come from a stranger, with thousands of fields and names. The fields
//   are sorted by name once, bottom first, and each name of h= takes the next one of its group.
// DIAGNOSTICS
//   None.
#include "name_detail.hpp"
#include <sealonce/dkim/signed_data.hpp>

#include <cstdint>
#include <vector>

namespace sealonce::dkim {
namespace {

/// The fields of a header by name, each handed out once, from the bottom.
class field_stack {
public:
  explicit field_stack(const message::header& head) : head_(head), order_(head.fields().size()) {
    for (std::size_t i = 0; i < order_.size(); ++i) {
      order_[i] = static_cast<std::uint32_t>(i);
    }
    std::sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) {
      const auto order = compare_names(name(a), name(b));
      return order != 0 ? order < 0 : a > b;
    });
    next_.resize(order_.size());
    for (std::size_t i = 0; i < next_.size(); ++i) {
      next_[i] = static_cast<std::uint32_t>(i);
    }
  }

  /// The lowest field of that name that is left, or nullptr.
  const message::field* take(std::string_view wanted) {
    const auto group = std::lower_bound(
        order_.begin(), order_.end(), wanted,
        [this](std::uint32_t at, std::string_view n) { return compare_names(name(at), n) < 0; });
    if (group == order_.end()) {
      return nullptr;
    }
    std::uint32_t& next = next_[static_cast<std::size_t>(group - order_.begin())];
    if (next == order_.size() || compare_names(name(order_[next]), wanted) != 0) {
      return nullptr;
    }
    return &head_.fields()[order_[next++]];
  }

private:
  [[nodiscard]] std::string_view name(std::uint32_t at) const {
    return head_.name(head_.fields()[at]);
  }

  const message::header& head_;
  std::vector<std::uint32_t> order_; ///< fields by name, of each name the lowest first
  std::vector<std::uint32_t> next_;  ///< at the place of a group's first: the next to hand out
};

} // namespace

void append_signed_fields(canonicalization how, const message::header& head,
                          std::span<const std::string_view> names, std::string& out) {
  field_stack fields(head);
  for (const std::string_view name : names) {
    if (const message::field* const f = fields.take(name)) {
      canonicalize_field(how, head.whole(*f), out);
    }
  }
}

void append_signature_field(canonicalization how, std::string_view whole, std::string_view b,
                            std::string& out) {
  const auto at = static_cast<std::size_t>(b.data() - whole.data());
  std::string field;
  field.reserve(whole.size());
  field.append(whole, 0, at).append(whole, at + b.size());
  canonicalize_field(how, field, out);
  out.resize(out.size() - 2); // its CRLF
}

} // namespace sealonce::dkim
