#pragma once

namespace bench {

/// Says on standard error what is wrong, in printf's manner, and ends the process with status 1:
/// a measurement in which anything was not as expected has no figure.
[[noreturn, gnu::format(printf, 1, 2)]] void fail(const char* format, ...);

} // namespace bench
