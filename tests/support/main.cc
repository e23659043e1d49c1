// The entry point every unit-test program shares.
#define BOOST_TEST_MODULE tidegate
#include <boost/test/unit_test.hpp>
