// The one main() of every unit and engine test program.
#define BOOST_TEST_MODULE sealonce
#include <boost/test/unit_test.hpp>
