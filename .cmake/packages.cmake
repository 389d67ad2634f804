# Every package that the build needs, and the Debian command that brings it: a missing one is named
# together with that command instead of CMake's own page of search paths.
function(sealonce_require found package debian)
  if(NOT ${found})
    message(FATAL_ERROR "sealonce needs ${package}. On Debian 12: apt-get install ${debian}")
  endif()
endfunction()

find_package(Threads QUIET)
sealonce_require(Threads_FOUND "a C++ compiler with threads" "g++")

set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.81 QUIET)
sealonce_require(Boost_FOUND "Boost 1.81 (Asio, Outcome)" "libboost1.81-dev")

find_package(OpenSSL 3.0 QUIET)
sealonce_require(OPENSSL_FOUND "OpenSSL 3" "libssl-dev")

find_package(PkgConfig QUIET)
sealonce_require(PKG_CONFIG_FOUND "pkg-config" "pkg-config")
pkg_check_modules(tomlplusplus QUIET IMPORTED_TARGET tomlplusplus)
sealonce_require(tomlplusplus_FOUND "toml++ 3.3" "libtomlplusplus-dev")

pkg_check_modules(libidn2 QUIET IMPORTED_TARGET libidn2)
sealonce_require(libidn2_FOUND "libidn2 2.3 (internationalized domain names)" "libidn2-dev")

# Not by pkg-config: Debian's libunbound.pc asks for packages that only a static build needs.
find_path(UNBOUND_INCLUDE unbound.h)
find_library(UNBOUND_LIBRARY unbound)
if(UNBOUND_INCLUDE AND UNBOUND_LIBRARY)
  set(unbound_found TRUE)
endif()
sealonce_require(unbound_found "libunbound 1.17 (DNS with DNSSEC)" "libunbound-dev")
add_library(unbound INTERFACE IMPORTED)
target_include_directories(unbound SYSTEM INTERFACE ${UNBOUND_INCLUDE})
target_link_libraries(unbound INTERFACE ${UNBOUND_LIBRARY})

find_path(MIMETIC_INCLUDE mimetic/mimetic.h)
find_library(MIMETIC_LIBRARY mimetic)
if(MIMETIC_INCLUDE AND MIMETIC_LIBRARY)
  set(mimetic_found TRUE)
endif()
sealonce_require(mimetic_found "mimetic 0.9.8" "libmimetic-dev")
add_library(mimetic INTERFACE IMPORTED)
target_include_directories(mimetic SYSTEM INTERFACE ${MIMETIC_INCLUDE})
target_link_libraries(mimetic INTERFACE ${MIMETIC_LIBRARY})

if(SEALONCE_BENCH)
  find_package(benchmark QUIET)
  sealonce_require(benchmark_FOUND "Google Benchmark 1.7" "libbenchmark-dev")
endif()

if(SEALONCE_TESTS)
  find_package(Boost 1.81 QUIET COMPONENTS unit_test_framework)
  sealonce_require(Boost_UNIT_TEST_FRAMEWORK_FOUND "Boost.Test 1.81" "libboost-test1.81-dev")
endif()
