#pragma once

#include <sealonce/dkim/canonical.hpp>
#include <sealonce/message/header.hpp>

#include <span>
#include <string>
#include <string_view>

namespace sealonce::dkim {

/// Appends what the signature covers of the header, RFC 6376 §3.7: the fields that `names` (h=)
/// selects, canonicalized, in the order of h=. Equal names (case folded) take the fields of that
/// name from the bottom of the header up; a name with no field left takes nothing (§5.4.2). The
/// time grows with n log n of fields and names, whatever they are.
void append_signed_fields(canonicalization how, const message::header& head,
                          std::span<const std::string_view> names, std::string& out);

/// Appends the DKIM-Signature field itself as the signature covers it: canonicalized, with the
/// value of b= deleted and without its last CRLF. `b` is tag::raw of b=, a view into `whole`; a
/// field whose b= is empty yet has an empty view at its place.
void append_signature_field(canonicalization how, std::string_view whole, std::string_view b,
                            std::string& out);

} // namespace sealonce::dkim
