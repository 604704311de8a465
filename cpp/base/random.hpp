// Counter-based random numbers: every number is a function of (seed, entity, purpose, index, step), never of call order or
// thread count. Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3 (Threefry4x32-16).
#pragma once
#include <array>
#include <bit>
#include <cstdint>

#include "base/isa.hpp"
#include "base/math.hpp"

namespace plastica {

struct RandomKey {
  std::uint32_t k0;
  std::uint32_t k1;
  friend bool operator==(const RandomKey&, const RandomKey&) = default;
};

// What a number is drawn for. Existing values never change: they decide every network's random numbers.
enum class Purpose : std::uint32_t {
  connectivity = 1,
  weight = 2,
  delay = 3,
  initial_state = 4,
  parameter = 5,
  poisson_input = 6,
  poisson_source = 7,
  ou_current = 8,
  sample = 9,
  positions = 10,
  synaptic_noise = 11,
  membrane_noise = 12,
  structure = 13,
};

inline namespace PLASTICA_ISA {

// Four random words for a key and a counter: Threefry4x32. It is additions, rotations and exclusive ors of 32-bit words, which every
// vector unit has; 12 rounds pass all known tests, 16 leave a margin.
template <int rounds = 16>
PLASTICA_FN std::array<std::uint32_t, 4> threefry(RandomKey key, std::uint32_t c0, std::uint32_t c1, std::uint32_t c2, std::uint32_t c3) {
  constexpr int rotation[8][2] = {{10, 26}, {11, 21}, {13, 27}, {23, 5}, {6, 20}, {17, 11}, {25, 10}, {18, 20}};
  const std::uint32_t keys[5] = {key.k0, key.k1, 0, 0, 0x1BD11BDAu ^ key.k0 ^ key.k1};
  std::uint32_t x0 = c0 + keys[0], x1 = c1 + keys[1], x2 = c2 + keys[2], x3 = c3 + keys[3];
#pragma GCC unroll 20
  for (int round = 0; round < rounds; ++round) {
    const int a = rotation[round % 8][0], b = rotation[round % 8][1];
    if (round % 2 == 0) {
      x0 += x1;
      x1 = std::rotl(x1, a) ^ x0;
      x2 += x3;
      x3 = std::rotl(x3, b) ^ x2;
    } else {
      x0 += x3;
      x3 = std::rotl(x3, a) ^ x0;
      x2 += x1;
      x1 = std::rotl(x1, b) ^ x2;
    }
    if (round % 4 != 3) continue;
    const int inject = round / 4 + 1;
    x0 += keys[inject % 5];
    x1 += keys[(inject + 1) % 5];
    x2 += keys[(inject + 2) % 5];
    x3 += keys[(inject + 3) % 5] + static_cast<std::uint32_t>(inject);
  }
  return {x0, x1, x2, x3};
}

// A bijection of 64 bits with good avalanche (the finaliser of SplitMix64, Steele et al. 2014).
PLASTICA_FN std::uint64_t mix_bits(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// The key of an entity's numbers for one purpose; different for every (entity, purpose) of one seed.
PLASTICA_FN RandomKey random_key(std::uint64_t seed, std::uint32_t entity, Purpose purpose) {
  const std::uint64_t who = (std::uint64_t{entity} << 32) | static_cast<std::uint32_t>(purpose);
  const std::uint64_t key = mix_bits(mix_bits(seed + 0x9e3779b97f4a7c15u) ^ who);
  return {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
}

// Uniform in (0, 1), never 0 or 1: odd multiples of 2^-53.
PLASTICA_FN double uniform_double(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = ((std::uint64_t{high} << 32) | low) >> 12;
  return std::bit_cast<double>(bits | 0x3ff0000000000000u) - (1.0 - 0x1p-53);
}

// Uniform in (0, 1), never 0 or 1. In steps of 2^-31 near 0, so that comparing with a small probability is fair.
PLASTICA_FN float uniform_float(std::uint32_t word) {
  const float u = (static_cast<float>(static_cast<std::int32_t>(word >> 1)) + 0.5f) * 0x1p-31f;
  return u < 1.0f ? u : 1.0f - 0x1p-24f;
}

// Standard normal from one word (sign and 31 bits, up to 6.3 standard deviations) or two (up to 8.2). Both tails are equally fine.
PLASTICA_FN float normal_float(std::uint32_t word) {
  const float below = (static_cast<float>(static_cast<std::int32_t>(word >> 1)) + 0.5f) * 0x1p-32f;
  const float z = math::inverse_normal(below);
  return (word & 1) != 0 ? -z : z;
}

PLASTICA_FN double normal_double(std::uint32_t high, std::uint32_t low) { return math::inverse_normal(uniform_double(high, low)); }

// The same by the type of the result, for templates; single precision leaves the second word unused.
template <class R>
PLASTICA_FN R uniform(std::uint32_t first, std::uint32_t second) {
  if constexpr (sizeof(R) == sizeof(float)) {
    return uniform_float(first);
  } else {
    return uniform_double(first, second);
  }
}

template <class R>
PLASTICA_FN R normal(std::uint32_t first, std::uint32_t second) {
  if constexpr (sizeof(R) == sizeof(float)) {
    return normal_float(first);
  } else {
    return normal_double(first, second);
  }
}

// The numbers of one index (a neuron, a synapse), one after another. The counter is (index, number of the draw), 64 bits each.
class Stream {
 public:
  Stream(RandomKey key, std::uint64_t index) : key_(key), index_(index) {}

  std::uint32_t next_u32() {
    const std::uint32_t lane = static_cast<std::uint32_t>(drawn_ & 3);
    if (lane == 0) refill();
    ++drawn_;
    return words_[lane];
  }

  std::uint64_t next_u64() {
    const std::uint64_t high = next_u32();
    return (high << 32) | next_u32();
  }

  // Uniform in (0, 1), never 0 or 1.
  double uniform() {
    const std::uint32_t high = next_u32();
    return uniform_double(high, next_u32());
  }

  double normal() { return math::inverse_normal(uniform()); }

  // Uniform in 0 .. n-1 without bias, n > 0. Lemire (2019), ACM Transactions on Modeling and Computer Simulation 29(1).
  std::uint64_t below(std::uint64_t n) { return n <= 0xffffffffu ? below_32(static_cast<std::uint32_t>(n)) : below_64(n); }

 private:
  std::uint64_t below_32(std::uint32_t n) {
    std::uint64_t product = std::uint64_t{next_u32()} * n;
    if (static_cast<std::uint32_t>(product) < n) {
      const std::uint32_t biased = (0u - n) % n;
      while (static_cast<std::uint32_t>(product) < biased) product = std::uint64_t{next_u32()} * n;
    }
    return product >> 32;
  }

  // Rejects above the largest power of two: rare enough not to need a wide multiplication.
  std::uint64_t below_64(std::uint64_t n) {
    const int shift = std::countl_zero(n - 1);
    std::uint64_t candidate = next_u64() >> shift;
    while (candidate >= n) candidate = next_u64() >> shift;
    return candidate;
  }

  void refill() {
    const std::uint64_t block = drawn_ >> 2;
    words_ = threefry(key_, static_cast<std::uint32_t>(index_), static_cast<std::uint32_t>(index_ >> 32), static_cast<std::uint32_t>(block),
                      static_cast<std::uint32_t>(block >> 32));
  }

  RandomKey key_;
  std::uint64_t index_;
  std::uint64_t drawn_ = 0;
  std::array<std::uint32_t, 4> words_{};
};

// What `count` calls of uniform() on a fresh Stream would give from the draw `2 * first` on, by vector instructions.
// `first` and `count` are even.
inline void fill_uniform(RandomKey key, std::uint64_t index, std::uint64_t first, double* out, std::uint32_t count) {
  const auto low = static_cast<std::uint32_t>(index);
  const auto high = static_cast<std::uint32_t>(index >> 32);
  for (std::uint32_t i = 0; i < count / 2; ++i) {
    const std::uint64_t block = first / 2 + i;
    const auto words = threefry(key, low, high, static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32));
    out[2 * i] = uniform_double(words[0], words[1]);
    out[2 * i + 1] = uniform_double(words[2], words[3]);
  }
}

}  // namespace PLASTICA_ISA
}  // namespace plastica
