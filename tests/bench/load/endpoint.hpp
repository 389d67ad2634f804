#pragma once

#include <string_view>

namespace bench {

/// A connected blocking stream socket; fails when nobody takes the connection.
/// `where` is ADDRESS:PORT (IPv4, numbers only) or unix:PATH.
int connect_to(std::string_view where);

/// A listening non-blocking socket. A unix socket replaces what has its name and lets everybody in.
int listen_at(std::string_view where);

} // namespace bench
