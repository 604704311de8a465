// A column: one value per neuron or synapse, aligned for the widest vectors; large ones on huge pages, where the system has them.
#pragma once
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace plastica {

// Large memory, aligned to huge pages.
void* allocate_pages(std::size_t bytes);
void free_pages(void* memory, std::size_t bytes);
// Asks for huge pages; they come into being when they are written to.
void prefer_huge_pages(void* memory, std::size_t bytes);
// What lies between is not needed any more: its memory can be used for something else at once, its contents are lost.
void release_pages(const void* begin, const void* end);

template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t alignment{64};
  static constexpr std::size_t large = std::size_t{1} << 22;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>& /*other*/) {}
  T* allocate(std::size_t n) {
    const std::size_t bytes = n * sizeof(T);
    return static_cast<T*>(bytes >= large ? allocate_pages(bytes) : ::operator new(bytes, alignment));
  }
  void deallocate(T* p, std::size_t n) {
    const std::size_t bytes = n * sizeof(T);
    bytes >= large ? free_pages(p, bytes) : ::operator delete(p, bytes, alignment);
  }
  friend bool operator==(const AlignedAllocator&, const AlignedAllocator&) { return true; }
};

template <class T>
using Column = std::vector<T, AlignedAllocator<T>>;

// Uninitialised memory for at most so many values, which is given back as far as it turns out to be too much. What is never written to
// costs nothing.
template <class T>
class Store {
 public:
  Store() = default;
  explicit Store(std::size_t most) : memory_(static_cast<T*>(std::malloc(most * sizeof(T)))), size_(most) {
    if (most > 0 && !memory_) throw std::bad_alloc();
    prefer_huge_pages(memory_.get(), most * sizeof(T));
  }

  Store(Store&&) = default;
  Store& operator=(Store&&) = default;
  Store(const Store& other) : Store(other.size_) {
    if (size_ > 0) std::memcpy(memory_.get(), other.memory_.get(), size_ * sizeof(T));
  }
  Store& operator=(const Store& other) { return *this = Store(other); }
  ~Store() = default;

  // Keeps the first `size` values.
  void shrink(std::size_t size) {
    size_ = size;
    if (size == 0) return memory_.reset();
    if (void* const smaller = std::realloc(memory_.get(), size * sizeof(T)); smaller != nullptr) {
      static_cast<void>(memory_.release());
      memory_.reset(static_cast<T*>(smaller));
    }
  }

  T* data() { return memory_.get(); }
  const T* data() const { return memory_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::unique_ptr<T, Free> memory_;
  std::size_t size_ = 0;
};

// One of many kinds of a thing: what copies any of them.
template <class Kind, class Thing>
struct Copying : Thing {
  decltype(std::declval<const Thing&>().copy()) copy() const override { return std::make_unique<Kind>(static_cast<const Kind&>(*this)); }
};

// Something of its own on the heap, which does not move when its owner does and is copied with it. Of what comes in kinds there is none at first.
template <class T>
class Owned {
 public:
  Owned() {
    if constexpr (!std::is_abstract_v<T>) thing_ = std::make_unique<T>();
  }
  explicit Owned(std::unique_ptr<T> thing) : thing_(std::move(thing)) {}
  Owned(Owned&&) noexcept = default;
  Owned& operator=(Owned&&) noexcept = default;
  Owned(const Owned& other) {
    if (!other) return;
    if constexpr (std::is_abstract_v<T>)
      thing_ = other->copy();
    else
      thing_ = std::make_unique<T>(*other);
  }
  Owned& operator=(const Owned& other) { return *this = Owned(other); }
  ~Owned() = default;
  explicit operator bool() const { return thing_ != nullptr; }
  T& operator*() const { return *thing_; }
  T* operator->() const { return thing_.get(); }

 private:
  std::unique_ptr<T> thing_;
};

}  // namespace plastica
