/* airshed -- GPL-3.0-or-later. Pixel lanes: the block shape of kernels and their CPU clones. */
#ifndef AIRSHED_KERNELS_LANES_H
#define AIRSHED_KERNELS_LANES_H

/** Doubles beside each other in a block [time, lane]: one AVX-512 register, two of AVX2. */
enum {
    LANES = 8
};

/** Builds a function for three CPU classes; the loader picks one. The bits do not depend on the
 *  choice: sums are written in one order and fused only by __builtin_fma(). Sanitizers cannot run
 *  the loader's choice, so they get the plain build; -DKERNEL_CLONES= builds for the one class of
 * -march. */
#if defined(KERNEL_CLONES)
#elif defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define KERNEL_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define KERNEL_CLONES
#endif

/** One row of lanes as a value: sums then stay in registers. */
typedef double lane_row __attribute__((vector_size(LANES * sizeof(double)), aligned(8), may_alias));

/** Adds a x b to @p sum, fused. */
__attribute__((always_inline)) static inline void lane_row_add_product(lane_row *sum,
                                                                       const lane_row *a,
                                                                       const lane_row *b)
{
    for (int lane = 0; lane < LANES; lane++) {
        (*sum)[lane] = __builtin_fma((*a)[lane], (*b)[lane], (*sum)[lane]);
    }
}

/** Loops over the lanes as one vector operation: GCC would otherwise unroll the eight steps first
 * and then look for vectors in the wrong direction. */
#define EACH_LANE(lane) _Pragma("omp simd") for (int lane = 0; lane < LANES; lane++)

#endif
