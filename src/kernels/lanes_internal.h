/* airshed -- GPL-3.0-or-later. Elementary functions for SIMD lanes with the same bits on every CPU.
 */
#ifndef AIRSHED_KERNELS_LANES_INTERNAL_H
#define AIRSHED_KERNELS_LANES_INTERNAL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* The C library's exp() and asin() choose their code by CPU and do not vectorise. These are made of
 * correctly rounded operations only (+, -, *, sqrt, fma), so every clone, and a lane beside any
 * other, gives the same bits. */

/** Compiles a function for wide registers as well; the right one is chosen at load time. */
#define LANES_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

#define LANES_INLINE static inline __attribute__((always_inline))

/** Doubles in the widest register; arrays that lanes run over are padded to multiples of it. */
enum {
    LANES_WIDTH = 8
};

/** @p count rounded up to whole registers. */
LANES_INLINE int64_t lanes_padded(int64_t count)
{
    return (count + LANES_WIDTH - 1) / LANES_WIDTH * LANES_WIDTH;
}

/** exp(x) for x <= 0, relative error below 3e-16; x below -708 counts as -708 (3e-308).
 *
 *  x = n ln 2 + r with |r| <= ln(2)/2, ln 2 in two parts; then the Taylor series, whose first
 *  neglected term is 0.3466^14 / 14! = 4e-18.
 */
LANES_INLINE double lanes_exponential(double x)
{
    const double round_shift = 0x1.8p52; /* adding it leaves the rounded integer in the low bits */
    x = x < -708.0 ? -708.0 : x;
    double shifted = fma(x, 0x1.71547652b82fep+0, round_shift);
    double n = shifted - round_shift;
    double r = fma(-n, 0x1.62e42fefa39efp-1, x);
    r = fma(-n, 0x1.abc9e3b39803fp-56, r);
    double sum = 1.0 / 6227020800.0;
    sum = fma(sum, r, 1.0 / 479001600.0);
    sum = fma(sum, r, 1.0 / 39916800.0);
    sum = fma(sum, r, 1.0 / 3628800.0);
    sum = fma(sum, r, 1.0 / 362880.0);
    sum = fma(sum, r, 1.0 / 40320.0);
    sum = fma(sum, r, 1.0 / 5040.0);
    sum = fma(sum, r, 1.0 / 720.0);
    sum = fma(sum, r, 1.0 / 120.0);
    sum = fma(sum, r, 1.0 / 24.0);
    sum = fma(sum, r, 1.0 / 6.0);
    sum = fma(sum, r, 0.5);
    sum = fma(sum, r, 1.0);
    sum = fma(sum, r, 1.0);
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52; /* 2^n as the bits of a double */
    double power;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

/** log(x) for positive normal x, absolute error below 4e-16 (1 + |log x|).
 *
 *  x = 2^n m with m in [sqrt(1/2), sqrt(2)); log m = 2 atanh(f), f = (m - 1) / (m + 1), whose
 * series is cut after f^21: the rest is below 0.1716^23 / 11 = 3e-19.
 */
LANES_INLINE double lanes_logarithm(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    /* Adding the distance from sqrt(1/2) to 1 carries into the exponent where m would be too large.
     */
    uint64_t shifted = bits + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu);
    uint64_t exponent = shifted >> 52;
    uint64_t mantissa = bits - (exponent << 52) + (UINT64_C(1023) << 52);
    double m, n;
    memcpy(&m, &mantissa, sizeof m);
    exponent |= 0x4330000000000000u; /* an integer below 2^52 as the bits of 2^52 plus it */
    memcpy(&n, &exponent, sizeof n);
    n -= 0x1p52 + 1023;
    double f = (m - 1) / (m + 1);
    double s = f * f;
    double sum = 1.0 / 21;
    sum = fma(sum, s, 1.0 / 19);
    sum = fma(sum, s, 1.0 / 17);
    sum = fma(sum, s, 1.0 / 15);
    sum = fma(sum, s, 1.0 / 13);
    sum = fma(sum, s, 1.0 / 11);
    sum = fma(sum, s, 1.0 / 9);
    sum = fma(sum, s, 1.0 / 7);
    sum = fma(sum, s, 1.0 / 5);
    sum = fma(sum, s, 1.0 / 3);
    double half = fma(f * s, sum, f);
    return fma(n, 0x1.62e42fefa39efp-1, 2 * half);
}

/** Standard normal whose distribution function is @p u, 0 < u < 1, within 3e-6 for
 *  1e-10 < u < 1 - 1e-10: the inverse error function of Giles (2012). */
LANES_INLINE double lanes_normal(double u)
{
    double x = 2 * u - 1;
    double w = -lanes_logarithm(4 * u * (1 - u));
    double near = w - 2.5;
    double p = 2.81022636e-08;
    p = fma(p, near, 3.43273939e-07);
    p = fma(p, near, -3.5233877e-06);
    p = fma(p, near, -4.39150654e-06);
    p = fma(p, near, 0.00021858087);
    p = fma(p, near, -0.00125372503);
    p = fma(p, near, -0.00417768164);
    p = fma(p, near, 0.246640727);
    p = fma(p, near, 1.50140941);
    double far = sqrt(w < 0 ? 0 : w) - 3;
    double q = -0.000200214257;
    q = fma(q, far, 0.000100950558);
    q = fma(q, far, 0.00134934322);
    q = fma(q, far, -0.00367342844);
    q = fma(q, far, 0.00573950773);
    q = fma(q, far, -0.0076224613);
    q = fma(q, far, 0.00943887047);
    q = fma(q, far, 1.00167406);
    q = fma(q, far, 2.83297682);
    return 0x1.6a09e667f3bcdp+0 * x * (w < 5 ? p : q);
}

/** asin(u) for 0 <= u <= 1, absolute error below 4e-16.
 *
 *  Up to 1/2 by u + u^3 p(u^2), p the Chebyshev fit of degree 12 (error 2e-17); beyond that
 *  asin(u) = pi/2 - 2 asin(sqrt((1 - u) / 2)).
 */
LANES_INLINE double lanes_arc_sine(double u)
{
    double half = (1.0 - u) * 0.5;
    double near_one = sqrt(half < 0.0 ? 0.0 : half);
    double v = u > 0.5 ? near_one : u;
    double z = v * v;
    double p = 0.028757851367421566;
    p = fma(p, z, -0.014851887071247204);
    p = fma(p, z, 0.01740087944269402);
    p = fma(p, z, 0.005457506718640358);
    p = fma(p, z, 0.01032281435018578);
    p = fma(p, z, 0.011479177415184906);
    p = fma(p, z, 0.013971212973552933);
    p = fma(p, z, 0.017352392720869973);
    p = fma(p, z, 0.02237217294214989);
    p = fma(p, z, 0.030381944138531247);
    p = fma(p, z, 0.04464285714635543);
    p = fma(p, z, 0.07499999999998433);
    p = fma(p, z, 0.16666666666666669);
    double arc = fma(v * z, p, v);
    return u > 0.5 ? fma(-2.0, arc, 0x1.921fb54442d18p+0) : arc;
}

#endif
