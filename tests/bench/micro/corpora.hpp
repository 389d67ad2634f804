#pragma once

#include <string>
#include <vector>

namespace bench {

/// A body that is made of one kind of text.
struct corpus {
  const char* name;
  std::string text;
};

/// What mail has, and the worst that can be thought of; the same in every run.
[[nodiscard]] const std::vector<corpus>& corpora();

/// A usual message of about 4 KiB by alice@bench.example, content with CRLF.
[[nodiscard]] std::string usual_message();

} // namespace bench
