#pragma once
// The names of the reasons. They stand in the log and in what `explain` says: once published, a
// name keeps its meaning.

#include <string_view>

namespace sealonce::policy::reason {

/// Every key of the author's domain signs.
inline constexpr std::string_view keys_signed = "signed";

// ---- passed unsigned ----
/// The relay's mode does not sign.
inline constexpr std::string_view mode = "mode";
/// A NUL octet in the header.
inline constexpr std::string_view nul = "nul-in-header";
/// The header is over limits::header or limits::fields.
inline constexpr std::string_view header_limit = "header-limit";
/// A line that is neither field nor continuation: the next hop may end the header there.
inline constexpr std::string_view malformed_header = "malformed-header";
/// message::author_status, one by one.
inline constexpr std::string_view no_from = "no-from";
inline constexpr std::string_view several_from = "several-from";
inline constexpr std::string_view several_authors = "several-authors";
inline constexpr std::string_view empty_group = "empty-group";
inline constexpr std::string_view malformed_from = "malformed-from";
inline constexpr std::string_view domain_literal = "domain-literal";
inline constexpr std::string_view disputed_from = "disputed-from";
/// No key is configured for the author's domain.
inline constexpr std::string_view no_domain = "no-domain";
/// A field that would be signed has blanks before its colon, which Postfix takes out, and the
/// canonicalization of the header is simple.
inline constexpr std::string_view blank_before_colon = "blank-before-colon";

// ---- as [message] long_lines says: passed unsigned, refused, or signed all the same ----
/// A body line over 998 octets, which a later hop would cut.
inline constexpr std::string_view long_lines = "long-lines";
/// Such a line in a field that would be signed.
inline constexpr std::string_view long_header_line = "long-header-line";

// ---- deferred, or passed unsigned, as [signing] on_error says ----
/// A key of the author's domain cannot be used.
inline constexpr std::string_view key_unusable = "key-unusable";
/// A key failed while it signed.
inline constexpr std::string_view signing_failed = "signing-failed";

} // namespace sealonce::policy::reason
