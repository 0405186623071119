/* airshed -- GPL-3.0-or-later. inventory: distributions fitted to the samples of a value (P3.10). */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "inventory_inputs_internal.h"

#define LEAST_P 0.05 /* of the Anderson-Darling test, for a family to be a rival */

static const enum distribution_family families[] = {
    DISTRIBUTION_NORMAL, DISTRIBUTION_LOGNORMAL, DISTRIBUTION_TRIANGULAR, DISTRIBUTION_UNIFORM,
    DISTRIBUTION_BETA,   DISTRIBUTION_GAMMA,     DISTRIBUTION_WEIBULL};
enum { FAMILIES = sizeof families / sizeof families[0] };

static struct random_key test_key(const struct inventory_inputs *inputs)
{
    return (struct random_key){inputs->settings.seed, random_stream("inventory.fits")};
}

/* Beta has ends for shares alone: 0 and 1. */
static bool applies(const struct inventory_inputs *inputs, const struct inventory_value *value,
                    enum distribution_family family)
{
    return family != DISTRIBUTION_BETA ||
           inputs->model->parameters[value->parameter].kind == PARAMETER_SHARE;
}

enum status inventory_fit_choose(const struct inventory_inputs *inputs,
                                 const struct inventory_value *value, const double *sorted,
                                 enum distribution_family family, struct distribution_fit *fit)
{
    enum status status;
    struct distribution_fit fits[FAMILIES];
    enum fit_choice choice;
    double *scratch = NULL;
    int count = 0;
    if (family < DISTRIBUTION_FAMILY_COUNT) {
        *fit = distribution_fit(family, FIT_LIKELIHOOD, sorted, value->sample_count, 0, 1);
        return STATUS_OK;
    }
    TRY(memory_allocate((size_t)value->sample_count, sizeof *scratch, &scratch));
    for (int i = 0; i < FAMILIES; i++) {
        if (applies(inputs, value, families[i])) {
            fits[count] = distribution_fit(families[i], FIT_LIKELIHOOD, sorted,
                                           value->sample_count, 0, 1);
            TRY(distribution_fit_test(&fits[count], test_key(inputs), value->identity,
                                      inputs->settings.replicates, scratch));
            count++;
        }
    }
    int best = distribution_fit_choose(fits, count, LEAST_P, &choice);
    *fit = fits[best >= 0 ? best : 0];
done:
    free(scratch);
    return status;
}
