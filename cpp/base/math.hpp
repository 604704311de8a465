// Elementary functions with the same bits on every instruction set and machine: plain IEEE operations in a fixed order, no
// library call, no branch, so that loops over them vectorise. Compile with -ffp-contract=off. Polynomials are interpolated at
// Chebyshev nodes. Results below the smallest normal number are zero and subnormal arguments count as zero, so it makes no
// difference whether a thread flushes subnormals.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "base/isa.hpp"
#include "base/vector.hpp"

namespace plastica::inline PLASTICA_ISA {
namespace math {

// The layout of an IEEE number. Adding `round_to_integer` leaves the nearest integer in the low bits of the sum: there is no
// vector instruction for that in SSE2.
template <class R>
struct Format;

template <>
struct Format<float> {
  using Bits = std::uint32_t;
  static constexpr int mantissa_bits = 23;
  static constexpr Bits one = 0x3f800000u;
  static constexpr Bits sqrt_half = 0x3f3504f3u;
  static constexpr Bits integer_tag = 0x4b000000u;  // of 2^23
  static constexpr float integer_bias = 8388608.0f + 127.0f;
  static constexpr float round_to_integer = 12582912.0f;  // 1.5 * 2^23
  static constexpr float ln2_high = 0.693115234375f;      // 14 bits: products with exponents are exact
  static constexpr float ln2_low = 3.194618329871446e-05f;
  static constexpr float exp_low = -87.33f;
  static constexpr float exp_high = 88.0f;
};

template <>
struct Format<double> {
  using Bits = std::uint64_t;
  static constexpr int mantissa_bits = 52;
  static constexpr Bits one = 0x3ff0000000000000u;
  static constexpr Bits sqrt_half = 0x3fe6a09e667f3bcdu;
  static constexpr Bits integer_tag = 0x4330000000000000u;  // of 2^52
  static constexpr double integer_bias = 4503599627370496.0 + 1023.0;
  static constexpr double round_to_integer = 6755399441055744.0;  // 1.5 * 2^52
  static constexpr double ln2_high = 0x1.62e42feep-1;             // 32 bits
  static constexpr double ln2_low = 0x1.a39ef35793c76p-33;
  static constexpr double exp_low = -708.39;
  static constexpr double exp_high = 709.0;
};

// A number, or what a vector consists of (base/vector.hpp): exp, expm1, mean_decay, log, log1p and pow take both.
template <class R>
struct Elements {
  using Number = R;
  using Bits = typename Format<R>::Bits;
};
template <class V>
  requires requires(V v) { v[0]; }
struct Elements<V> {
  using Number = std::remove_cvref_t<decltype(V{}[0])>;
  using Bits __attribute__((vector_size(sizeof(V)))) = typename Format<Number>::Bits;
};
template <class R>
using Number = typename Elements<R>::Number;

template <class R>
PLASTICA_FN bool is_finite(R x) {
  return x - x == R(0);
}

// The nearest integer, halves to even, for |x| < 2^22 (float) or 2^51 (double).
template <class R>
PLASTICA_FN R nearest(R x) {
  constexpr R shift = Format<R>::round_to_integer;
  return (x + shift) - shift;
}

// The exponential, split so that exp and expm1 share it: exp(x) = scale (1 + p).
template <class R>
struct SplitExp {
  R scale;
  R p;
};

// (exp(r) - 1 - r) / r^2 for |r| <= ln(2)/2.
template <class R>
PLASTICA_FN R exp_tail(R r) {
  if constexpr (std::is_same_v<Number<R>, float>) {
    return 0.5f + r * (0.166665762662f + r * (0.041666556149f + r * (0.008363203145f + r * 0.001392621314f)));
  } else {
    const R r2 = r * r;
    const R r4 = r2 * r2;
    const R low = (0.5 + r * 0.16666666666666669) + r2 * (0.04166666666662399 + r * 0.008333333333330051);
    const R high = (0.0013888888917281794 + r * 0.00019841269863105968) + r2 * (2.480152119021773e-05 + r * 2.7557268378684192e-06);
    const R top = 2.7620138719733994e-07 + r * 2.5100424157005067e-08;
    return low + r4 * (high + r4 * top);
  }
}

template <class R>
PLASTICA_FN SplitExp<R> split_exp(R x) {
  using F = Format<Number<R>>;
  using Bits = typename Elements<R>::Bits;
  // Written so that a NaN stays one.
  const R above = x < F::exp_low ? F::exp_low : x;
  const R clamped = above > F::exp_high ? F::exp_high : above;
  const R shifted = clamped * Number<R>(1.4426950408889634) + F::round_to_integer;
  const R n = shifted - F::round_to_integer;
  const R r = (clamped - n * F::ln2_high) - n * F::ln2_low;
  const Bits exponent = std::bit_cast<Bits>(shifted) << F::mantissa_bits;
  return {std::bit_cast<R>(exponent + F::one), r + r * r * exp_tail(r)};
}

// exp(x) within 1.2 units in the last place. Zero below -87.33 (float) or -708.39 (double); from 88 or 709 on it stays at the
// finite exp(88) or exp(709), so that a product with zero is zero.
template <class R>
PLASTICA_FN R exp(R x) {
  const SplitExp<R> e = split_exp(x);
  const R value = (1 + e.p) * e.scale;
  return x < Format<Number<R>>::exp_low ? 0 : value;
}

// exp(x) - 1, without cancellation for small x. Within 2 units in the last place.
template <class R>
PLASTICA_FN R expm1(R x) {
  const SplitExp<R> e = split_exp(x);
  return e.scale * e.p + (e.scale - 1);
}

// (1 - exp(-x)) / x for x >= 0. In single precision by the Pade approximant of exp(-x) with degrees 3 and 4, scaled so that the leading
// coefficients are 1: within 2.3e-7 for x < 0.8 and 3e-5 at 2, and never wrong by more than 0.05 in exp(-x); it tends to 1 / x, so that a step
// stays stable. In double precision within 1 unit in the last place up to x = 0.5, by a polynomial, and within 1.3 beyond, where expm1 is
// computed only if there is such an x.
template <class R>
PLASTICA_FN R mean_decay(R x) {
  if constexpr (std::is_same_v<Number<R>, float>) {
    const R above = 840.0f + x * (60.0f + x * (20.0f + x));
    const R below = 840.0f + x * (480.0f + x * (120.0f + x * (16.0f + x)));
    return above / below;
  } else {
    const R x2 = x * x;
    const R x4 = x2 * x2;
    const R low = (-0.5 + x * 0.16666666666666538) + x2 * (-0.04166666666658176 + x * 0.008333333331155702);
    const R high = (-0.0013888888604959755 + x * 0.00019841248546681163) + x2 * (-2.4800612832459925e-05 + x * 2.7529613436538965e-06);
    const R top = -2.7077661631340097e-07 + x * 2.0367831165025622e-08;
    const R near = 1 + x * (low + x4 * (high + x4 * top));
    const auto far = x > 0.5;
    if (any_of(far)) [[unlikely]]
      return far ? -expm1(-x) / x : near;
    return near;
  }
}

// (log((1+s)/(1-s)) - 2s) / s^3 with z = s^2, for |s| <= 0.1716.
template <class R>
PLASTICA_FN R log_tail(R z) {
  if constexpr (std::is_same_v<Number<R>, float>) {
    return 0.666666686534f + z * (0.400001227855f + z * (0.285507798194f + z * 0.233316138386f));
  } else {
    const R z2 = z * z;
    const R even = 0.3999999999989889 + z2 * (0.22222211089379496 + z2 * 0.15331611722055008);
    const R odd = 0.28571428626253836 + z2 * (0.1818289243253687 + z2 * 0.14617807153417325);
    return 0.666666666666667 + z * (even + z * odd);
  }
}

// The natural logarithm within 1 unit in the last place; -infinity at 0, NaN below.
template <class R>
PLASTICA_FN R log(R x) {
  using F = Format<Number<R>>;
  using Bits = typename Elements<R>::Bits;
  using Limits = std::numeric_limits<Number<R>>;
  // x = m 2^n with m in [sqrt(1/2), sqrt(2)).
  const Bits bits = std::bit_cast<Bits>(x);
  const Bits biased = (bits + (F::one - F::sqrt_half)) >> F::mantissa_bits;
  const R m = std::bit_cast<R>(bits - (biased << F::mantissa_bits) + F::one);
  const R n = std::bit_cast<R>(biased | F::integer_tag) - F::integer_bias;
  const R f = m - 1;
  const R s = f / (2 + f);
  const R z = s * s;
  const R half_square = Number<R>(0.5) * f * f;
  // log(1+f) = f - f^2/2 + s (f^2/2 + z tail(z)): the leading terms stay exact.
  const R small = s * (half_square + z * log_tail(z)) + n * F::ln2_low;
  const R value = n * F::ln2_high - ((half_square - small) - f);
  const R low = x < 0 ? Limits::quiet_NaN() : -Limits::infinity();
  const R positive = x < Limits::min() ? low : value;
  return x <= Limits::max() ? positive : x;
}

// log(1 + x) for x > -1.
template <class R>
PLASTICA_FN R log1p(R x) {
  const R u = 1 + x;
  const R difference = u - 1;
  const R ratio = x / (difference == 0 ? 1 : difference);
  return difference == 0 ? x : log(u) * ratio;
}

// x^y for x >= 0, with a relative error of about |y log x| units in the last place; exact for y = 0 and y = 1. pow(0, y) is 1 at
// y = 0, 0 above and the largest value of exp below.
template <class R>
PLASTICA_FN R pow(R x, R y) {
  const R general = exp(y * log(x));
  const R value = y == 1 ? x : general;
  return y == 0 ? 1 : value;
}

// pow for an exponent that is the same in a whole loop. The choice that depends on it alone is made with bits: GCC gives up on a loop with a
// selection by an invariant condition.
template <class R>
class Power {
 public:
  PLASTICA_FN explicit Power(R y) : y_(y), zero_(y == R(0) ? ~Bits{0} : Bits{0}), one_(y == R(1) ? ~Bits{0} : Bits{0}) {}

