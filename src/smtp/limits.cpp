// NAME
//   limits - compiled once so that the core library is never empty
#include <sealonce/limits.hpp>
