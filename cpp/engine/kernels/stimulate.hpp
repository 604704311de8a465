// Random drive in vector lanes. In a chunk of 64 neurons, lane l (0 .. 15) draws four words, which belong to the neurons l, l + 16,
// l + 32 and l + 48.
#pragma once
#include "base/math.hpp"
#include "base/random.hpp"
#include "engine/kernels/kernels.hpp"

namespace plastica::inline PLASTICA_ISA {

inline constexpr std::uint32_t lanes = chunk_size / 4;

PLASTICA_FN void draw_chunk(RandomKey key, Step step, Neuron first, std::uint32_t round, std::uint32_t* words) {
  const auto low = static_cast<std::uint32_t>(step);
  const auto high = static_cast<std::uint32_t>(step >> 32);
#pragma GCC ivdep
  for (std::uint32_t lane = 0; lane < lanes; ++lane) {
    const auto four = threefry(key, first / 4 + lane, low, high, round);
    words[lane] = four[0];
    words[lane + lanes] = four[1];
    words[lane + 2 * lanes] = four[2];
    words[lane + 3 * lanes] = four[3];
  }
}

// Inversion: the number is how many cumulative probabilities the random word has passed.
template <class R>
void poisson_kernel(const PoissonBlock<R>& b) {
  const std::uint32_t* const thresholds = b.thresholds.data();
  const std::size_t terms = b.mean == nullptr ? b.thresholds.size() : b.terms;
  for (std::size_t chunk = 0; chunk < b.count; chunk += chunk_size) {
    alignas(64) std::uint32_t words[chunk_size];
    alignas(64) std::int32_t number[chunk_size] = {};
    for (std::uint32_t round = 0; round < b.rounds; ++round) {
      draw_chunk(b.key, b.step, b.first + static_cast<Neuron>(chunk), round, words);
      if (b.mean == nullptr) {
        for (std::size_t k = 0; k < terms; ++k) {
          const std::uint32_t threshold = thresholds[k];
          for (std::size_t j = 0; j < chunk_size; ++j) number[j] += words[j] >= threshold ? 1 : 0;
        }
        continue;
      }
      alignas(64) double mean[chunk_size], term[chunk_size], sum[chunk_size], u[chunk_size];
      for (std::size_t j = 0; j < chunk_size; ++j) {
        mean[j] = b.mean[chunk + j];
        term[j] = sum[j] = math::exp(-mean[j]);
        u[j] = (static_cast<double>(words[j]) + 0.5) * 0x1p-32;
      }
      for (std::size_t k = 0; k < terms; ++k) {
        const double next = 1.0 / static_cast<double>(k + 1);
        for (std::size_t j = 0; j < chunk_size; ++j) {
          number[j] += u[j] >= sum[j] ? 1 : 0;
          term[j] *= mean[j] * next;
          sum[j] += term[j];
        }
      }
    }
    R* const arrivals = b.arrivals + chunk;
    const R* const weight = b.uniform_weight ? b.weight : b.weight + chunk;
    if (b.uniform_weight) {
      const R w = weight[0];
      for (std::size_t j = 0; j < chunk_size; ++j) arrivals[j] += w * static_cast<R>(number[j]);
    } else {
      for (std::size_t j = 0; j < chunk_size; ++j) arrivals[j] += weight[j] * static_cast<R>(number[j]);
    }
  }
}

inline std::size_t bernoulli_kernel(const BernoulliBlock& b) {
  std::size_t fired = 0;
  for (std::size_t chunk = 0; chunk < b.count; chunk += chunk_size) {
    alignas(64) std::uint32_t words[chunk_size];
    draw_chunk(b.key, b.step, b.first + static_cast<Neuron>(chunk), 0, words);
    for (std::size_t j = 0; j < chunk_size; ++j) {
      b.fired[fired] = b.local + static_cast<Neuron>(chunk + j);
      fired += words[j] < b.thresholds[b.uniform ? 0 : chunk + j] ? 1 : 0;
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