  // pow(x, y), but x itself for y = 1, whatever its sign.
  PLASTICA_FN R operator()(R x) const {
    const R general = exp(y_ * log(x < R(0) ? R(0) : x));
    const Bits chosen = std::bit_cast<Bits>(general) & ~(zero_ | one_);
    return std::bit_cast<R>(chosen | (std::bit_cast<Bits>(x) & one_) | (std::bit_cast<Bits>(R(1)) & zero_));
  }

 private:
  using Bits = typename Format<R>::Bits;
  R y_;
  Bits zero_, one_;
};

// x minus the nearest multiple of pi/2, and which quadrant that multiple is. The first three parts of pi/2 have 23 bits, so that
// their products with a multiple are exact for |x| up to 1e9.
struct Quadrant {
  double r;
  std::uint64_t n;
};

PLASTICA_FN Quadrant reduce_angle(double x) {
  constexpr double shift = Format<double>::round_to_integer;
  const double shifted = x * 0.6366197723675814 + shift;
  const double n = shifted - shift;
  const double r = (((x - n * 0x1.921fb4p+0) - n * 0x1.4442dp-24) - n * 0x1.846988p-48) - n * 0x1.8cc51701b839ap-72;
  return {r, std::bit_cast<std::uint64_t>(shifted)};
}

PLASTICA_FN double sine_of_quadrant(double r, std::uint64_t n) {
  const double z = r * r;
  const double sine_tail =
      -0.16666666666666666 +
      z * (0.008333333333330936 + z * (-0.00019841269836740527 + z * (2.7557316093196066e-06 + z * (-2.5051129895962807e-08 + z * 1.5917988944318716e-10))));
  const double cosine_tail =
      0.041666666666666664 +
      z * (-0.0013888888888887389 + z * (2.48015872987544e-05 + z * (-2.7557317265876615e-07 + z * (2.087614504910828e-09 + z * -1.1382544623404291e-11))));
  const double sine = r + r * z * sine_tail;
  const double cosine = 1.0 - (0.5 * z - z * z * cosine_tail);
  const std::uint64_t odd = 0 - (n & 1);
  const std::uint64_t magnitude = (std::bit_cast<std::uint64_t>(sine) & ~odd) | (std::bit_cast<std::uint64_t>(cosine) & odd);
  return std::bit_cast<double>(magnitude ^ ((n & 2) << 62));
}

// sin and cos of an angle in radians, |x| <= 1e9, within 3e-16. Single precision is computed in double.
template <class R>
PLASTICA_FN R sin(R x) {
  const Quadrant q = reduce_angle(static_cast<double>(x));
  return static_cast<R>(sine_of_quadrant(q.r, q.n));
}

template <class R>
PLASTICA_FN R cos(R x) {
  const Quadrant q = reduce_angle(static_cast<double>(x));
  return static_cast<R>(sine_of_quadrant(q.r, q.n + 1));
}

inline constexpr double half_log_two_pi = 0.9189385332046728;

// log(Gamma(x + 1)) minus its leading part (x + 1/2) log(x) - x + log(2 pi)/2, for x >= 8 (Stirling's series).
PLASTICA_FN double stirling_series(double x) {
  const double y = 1.0 / x;
  const double z = y * y;
  return y * (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188 - z * (691.0 / 360360 - z * (1.0 / 156)))))));
}

