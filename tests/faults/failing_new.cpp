// NAME
//   failing_new - a library for LD_PRELOAD: one of so many operator new fails
// DESCRIPTION
//   The file named by FAILING_NEW holds the number, 0 = none, as one long; it is mapped, so that a
//   test changes it while the program runs. Which call fails looks random and is the same each
//   time.
#include <cstdlib>
#include <fcntl.h>
#include <new>
#include <sys/mman.h>
#include <unistd.h>

namespace {

volatile long* mapped() {
  static long never = 0;
  const char* const name = std::getenv("FAILING_NEW");
  const int file = name == nullptr ? -1 : ::open(name, O_RDONLY);
  if (file < 0)
    return &never;
  void* const at = ::mmap(nullptr, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  return at == MAP_FAILED ? &never : static_cast<long*>(at);
}

bool fails() {
  static volatile long* const every = mapped();
  thread_local unsigned long x = 88172645463325252UL; // xorshift
  x ^= x << 13U;
  x ^= x >> 7U;
  x ^= x << 17U;
  return *every > 0 && x % static_cast<unsigned long>(*every) == 0;
}

} // namespace

void* operator new(std::size_t size) {
  void* const got = fails() ? nullptr : std::malloc(size != 0 ? size : 1);
  if (got == nullptr)
    throw std::bad_alloc();
  return got;
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void operator delete(void* at) noexcept {
  std::free(at);
}
void operator delete[](void* at) noexcept {
  std::free(at);
}
void operator delete(void* at, std::size_t) noexcept {
  std::free(at);
}
void operator delete[](void* at, std::size_t) noexcept {
  std::free(at);
}
