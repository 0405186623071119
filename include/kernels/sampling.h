/* airshed -- GPL-3.0-or-later. Uniform numbers for many uncertain parameters: keyed, Latin hypercube,
 * Sobol (P3.12). */
#ifndef AIRSHED_KERNELS_SAMPLING_H
#define AIRSHED_KERNELS_SAMPLING_H

#include <stdint.h>

enum {
    SAMPLING_BLOCK = 1024, /**< draws that lie together */
};

/** How the draws of a run fill the unit cube. All of them can be made anywhere, in any order: a number
 *  depends on (plan, parameter, draw) alone. */
enum sampling_method {
    /** Independent draws, multiples of 2^-32 and a half. A run of 100,000 begins with the draws of a run of
     *  10,000. */
    SAMPLING_RANDOM,
    /** Latin hypercubes (McKay et al. 1979): of N draws, one lies in each of the N equal parts of every
     *  parameter, in a keyed order. Sliced (Qian 2012): each whole block of SAMPLING_BLOCK draws has one in each
     *  of so many parts, too (equal ones, as far as parts of a part are not to be cut). The parts are set by N: a longer run has other draws from the first on. */
    SAMPLING_LATIN_HYPERCUBE,
    /** Sobol's sequence with Owen's scrambling: every 2^m draws fill the cube evenly (so that a block
     *  of SAMPLING_BLOCK is even), a longer run begins with the draws of a shorter one. Parameters from number SAMPLING_SOBOL_DIMENSIONS on get
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
    /** Hypercubes, or scrambled sequences, that are independent of each other; 0 counts as 1. Blocks of draws
     *  belong to them in turn: draw d to number d / SAMPLING_BLOCK % randomisations. How estimates from each
     *  of them differ tells the error of all (kernels/draw_quantiles.h). Independent draws need none. */
    int64_t randomisations;
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
 *  The order of the hypercube is made of keyed bijections (Feistel networks that walk along their
 *  cycles), so that nothing of the length of the run is stored. Direction numbers are Joe and Kuo's
 *  (2008, new-joe-kuo-6); scrambling is nested and keyed by the parameter (Owen 1995, by the hash of
 *  Laine and Karras 2011 as Burley 2020 has it), so that each draw is uniform.
 *
 *  @param[out] uniforms  [count]
 */
void sampling_uniforms(const struct sampling_plan *plan, struct sampling_parameter parameter,
                       int64_t first, int64_t count, double *uniforms);

#endif
