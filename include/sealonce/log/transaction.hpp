#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sealonce::log {

/// What the log says of one transaction; the views need to live during the call only. Any octets
/// may stand in any of them.
struct transaction {
  std::string_view relay;       ///< name of the relay
  std::string_view queue_id;    ///< the upstream's, from XFORWARD IDENT; may be empty
  std::string_view client;      ///< who brought it: XFORWARD ADDR where given, else the peer
  std::string_view client_name; ///< XFORWARD NAME, HELO and PROTO; each left out where empty
  std::string_view helo;
  std::string_view proto;
  std::string_view from;   ///< reverse path without its angle brackets; empty = null sender
  std::uint64_t nrcpt = 0; ///< recipients that the next hop accepted
  std::uint64_t refused =
      0;                   ///< of these, where not all ended alike: so many were refused after all
  std::uint64_t size = 0;  ///< octets of content as received
  std::string_view action; ///< signed|already-signed|replaced|unsigned|refused|deferred
  std::string_view keys;   ///< "domain/selector,domain/selector"; may be empty
  std::string_view reason; ///< the decision's word
  std::string_view reply;  ///< our reply to end-of-data; lines of a long one joined by a blank
  std::chrono::milliseconds delay{0}; ///< MAIL to the reply
  std::string_view client_tls;        ///< "TLSv1.3/CIPHER"; each left out where empty
  std::string_view next_hop_tls;
};

/// Appends one line without its line end:
/// relay= queue_id= client= [client_name= helo= proto=] from=<…> nrcpt= [refused=] size= action=
/// keys= reason= reply="…" delay=0.000
/// [client_tls= next_hop_tls=]
void append_text(const transaction& t, std::string& out);

/// Appends the members of a JSON object, without braces, in the same order and with the same names.
void append_json_members(const transaction& t, std::string& out);

} // namespace sealonce::log
