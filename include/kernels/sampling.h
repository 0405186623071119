/* airshed -- GPL-3.0-or-later. Uniform numbers for many uncertain parameters: keyed, Latin hypercube,
 * Sobol (P3.12). */
#ifndef AIRSHED_KERNELS_SAMPLING_H
#define AIRSHED_KERNELS_SAMPLING_H

#include <stdint.h>

/** Draws that lie together: those that rank correlation puts into another order (kernels/iman_conover.h). */
enum {
    SAMPLING_BLOCK = 1024
};

/** How the draws of a run fill the unit cube. All of them can be made anywhere, in any order: a number
 *  depends on (plan, parameter, draw) alone. */
enum sampling_method {
    /** Independent draws, multiples of 2^-32 and a half. A run of 100,000 begins with the draws of a run of
     *  10,000. */
    SAMPLING_RANDOM,
    /** Latin hypercube (McKay et al. 1979): of N draws, one lies in each of the N equal parts of every
     *  parameter, in a keyed order. The parts are set by N: a longer run has other draws from the first
     *  on, and a run that stops early is no Latin hypercube. */
    SAMPLING_LATIN_HYPERCUBE,
    /** Sobol's sequence with Owen's scrambling: every 2^m draws fill the cube evenly, a longer run begins
     *  with the draws of a shorter one. Parameters from number SAMPLING_SOBOL_DIMENSIONS on get
     *  independent draws. Up to 2^32 draws, which are multiples of 2^-32 and a half. */
    SAMPLING_SOBOL,
};

enum {
    SAMPLING_SOBOL_DIMENSIONS = 1024
};

/** A whole run. A plain value. */
struct sampling_plan {
    enum sampling_method method;
    uint32_t seed;
    int64_t draws; /**< of the run, >= 1; counts for the Latin hypercube alone */
};

/** What keys the draws of a parameter. */
struct sampling_parameter {
    uint64_t item; /**< from sampling_item(): draws stay when other parameters come and go */
    int64_t
        dimension; /**< from 0, different for each parameter: where the sequence of Sobol is best
                            is at the first ones, so that these are for what matters most */
};

/** The number of a parameter called @p name: FNV-1a, 64 bits. */
uint64_t sampling_item(const char *name);

/** "random", "latin" or "sobol". */
const char *sampling_method_name(enum sampling_method method);

/** Draws [@p first, @p first + @p count) of @p parameter, in (0, 1).
 *
 *  The order of the hypercube is a keyed bijection of [0, draws) (a Feistel network that walks along its
 *  cycles), so that nothing of the length of the run is stored. Direction numbers are Joe and Kuo's
 *  (2008, new-joe-kuo-6); scrambling is nested and keyed by the parameter (Owen 1995, by the hash of
 *  Laine and Karras 2011 as Burley 2020 has it), so that each draw is uniform.
 *
 *  Standard errors of independent draws (kernels/draw_quantiles.h) are upper bounds in practice for the
 *  two other methods, not estimates.
 *
 *  @param[out] uniforms  [count]
 */
void sampling_uniforms(const struct sampling_plan *plan, struct sampling_parameter parameter,
                       int64_t first, int64_t count, double *uniforms);

#endif
