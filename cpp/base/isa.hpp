// Which instruction set this translation unit is compiled for. The kernels are compiled once per set, each in its own inline
// namespace, so that the linker can never pick a symbol with wider instructions for general use.
#pragma once

#ifndef PLASTICA_ISA
#define PLASTICA_ISA baseline
#endif

#ifdef __CUDACC__
#define PLASTICA_FN __host__ __device__ __forceinline__
#else
#define PLASTICA_FN __attribute__((always_inline)) inline
#endif
