// NAME
//   asio - the one translation unit that compiles Asio's own code
//
// DESCRIPTION
//   BOOST_ASIO_SEPARATE_COMPILATION keeps Asio's implementation out of every other file.

#include <boost/asio/impl/src.hpp>
