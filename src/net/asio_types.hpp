#pragma once
// The few names of Asio that net/ uses.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>

namespace sealonce::net {

namespace asio = boost::asio;
using asio::awaitable;
using boost::system::error_code;

/// Every await gives a tuple with the error first: no exceptions on the I/O path.
inline constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// What errno says.
inline error_code last_error() {
  return {errno, boost::system::system_category()};
}

} // namespace sealonce::net
