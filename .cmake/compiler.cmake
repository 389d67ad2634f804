# Flags that every target shares, as one interface library.
add_library(sealonce_options INTERFACE)
target_compile_options(sealonce_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough)
if(SEALONCE_WERROR)
  target_compile_options(sealonce_options INTERFACE -Werror)
endif()

if(SEALONCE_SANITIZE)
  target_compile_options(sealonce_options INTERFACE
    -fsanitize=${SEALONCE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(sealonce_options INTERFACE -fsanitize=${SEALONCE_SANITIZE})
else()
  # What a daemon that talks to strangers is built with; sanitizers bring their own checks.
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  target_compile_options(sealonce_options INTERFACE
    -fstack-protector-strong -fstack-clash-protection -fcf-protection
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
  target_link_options(sealonce_options INTERFACE -Wl,-z,relro,-z,now)
  include(CheckPIESupported)
  check_pie_supported()
endif()
# -O3 gives false -Wrestrict alarms on std::string under g++ 12.2 and nothing measurable.
string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
