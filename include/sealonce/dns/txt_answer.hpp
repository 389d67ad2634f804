#pragma once

#include <string>
#include <vector>

namespace sealonce::dns {

/// What became of a question for TXT records. Only the first has records.
enum class answer_status {
  found,
  no_name,        ///< NXDOMAIN: the name does not exist
  no_data,        ///< the name exists and has no TXT record
  server_failure, ///< SERVFAIL, REFUSED, …: no server gave an answer that can be used
  bogus,          ///< DNSSEC: the zone is signed and what came is not what was signed
  timed_out,      ///< nothing usable came within the time that the settings allow
};

/// An answer to a question for TXT records.
struct txt_answer {
  answer_status status = answer_status::timed_out;
  /// DNSSEC: proven back to a trust anchor; also of no_name and no_data. Never without an anchor.
  bool secure = false;
  /// One entry for each record, its character strings joined without anything between (RFC 6376
  /// §3.6.2.2); any octets. In the order of the answer, which means nothing.
  std::vector<std::string> records;
  /// What went wrong, as a piece of a sentence, where status is server_failure or bogus; may hold
  /// octets of strangers.
  std::string why;

  /// Another time there may be another answer.
  [[nodiscard]] bool temporary() const {
    return status == answer_status::server_failure || status == answer_status::bogus ||
           status == answer_status::timed_out;
  }
};

} // namespace sealonce::dns