// log(Gamma(x)) for x > 0, within 2e-14 or 4 units in the last place, whichever is larger.
PLASTICA_FN double lgamma(double x) {
  const bool small = x < 8.0;
  const double rising = x * (x + 1) * (x + 2) * (x + 3) * (x + 4) * (x + 5) * (x + 6) * (x + 7);
  const double y = small ? x + 8.0 : x;
  const double value = (y - 0.5) * log(y) - y + half_log_two_pi + stirling_series(y);
  return value - (small ? log(rising) : 0.0);
}

// The value below which a standard normal variable falls with probability u in (0, 1). Wichura (1988), Applied Statistics 37,
// algorithm AS 241: PPND16 in double, PPND7 in single precision.
PLASTICA_FN double inverse_normal(double u) {
  const double q = u - 0.5;
  const double near = 0.180625 - q * q;
  const double tail = std::sqrt(-log(q < 0 ? u : 1.0 - u));
  const double middle = tail - 1.6;
  const double far = tail - 5.0;
  const bool is_near = near >= 0;
  const bool is_far = tail > 5.0;
  const double near_top = ((((((2509.0809287301226727 * near + 33430.575583588128105) * near + 67265.770927008700853) * near + 45921.953931549871457) * near +
                             13731.693765509461125) *
                                near +
                            1971.5909503065514427) *
                               near +
                           133.14166789178437745) *
                              near +
                          3.387132872796366608;
  const double near_bottom = ((((((5226.495278852545925 * near + 28729.085735721942674) * near + 39307.89580009271061) * near + 21213.794301586595867) * near +
                                5394.1960214247511077) *
                                   near +
                               687.1870074920579083) *
                                  near +
                              42.313330701600911252) *
                                 near +
                             1.0;
  const double middle_top =
      ((((((7.7454501427834140764e-4 * middle + 0.0227238449892691845833) * middle + 0.24178072517745061177) * middle + 1.27045825245236838258) * middle +
         3.64784832476320460504) *
            middle +
        5.7694972214606914055) *
           middle +
       4.6303378461565452959) *
          middle +
      1.42343711074968357734;
  const double middle_bottom =
      ((((((1.05075007164441684324e-9 * middle + 5.475938084995344946e-4) * middle + 0.0151986665636164571966) * middle + 0.14810397642748007459) * middle +
         0.68976733498510000455) *
            middle +
        1.6763848301838038494) *
           middle +
       2.05319162663775882187) *
          middle +
      1.0;
  const double far_top =
      ((((((2.01033439929228813265e-7 * far + 2.71155556874348757815e-5) * far + 0.0012426609473880784386) * far + 0.026532189526576123093) * far +
         0.29656057182850489123) *
            far +
        1.7848265399172913358) *
           far +
       5.4637849111641143699) *
          far +
      6.6579046435011037772;
  const double far_bottom =
      ((((((2.04426310338993978564e-15 * far + 1.4215117583164458887e-7) * far + 1.8463183175100546818e-5) * far + 7.868691311456132591e-4) * far +
         0.0148753612908506148525) *
            far +
        0.13692988092273580531) *
           far +
       0.59983220655588793769) *
          far +
      1.0;
  const double tail_top = is_far ? far_top : middle_top;
  const double tail_bottom = is_far ? far_bottom : middle_bottom;
  const double ratio = (is_near ? q * near_top : tail_top) / (is_near ? near_bottom : tail_bottom);
  return is_near ? ratio : (q < 0 ? -ratio : ratio);
}

