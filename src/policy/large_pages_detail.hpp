#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>
#include <sys/mman.h>

namespace sealonce::policy {

/// Memory for tables of millions of rows. A lookup jumps to a random place of it; with pages of 2
/// MiB that costs one cache miss, with pages of 4 KiB often a second one for the page table
/// (measured: a fifth of a lookup).
template <class T> // what a container asks of an allocator
struct large_pages {
  using value_type = T;
  static constexpr std::size_t page = 2u << 20;

  large_pages() = default;
  template <class U>
  large_pages(const large_pages<U>&) {} // NOLINT: as containers convert them

  T* allocate(std::size_t n) {
    const std::size_t octets = n * sizeof(T);
    if (octets < page)
      return static_cast<T*>(::operator new(octets));
    const std::size_t rounded = (octets + page - 1) / page * page;
    void* memory = std::aligned_alloc(page, rounded);
    if (memory == nullptr)
      throw std::bad_alloc();
    ::madvise(memory, rounded, MADV_HUGEPAGE); // where that is refused, small pages serve as well
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t n) {
    if (n * sizeof(T) < page)
      ::operator delete(memory);
    else
      std::free(memory);
  }
  template <class U>
  bool operator==(const large_pages<U>&) const {
    return true;
  }
};

} // namespace sealonce::policy
