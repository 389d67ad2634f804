#pragma once
// libunbound's context and results, as C++ has them. Private to dns/.

#include <sealonce/config/settings.hpp>
#include <sealonce/dns/txt_answer.hpp>
#include <sealonce/result.hpp>

#include <unbound.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sealonce::dns {

struct unbound_free {
  void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
  void operator()(ub_result* answer) const { ub_resolve_free(answer); }
};
using unbound_context = std::unique_ptr<ub_ctx, unbound_free>;
using unbound_result = std::unique_ptr<ub_result, unbound_free>;

/// A context that is ready to resolve: options set, servers given, anchors read.
[[nodiscard]] result<unbound_context> make_context(const config::dns_settings& settings);

/// "192.0.2.1@5353", as ub_ctx_set_fwd(3) wants it.
[[nodiscard]] std::string forward_address(const config::endpoint& server);

/// Whether the name may be asked for: libunbound would take a backslash for an escape.
[[nodiscard]] bool may_be_asked(std::string_view name);

/// The character strings of TXT RDATA joined (RFC 1035 §3.3.14); nothing where a length does not
/// fit.
[[nodiscard]] std::optional<std::string> joined_strings(std::span<const char> rdata);

/// What libunbound's result says. `error` is what the callback got besides.
[[nodiscard]] txt_answer read_result(int error, const ub_result* from);

} // namespace sealonce::dns