PLASTICA_FN float inverse_normal(float u) {
  const float q = u - 0.5f;
  const float near = 0.180625f - q * q;
  const float tail = std::sqrt(-log(q < 0 ? u : 1.0f - u));
  const float middle = tail - 1.6f;
  const float far = tail - 5.0f;
  const bool is_near = near >= 0;
  const bool is_far = tail > 5.0f;
  const float near_top = ((59.109374720f * near + 159.29113202f) * near + 50.434271938f) * near + 3.3871327179f;
  const float near_bottom = ((67.187563600f * near + 78.757757664f) * near + 17.895169469f) * near + 1.0f;
  const float middle_top = ((0.17023821103f * middle + 1.3067284816f) * middle + 2.7568153900f) * middle + 1.4234372777f;
  const float middle_bottom = (0.12021132975f * middle + 0.73700164250f) * middle + 1.0f;
  const float far_top = ((0.017337203997f * far + 0.42868294337f) * far + 3.0812263860f) * far + 6.6579051150f;
  const float far_bottom = (0.012258202635f * far + 0.24197894225f) * far + 1.0f;
  const float tail_top = is_far ? far_top : middle_top;
  const float tail_bottom = is_far ? far_bottom : middle_bottom;
  const float ratio = (is_near ? q * near_top : tail_top) / (is_near ? near_bottom : tail_bottom);
  return is_near ? ratio : (q < 0 ? -ratio : ratio);
}

}  // namespace math
}  // namespace plastica::inline PLASTICA_ISA
