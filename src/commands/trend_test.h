/* airshed -- GPL-3.0-or-later. The trend of one cell: what `trend` finds in every cell of a map and
 * `explain` in one (P2.52). */
#ifndef AIRSHED_COMMANDS_TREND_TEST_H
#define AIRSHED_COMMANDS_TREND_TEST_H

#include "base/options.h"
#include "base/reason.h"
#include "base/status.h"
#include "grid/time_axis.h"
#include "kernels/mann_kendall.h"
#include "kernels/sen.h"
#include "kernels/trend_variants.h"
#include "step_groups.h"

/** --by, --variant, --min-valid. */
extern const struct option_spec trend_test_options[];

/** Numbers of a cell, in the order of the file. */
enum trend_map {
    TREND_S,
    TREND_Z,
    TREND_P,
    TREND_TAU,
    TREND_SLOPE,
    TREND_SLOPE_PER_DAY,
    TREND_SLOPE_LOW,
    TREND_SLOPE_HIGH,
    TREND_INTERCEPT,
    TREND_MAPS
};

/** Names of their variables. */
extern const char *const trend_map_names[TREND_MAPS];

/** Order of the choices of --variant. */
enum trend_variant {
    VARIANT_PLAIN,
    VARIANT_SEASONAL,
    VARIANT_HAMED_RAO,
    VARIANT_TREND_FREE,
    VARIANTS
};

/** What each is called in attributes. */
struct trend_variant_text {
    const char *name, *test, *references;
};
extern const struct trend_variant_text trend_variants[VARIANTS];

/** Options, groups of steps and workspaces of one rank. Read its members. */
struct trend_test {
    struct step_groups grouping;
    enum trend_variant variant;
    struct trend_seasons seasons;
    int64_t *season_start, *season_step; /* of the seasons */
    double min_valid, days_per_year;
    double *means; /**< [grouping.count] of the last cell, NaN where too few steps have a value */
    double *scratch;
    struct trend_workspace *workspace; /* NULL for the plain test */
    struct sen_workspace *sen;
};

/** What the test of one cell gives. */
struct trend_result {
    double maps[TREND_MAPS];
    int64_t used; /**< means in the test */
    enum reason reason;
};

/** Reads the options and groups the steps of @p time; all zero before.
 *  @return STATUS_USAGE for --variant seasonal with --by year */
enum status trend_test_init(const struct options *options, const struct time_axis *time,
                            struct trend_test *test);

/** Makes the workspaces, after trend_test_init(). */
enum status trend_test_create_buffers(struct trend_test *test);

/** Memory of these. */
int64_t trend_test_bytes(const struct trend_test *test);

/** Releases everything; all zero is allowed. */
void trend_test_clear(struct trend_test *test);

/** The test of a cell whose step t is series[t * stride]. */
struct trend_result trend_test_cell(struct trend_test *test, const float *series, int64_t steps,
                                    int64_t stride);

#endif
