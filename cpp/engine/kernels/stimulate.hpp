// Random drive in vector lanes. Most numbers need 16 random bits: in a chunk of 64 neurons, lane l (0 .. 7) draws four words, whose halves
// belong to the neurons 16 w + 2 l and 16 w + 2 l + 1 for word w. Two chunks are drawn at once.
#pragma once
#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "base/math.hpp"
#include "base/random.hpp"
#include "base/vector.hpp"
#include "engine/kernels/kernels.hpp"

namespace plastica::inline PLASTICA_ISA {

inline constexpr std::uint32_t word_lanes = chunk_size / 4;

PLASTICA_FN void draw_chunk(RandomKey key, Step step, Neuron first, std::uint32_t round, std::uint32_t* words) {
  const auto low = static_cast<std::uint32_t>(step);
  const auto high = static_cast<std::uint32_t>(step >> 32);
#pragma GCC ivdep
  for (std::uint32_t lane = 0; lane < word_lanes; ++lane) {
    const auto four = threefry(key, first / 4 + lane, low, high, round);
    words[lane] = four[0];
    words[lane + word_lanes] = four[1];
    words[lane + 2 * word_lanes] = four[2];
    words[lane + 3 * word_lanes] = four[3];
  }
}

inline constexpr std::uint32_t half_lanes = chunk_size / 8;
inline constexpr std::uint32_t further = 1u << 31;  // in the last counter: words that few neurons ask for
static_assert(std::endian::native == std::endian::little);

// The words of two chunks.
struct PairOfChunks {
  alignas(64) std::uint32_t word[4][2 * half_lanes];
};

PLASTICA_FN void draw_pair(RandomKey key, Step step, Neuron first, std::uint32_t round, PairOfChunks& pair) {
  const auto low = static_cast<std::uint32_t>(step);
  const auto high = static_cast<std::uint32_t>(step >> 32);
#pragma GCC ivdep
  for (std::uint32_t lane = 0; lane < 2 * half_lanes; ++lane) {
    const auto four = threefry(key, first / 8 + lane, low, high, round);
    for (std::size_t w = 0; w < 4; ++w) pair.word[w][lane] = four[w];
  }
}

// For each neuron of a chunk, how many thresholds its 16 bits are above; returns whether some are above the last. Vectors of 32 bytes at most: a
// comparison of wider ones gives a mask that must be turned into a vector again.
PLASTICA_FN bool count_passed(const PairOfChunks& pair, std::size_t chunk, std::span<const std::int16_t> thresholds, std::int16_t* number) {
  constexpr std::size_t bytes = std::min<std::size_t>(vector_bytes, 32);
  constexpr std::size_t neurons = bytes / sizeof(std::int16_t);
  using V = Vector<std::int16_t, bytes>;
  V beyond{};
  for (std::size_t part = 0; part < 16; part += neurons) {
    V bits[4], passed[4];
    for (std::size_t w = 0; w < 4; ++w) {
      bits[w] = load<V>(&pair.word[w][chunk * half_lanes + part / 2]);
      passed[w] = V{};
    }
    for (const std::int16_t threshold : thresholds)
      for (std::size_t w = 0; w < 4; ++w) passed[w] -= bits[w] > threshold;
    for (std::size_t w = 0; w < 4; ++w) {
      beyond |= bits[w] > thresholds.back();
      store(number + 16 * w + part, passed[w]);
    }
  }
  return any_of(beyond);
}

// The numbers beyond the last threshold are drawn from the remainder of the table.
template <class R>
void draw_remainder(const PoissonBlock<R>& b, Neuron first, std::uint32_t round, std::int16_t* number) {
  const PoissonTable& table = *b.table;
  const auto low = static_cast<std::uint32_t>(b.step);
  const auto high = static_cast<std::uint32_t>(b.step >> 32);
  for (std::uint32_t i = 0; i < chunk_size; ++i) {
    if (static_cast<std::size_t>(number[i]) != table.thresholds.size()) continue;
    const std::uint32_t word = threefry(b.key, first + i, low, high, further + round)[0];
    const auto reached = std::upper_bound(table.remainder.begin(), table.remainder.end(), word) - table.remainder.begin();
    number[i] = static_cast<std::int16_t>(reached - table.least);
  }
}

template <class R>
void poisson_kernel(const PoissonBlock<R>& b) {
  const std::span<const std::int16_t> thresholds = b.table->thresholds;
  if (thresholds.empty()) return;
  const std::int32_t least = static_cast<std::int32_t>(b.rounds) * b.table->least;
  const R one_weight = b.weight[0];
  for (std::size_t pair = 0; pair < b.count; pair += 2 * chunk_size) {
    const std::size_t count = std::min<std::size_t>(2 * chunk_size, b.count - pair);
    alignas(64) std::int16_t number[2 * chunk_size];
    alignas(64) std::int32_t sum[2 * chunk_size];
    const auto draw = [&](std::uint32_t round) {
      PairOfChunks words;
      const Neuron first = b.first + static_cast<Neuron>(pair);
      draw_pair(b.key, b.step, first, round, words);
      for (Neuron c = 0; c < 2; ++c)
        if (count_passed(words, c, thresholds, number + c * chunk_size)) draw_remainder(b, first + c * chunk_size, round, number + c * chunk_size);
    };
    draw(0);
    for (std::size_t i = 0; i < 2 * chunk_size; ++i) sum[i] = number[i] + least;
    for (std::uint32_t round = 1; round < b.rounds; ++round) {
      draw(round);
      for (std::size_t i = 0; i < 2 * chunk_size; ++i) sum[i] += number[i];
    }
    R* const arrivals = b.arrivals + pair;
    if (b.uniform_weight) {
      for (std::size_t i = 0; i < count; ++i) arrivals[i] += one_weight * static_cast<R>(sum[i]);
    } else {
      const R* const weight = b.weight + pair;
      for (std::size_t i = 0; i < count; ++i) arrivals[i] += weight[i] * static_cast<R>(sum[i]);
    }
  }
}

// Adds to each number how many cumulative probabilities its word has passed, by double precision, for means of their own.
PLASTICA_FN void add_inverted(const std::uint32_t* words, const double* mean, const double* none, std::uint32_t terms, std::int32_t* number) {
  using V = Vector<double>;
  constexpr std::size_t together = 4, lanes = lanes_of<double>;
  alignas(64) double u[chunk_size];
  alignas(64) std::int64_t passed[chunk_size];
  for (std::size_t j = 0; j < chunk_size; ++j) u[j] = (static_cast<double>(words[j]) + 0.5) * 0x1p-32;
  for (std::size_t j = 0; j < chunk_size; j += together * lanes) {
    V own_mean[together], own_u[together], term[together], sum[together];
    Mask<V> count[together];
    for (std::size_t v = 0; v < together; ++v) {
      own_mean[v] = load<V>(mean + j + v * lanes);
      own_u[v] = load<V>(u + j + v * lanes);
      term[v] = sum[v] = load<V>(none + j + v * lanes);
      count[v] = Mask<V>{};
    }
    for (std::uint32_t k = 0; k < terms; ++k) {
      const double next = 1.0 / (k + 1);
      Mask<V> any{};
      for (std::size_t v = 0; v < together; ++v) {
        const Mask<V> passes = own_u[v] >= sum[v];
        any |= passes;
        count[v] -= passes;
        term[v] *= own_mean[v] * next;
        sum[v] += term[v];
      }
      if (!any_of(any)) break;
    }
    for (std::size_t v = 0; v < together; ++v) store(passed + j + v * lanes, count[v]);
  }
  for (std::size_t j = 0; j < chunk_size; ++j) number[j] += static_cast<std::int32_t>(passed[j]);
}

template <class R>
void poisson_each_kernel(const PoissonBlock<R>& b) {
  for (std::size_t chunk = 0; chunk < b.count; chunk += chunk_size) {
    alignas(64) std::uint32_t words[chunk_size];
    alignas(64) std::int32_t number[chunk_size] = {};
    for (std::uint32_t round = 0; round < b.rounds; ++round) {
      draw_chunk(b.key, b.step, b.first + static_cast<Neuron>(chunk), round, words);
      add_inverted(words, b.mean + chunk, b.none + chunk, b.terms, number);
    }
    R* const arrivals = b.arrivals + chunk;
    const R* const weight = b.weight + (b.uniform_weight ? 0 : chunk);
    for (std::size_t j = 0; j < chunk_size; ++j) arrivals[j] += weight[b.uniform_weight ? 0 : j] * static_cast<R>(number[j]);
  }
}

inline std::size_t bernoulli_kernel(const BernoulliBlock& b) {
  std::size_t fired = 0;
  for (std::size_t chunk = 0; chunk < b.count; chunk += chunk_size) {
    alignas(64) std::uint32_t words[chunk_size];
    draw_chunk(b.key, b.step, b.first + static_cast<Neuron>(chunk), 0, words);
    const std::uint64_t* const threshold = b.thresholds + (b.uniform ? 0 : chunk);
    // Most chunks are silent.
    if (b.uniform && threshold[0] <= 0xffffffffu) {
      const auto below = static_cast<std::uint32_t>(threshold[0]);
      std::uint32_t any = 0;
      for (std::size_t j = 0; j < chunk_size; ++j) any |= words[j] < below ? 1u : 0u;
      if (any == 0) continue;
    }
    for (std::size_t j = 0; j < chunk_size; ++j) {
      b.fired[fired] = b.local + static_cast<Neuron>(chunk + j);
      fired += words[j] < threshold[b.uniform ? 0 : j] ? 1 : 0;
    }
  }
  return fired;
}

template <class R>
void noise_kernel(const NoiseBlock<R>& b) {
  for (std::size_t chunk = 0; chunk < b.count; chunk += chunk_size) {
    alignas(64) std::uint32_t words[chunk_size], more[chunk_size];
    draw_chunk(b.key, b.step, b.first + static_cast<Neuron>(chunk), 0, words);
    draw_chunk(b.key, b.step, b.first + static_cast<Neuron>(chunk), 1, more);
    R* const state = b.state + chunk;
    R* const current = b.current + chunk;
#pragma GCC ivdep
    for (std::size_t j = 0; j < chunk_size; ++j) {
      const std::size_t at = b.uniform ? 0 : chunk + j;
      const R x = state[j];
      current[j] += x;
      state[j] = b.mean[at] + (x - b.mean[at]) * b.keep[at] + b.spread[at] * normal<R>(words[j], more[j]);
    }
  }
}

}  // namespace plastica::inline PLASTICA_ISA
