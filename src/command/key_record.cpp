// NAME
//   key_record - the public key as DNS gets it

#include "key_record_detail.hpp"
#include <sealonce/limits.hpp>

#include <algorithm>

namespace sealonce::command {

std::string key_record(const crypto::private_key& key, bool testing) {
  std::string out = "v=DKIM1; ";
  out += key.type() == crypto::key_type::rsa ? "k=rsa; " : "k=ed25519; ";
  if (testing)
    out += "t=y; ";
  return out + "p=" + key.public_record();
}

std::string zone_record(std::string_view selector, std::string_view domain,
                        std::string_view record) {
  std::string out = std::string(selector) + "._domainkey\tIN\tTXT\t( ";
  // The tags stand apart from p=, for people; what is longer is cut where it must be.
  std::size_t end = record.find("p=");
  for (bool first = true; !record.empty(); first = false) {
    out.append(first ? "\"" : "\n\t\"").append(record.substr(0, end)).append("\"");
    record.remove_prefix(std::min(end, record.size()));
    end = limits::txt_string;
  }
  return out + " ) ; DKIM key " + std::string(selector) + " for " + std::string(domain) + "\n";
}

} // namespace sealonce::command
