/* airshed -- GPL-3.0-or-later. Percentiles of Monte Carlo draws. */
#include "kernels/draw_quantiles.h"

#include <math.h>
#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, PASSES = 3 };

/* Bits that sort as the numbers do: all are turned over for negative ones, the sign for others. */
static uint32_t key_of(uint32_t bits)
{
    return bits ^ (bits >> 31 != 0 ? UINT32_MAX : UINT32_C(1) << 31);
}

static uint32_t bits_of(uint32_t key)
{
    return key ^ (key >> 31 != 0 ? UINT32_C(1) << 31 : UINT32_MAX);
}

static uint32_t digit_of(uint32_t key, int pass)
{
    return key >> pass * DIGIT_BITS & (DIGITS - 1);
}

static void count_digits(const uint32_t *keys, int64_t count, int64_t start[PASSES][DIGITS])
{
    memset(start, 0, PASSES * sizeof *start);
    for (int64_t i = 0; i < count; i++) {
        for (int pass = 0; pass < PASSES; pass++) {
            start[pass][digit_of(keys[i], pass)]++;
        }
    }
    for (int pass = 0; pass < PASSES; pass++) {
        int64_t before = 0;
        for (int digit = 0; digit < DIGITS; digit++) {
            int64_t own = start[pass][digit];
            start[pass][digit] = before;
            before += own;
        }
    }
}

/* True where one pass would leave all in place: keys that share the digit. */
static int is_idle(const int64_t start[DIGITS], uint32_t digit, int64_t count)
{
    return start[digit] == 0 && (digit + 1 == DIGITS || start[digit + 1] == count);
}

void draws_sort(float *values, int64_t count, float *scratch)
{
    int64_t start[PASSES][DIGITS];
    uint32_t *from = (uint32_t *)values, *to = (uint32_t *)scratch;
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        from[i] = key_of(bits);
    }
    count_digits(from, count, start);
    for (int pass = 0; pass < PASSES; pass++) {
        if (count == 0 || is_idle(start[pass], digit_of(from[0], pass), count)) {
            continue;
        }
        for (int64_t i = 0; i < count; i++) {
            to[start[pass][digit_of(from[i], pass)]++] = from[i];
        }
        uint32_t *other = from;
        from = to;
        to = other;
    }
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits = bits_of(from[i]);
        memcpy(&values[i], &bits, sizeof bits);
    }
}

/* Between order statistics, at @p place from 0. */
static double at_place(const float *sorted, int64_t count, double place)
{
    int64_t below = (int64_t)floor(place);
    int64_t above = below + 1 < count ? below + 1 : below;
    double part = place - (double)below, low = sorted[below];
    return part > 0 ? low + part * ((double)sorted[above] - low) : low;
}

struct draw_quantile draws_quantile(const float *sorted, int64_t count, double probability)
{
    double last = (double)(count - 1);
    double place = last * probability;
    double spread = sqrt((double)count * probability * (1 - probability));
    struct draw_quantile quantile = {at_place(sorted, count, place), NAN};
    if (place - spread >= 0 && place + spread <= last) {
        quantile.error = (at_place(sorted, count, place + spread) -
                          at_place(sorted, count, place - spread)) / 2;
    }
    return quantile;
}
