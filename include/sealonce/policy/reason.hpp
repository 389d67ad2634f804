#pragma once
// The names of the reasons. They stand in the log and in what `explain` says: once published, a
// name keeps its meaning.

#include <string_view>

namespace sealonce::policy::reason {

/// Every key of the author's domain signs.
inline constexpr std::string_view keys_signed = "signed";

// ---- own signatures are there: signed, replaced or left ----
/// Every key that is asked for has a valid signature there; the message stays as it is.
inline constexpr std::string_view already_signed = "already-signed";
/// Some keys have a valid signature there; the other ones sign.
inline constexpr std::string_view keys_missing = "keys-missing";
/// An own signature no longer verifies.
inline constexpr std::string_view own_broken = "own-broken";
/// The x= of an own signature is past.
inline constexpr std::string_view own_expired = "own-expired";
/// A field with d= and s= of ours can never have been a signature by that key.
inline constexpr std::string_view own_forged = "own-forged";
/// An own signature does not cover a field that has to be covered.
inline constexpr std::string_view own_coverage = "own-coverage";
/// Less than half of the life that x= gave an own signature is left.
inline constexpr std::string_view own_half_life = "own-half-life";
/// There were several valid signatures by one key; one stays.
inline constexpr std::string_view own_duplicate = "own-duplicate";
/// An own signature no longer verifies, and [once] broken = "keep".
inline constexpr std::string_view broken_kept = "broken-kept";
/// Signatures of others were taken off: [once] foreign = "remove".
inline constexpr std::string_view foreign_removed = "foreign-removed";
/// Signatures were taken off: [once] max_signatures.
inline constexpr std::string_view max_signatures = "max-signatures";

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
