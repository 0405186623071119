/* airshed -- GPL-3.0-or-later. Moments and percentiles of Monte Carlo draws. */
#include "kernels/draw_quantiles.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/lanes.h"

/* ---- moments ------------------------------------------------------------------------------ */

enum {
    WIDTH = 2 * LANES
};

KERNEL_CLONES
void draws_differences(const double *values, int64_t count, double point, float *differences)
{
    for (int64_t i = 0; i < count; i++) {
        differences[i] = (float)(values[i] - point);
    }
}

static double add_lanes(const double *lanes)
{
    double sum = 0;
    for (int lane = 0; lane < WIDTH; lane++) {
        sum += lanes[lane];
    }
    return sum;
}

KERNEL_CLONES
static double sum_of(const float *values, int64_t count)
{
    double sums[WIDTH] = {0};
    int64_t i = 0;
    for (; i + WIDTH <= count; i += WIDTH) {
        for (int lane = 0; lane < WIDTH; lane++) {
            sums[lane] += (double)values[i + lane];
        }
    }
    for (int lane = 0; i < count; i++, lane++) {
        sums[lane] += (double)values[i];
    }
    return add_lanes(sums);
}

KERNEL_CLONES
static double squares_of(const float *values, int64_t count, double mean)
{
    double sums[WIDTH] = {0};
    int64_t i = 0;
    for (; i + WIDTH <= count; i += WIDTH) {
        for (int lane = 0; lane < WIDTH; lane++) {
            double apart = (double)values[i + lane] - mean;
            sums[lane] += apart * apart;
        }
    }
    for (int lane = 0; i < count; i++, lane++) {
        double apart = (double)values[i] - mean;
        sums[lane] += apart * apart;
    }
    return add_lanes(sums);
}

KERNEL_CLONES
static void extremes_of(const float *values, int64_t count, float *low, float *high)
{
    float lows[WIDTH], highs[WIDTH];
    int64_t i = 0;
    for (int lane = 0; lane < WIDTH; lane++) {
        lows[lane] = highs[lane] = values[0];
    }
    for (; i + WIDTH <= count; i += WIDTH) {
        for (int lane = 0; lane < WIDTH; lane++) {
            float value = values[i + lane];
            lows[lane] = value < lows[lane] ? value : lows[lane];
            highs[lane] = value > highs[lane] ? value : highs[lane];
        }
    }
    for (; i < count; i++) {
        lows[0] = values[i] < lows[0] ? values[i] : lows[0];
        highs[0] = values[i] > highs[0] ? values[i] : highs[0];
    }
    *low = lows[0];
    *high = highs[0];
    for (int lane = 1; lane < WIDTH; lane++) {
        *low = lows[lane] < *low ? lows[lane] : *low;
        *high = highs[lane] > *high ? highs[lane] : *high;
    }
}

struct draw_moments draws_moments(const float *values, int64_t count)
{
    struct draw_moments moments = {NAN, NAN, NAN, NAN};
    if (count > 0) {
        moments.mean = sum_of(values, count) / (double)count;
        extremes_of(values, count, &moments.low, &moments.high);
    }
    if (count > 1) {
        moments.sd = sqrt(squares_of(values, count, moments.mean) / (double)(count - 1));
    }
    return moments;
}

/* ---- sorting ------------------------------------------------------------------------------ */

enum {
    DIGIT_BITS = 11,
    DIGITS = 1 << DIGIT_BITS,
    PASSES = 3,
    FEW = 96
};

/* Bits that sort as the numbers do: all are turned over for negative ones, the sign for others. */
static uint32_t key_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits ^ (bits >> 31 != 0 ? UINT32_MAX : UINT32_C(1) << 31);
}

static uint32_t digit_of(float value, int pass)
{
    return key_of(value) >> pass * DIGIT_BITS & (DIGITS - 1);
}

static void sort_few(float *values, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        float value = values[i];
        int64_t at = i;
        for (; at > 0 && values[at - 1] > value; at--) {
            values[at] = values[at - 1];
        }
        values[at] = value;
    }
}

/* A radix sort. @p room [count]. */
static void sort_many(float *values, int64_t count, float *room)
{
    int64_t start[DIGITS];
    float *from = values, *to = room;
    for (int pass = 0; pass < PASSES; pass++) {
        int64_t before = 0;
        memset(start, 0, sizeof start);
        for (int64_t i = 0; i < count; i++) {
            start[digit_of(from[i], pass)]++;
        }
        for (int digit = 0; digit < DIGITS; digit++) {
            int64_t own = start[digit];
            start[digit] = before;
            before += own;
        }
        for (int64_t i = 0; i < count; i++) {
            to[start[digit_of(from[i], pass)]++] = from[i];
        }
        float *other = from;
        from = to;
        to = other;
    }
    memcpy(values, from, (size_t)count * sizeof *values); /* an odd number of passes */
}

/* ---- order statistics --------------------------------------------------------------------- */

enum {
    PARTS = 1024
};

/* Values by parts of their range; those that are wanted lie sorted in room. */
struct parts {
    int64_t first[PARTS + 1]; /* rank of the first value of each part */
    int64_t place[PARTS];     /* in room, of the parts that are wanted */
    bool is_wanted[PARTS];
    uint16_t *part; /* [count], of each value; gone when parts are sorted */
    float *room;
};

/* A value's part never lies before that of a smaller one. */
KERNEL_CLONES
static void find_parts(const float *values, int64_t count, double low, double scale, uint16_t *part)
{
    for (int64_t i = 0; i < count; i++) {
        int32_t found = (int32_t)(((double)values[i] - low) * scale);
        part[i] = (uint16_t)(found < PARTS ? found : PARTS - 1);
    }
}

/* Four counts side by side, so that equal neighbours do not wait for one another. */
static void count_parts(struct parts *parts, int64_t count)
{
    enum {
        BESIDE = 4
    };
    int64_t counts[BESIDE][PARTS] = {{0}};
    int64_t i = 0;
    for (; i + BESIDE <= count; i += BESIDE) {
        for (int k = 0; k < BESIDE; k++) {
            counts[k][parts->part[i + k]]++;
        }
    }
    for (; i < count; i++) {
        counts[0][parts->part[i]]++;
    }
    parts->first[0] = 0;
    for (int part = 0; part < PARTS; part++) {
        parts->first[part + 1] = parts->first[part] + counts[0][part] + counts[1][part] +
                                 counts[2][part] + counts[3][part];
    }
}

/* The part that holds the value of a rank. */
static int part_of_rank(const struct parts *parts, int64_t rank)
{
    int part = 0;
    for (int step = PARTS / 2; step > 0; step /= 2) {
        part += parts->first[part + step] <= rank ? step : 0;
    }
    return part;
}

/* The places that a quantile needs: itself and one standard error to either side. */
struct places {
    double own, below, above;
    bool has_error;
};

static struct places places_of(int64_t count, double probability)
{
    double last = (double)(count - 1), own = last * probability;
    double spread = sqrt((double)count * probability * (1 - probability));
    return (struct places){own, own - spread, own + spread,
                           own - spread >= 0 && own + spread <= last};
}

static void want_place(struct parts *parts, double place, int64_t count)
{
    int64_t rank = (int64_t)floor(place);
    parts->is_wanted[part_of_rank(parts, rank)] = true;
    if (rank + 1 < count) {
        parts->is_wanted[part_of_rank(parts, rank + 1)] = true;
    }
}

static void gather(struct parts *parts, const float *values, int64_t count)
{
    int64_t room = 0, next[PARTS];
    for (int part = 0; part < PARTS; part++) {
        parts->place[part] = next[part] = room;
        room += parts->is_wanted[part] ? parts->first[part + 1] - parts->first[part] : 0;
    }
    for (int64_t i = 0; i < count; i++) {
        int part = parts->part[i];
        if (parts->is_wanted[part]) {
            parts->room[next[part]++] = values[i];
        }
    }
    for (int part = 0; part < PARTS; part++) {
        int64_t own = parts->first[part + 1] - parts->first[part];
        if (parts->is_wanted[part] && own <= FEW) {
            sort_few(parts->room + parts->place[part], own);
        } else if (parts->is_wanted[part]) {
            sort_many(parts->room + parts->place[part], own, parts->room + count);
        }
    }
}

static double at_rank(const struct parts *parts, int64_t rank)
{
    int part = part_of_rank(parts, rank);
    return (double)parts->room[parts->place[part] + rank - parts->first[part]];
}

static double at_place(const struct parts *parts, double place)
{
    int64_t below = (int64_t)floor(place);
    double part = place - (double)below, low = at_rank(parts, below);
    double high = part > 0 ? at_rank(parts, below + 1) : low;
    return high > low ? low + part * (high - low) : low;
}

void draws_quantiles(const float *values, int64_t count, const struct draw_moments *moments,
                     const double *probabilities, int wanted, float *room,
                     struct draw_quantile *found)
{
    struct parts parts = {.room = room, .part = (uint16_t *)(room + count)};
    struct places places[DRAW_QUANTILES_MAX];
    double low = (double)moments->low, high = (double)moments->high;
    double scale = PARTS / (high - low);
    if (isfinite(low) && isfinite(high) && isfinite(scale)) {
        find_parts(values, count, low, scale, parts.part);
    } else { /* equal values, or infinite ones: all in one part */
        memset(parts.part, 0, (size_t)count * sizeof *parts.part);
    }
    count_parts(&parts, count);
    for (int i = 0; i < wanted; i++) {
        places[i] = places_of(count, probabilities[i]);
        want_place(&parts, places[i].own, count);
        if (places[i].has_error) {
            want_place(&parts, places[i].below, count);
            want_place(&parts, places[i].above, count);
        }
    }
    gather(&parts, values, count);
    for (int i = 0; i < wanted; i++) {
        found[i] = (struct draw_quantile){at_place(&parts, places[i].own), NAN};
        if (places[i].has_error) {
            found[i].error =
                (at_place(&parts, places[i].above) - at_place(&parts, places[i].below)) / 2;
        }
    }
}

/* ---- randomisations ----------------------------------------------------------------------- */

/** What the draws of one randomisation, or of all, add up to. */
struct tally {
    double numbers, sum; /* of differences from the mean */
    double below[DRAW_QUANTILES_MAX];
};

KERNEL_CLONES
static double sum_of_numbers(const float *values, int64_t count, double mean, int64_t *numbers)
{
    double sums[WIDTH] = {0};
    int64_t found = 0, i = 0;
    for (; i + WIDTH <= count; i += WIDTH) {
        for (int lane = 0; lane < WIDTH; lane++) {
            bool is_number = !isnan(values[i + lane]);
            sums[lane] += is_number ? (double)values[i + lane] - mean : 0;
            found += is_number;
        }
    }
    for (int lane = 0; i < count; i++, lane++) {
        sums[lane] += isnan(values[i]) ? 0 : (double)values[i] - mean;
        found += !isnan(values[i]);
    }
    *numbers = found;
    return add_lanes(sums);
}

KERNEL_CLONES
static int64_t count_below(const float *values, int64_t count, double most)
{
    int64_t found = 0;
    for (int64_t i = 0; i < count; i++) {
        found += (double)values[i] <= most;
    }
    return found;
}

static void add_block(const float *values, int64_t count, double mean,
                      const struct draw_quantile *found, int wanted, struct tally *tally)
{
    int64_t numbers;
    tally->sum += sum_of_numbers(values, count, mean, &numbers);
    tally->numbers += (double)numbers;
    for (int k = 0; k < wanted; k++) {
        tally->below[k] += (double)count_below(values, count, found[k].value);
    }
}

/* The standard errors that the tallies of all randomisations tell. */
static void errors_of(const struct tally *tallies, int64_t randomisations,
                      const double *probabilities, int wanted, struct draw_quantile *found,
                      double *mean_error)
{
    struct tally all = {0};
    double squares = 0, apart = 0, apart_below[DRAW_QUANTILES_MAX] = {0};
    for (int64_t r = 0; r < randomisations; r++) {
        all.numbers += tallies[r].numbers;
        for (int k = 0; k < wanted; k++) {
            all.below[k] += tallies[r].below[k];
        }
    }
    for (int64_t r = 0; r < randomisations; r++) {
        double part = tallies[r].numbers / all.numbers;
        squares += part * part;
        apart += tallies[r].sum * tallies[r].sum;
        for (int k = 0; k < wanted; k++) {
            double more = tallies[r].below[k] - part * all.below[k];
            apart_below[k] += more * more;
        }
    }
    double freedom = squares < 1 ? 1 - squares : NAN;
    *mean_error = sqrt(apart / freedom) / all.numbers;
    for (int k = 0; k < wanted; k++) {
        double binomial = all.numbers * probabilities[k] * (1 - probabilities[k]);
        found[k].error *= sqrt(apart_below[k] / freedom / binomial);
    }
}

/* Draws from number @p first on, each to the tally of its randomisation. */
static void tally_draws(const float *values, int64_t first, int64_t count,
                        const struct draw_turns *turns, double mean,
                        const struct draw_quantile *found, int wanted, struct tally *tallies)
{
    for (int64_t start = 0, length; start < count; start += length) {
        int64_t draw = first + start, left = turns->block - draw % turns->block;
        length = count - start < left ? count - start : left;
        add_block(values + start, length, mean, found, wanted,
                  &tallies[draw / turns->block % turns->randomisations]);
    }
}

void draws_errors_between(const float *values, int64_t count, const struct draw_turns *turns,
                          double mean, const double *probabilities, int wanted,
                          struct draw_quantile *found, double *mean_error)
{
    struct tally tallies[DRAW_RANDOMISATIONS_MAX] = {{0}};
    tally_draws(values, 0, count, turns, mean, found, wanted, tallies);
    errors_of(tallies, turns->randomisations, probabilities, wanted, found, mean_error);
}

/* ---- streams ------------------------------------------------------------------------------ */

enum {
    HALF_BITS = 16,
    HALF_KEYS = 1 << HALF_BITS,
    RANKS = 6 /* that a quantile needs: two for each of its places */
};

enum stream_pass {
    PASS_FIRST_BITS,
    PASS_LAST_BITS,
    PASS_ERRORS
};

/** A number's key has a first and a last half. */
struct draw_stream {
    double probabilities[DRAW_QUANTILES_MAX];
    int wanted;
    bool has_turns;
    struct draw_turns turns;
    enum stream_pass pass;
    int64_t next; /* draw */
    int64_t numbers;
    double sums[WIDTH], mean, sd, mean_error; /* lanes by number of the draw, however it comes */
    int64_t *begins;                          /* [HALF_KEYS], numbers with such a first half */
    int16_t *half_of; /* [HALF_KEYS], where the last halves of these are counted; -1: nowhere */
    int64_t *ends;    /* [half_count, HALF_KEYS] */
    int half_count;
    struct draw_quantile found[DRAW_QUANTILES_MAX];
    struct tally tallies[DRAW_RANDOMISATIONS_MAX];
};

enum status draw_stream_create(const double *probabilities, int wanted,
                               const struct draw_turns *turns, struct draw_stream **out)
{
    enum status status;
    struct draw_stream *stream = NULL;
    TRY(memory_allocate(1, sizeof *stream, &stream));
    TRY(memory_allocate(HALF_KEYS, sizeof *stream->begins, &stream->begins));
    TRY(memory_allocate(HALF_KEYS, sizeof *stream->half_of, &stream->half_of));
    TRY(memory_allocate((size_t)(RANKS * wanted) * HALF_KEYS, sizeof *stream->ends, &stream->ends));
    memset(stream->half_of, -1, HALF_KEYS * sizeof *stream->half_of);
    memcpy(stream->probabilities, probabilities, (size_t)wanted * sizeof *probabilities);
    stream->wanted = wanted;
    stream->has_turns = turns != NULL;
    stream->turns = turns != NULL ? *turns : (struct draw_turns){1, 1};
    stream->mean = stream->sd = stream->mean_error = NAN;
    for (int k = 0; k < wanted; k++) {
        stream->found[k] = (struct draw_quantile){NAN, NAN};
    }
    *out = stream;
    stream = NULL;
done:
    draw_stream_destroy(&stream);
    return status;
}

void draw_stream_destroy(struct draw_stream **stream)
{
    struct draw_stream *own = *stream;
    if (own == NULL) {
        return;
    }
    free(own->ends);
    free(own->begins);
    free(own->half_of);
    free(own);
    *stream = NULL;
}

static float value_of(uint32_t key)
{
    uint32_t bits = key ^ (key >> 31 != 0 ? UINT32_C(1) << 31 : UINT32_MAX);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void take_first_bits(struct draw_stream *stream, const float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (!isnan(values[i])) {
            stream->begins[key_of(values[i]) >> HALF_BITS]++;
            stream->sums[(stream->next + i) % WIDTH] += (double)values[i];
            stream->numbers++;
        }
    }
}

static void take_last_bits(struct draw_stream *stream, const float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (!isnan(values[i])) {
            uint32_t key = key_of(values[i]);
            int half = stream->half_of[key >> HALF_BITS];
            double apart = (double)values[i] - stream->mean;
            stream->sums[(stream->next + i) % WIDTH] += apart * apart;
            if (half >= 0) {
                stream->ends[(int64_t)half * HALF_KEYS + (key & (HALF_KEYS - 1))]++;
            }
        }
    }
}

void draw_stream_take(struct draw_stream *stream, const float *values, int64_t count)
{
    if (stream->pass == PASS_FIRST_BITS) {
        take_first_bits(stream, values, count);
    } else if (stream->pass == PASS_LAST_BITS) {
        take_last_bits(stream, values, count);
    } else {
        tally_draws(values, stream->next, count, &stream->turns, stream->mean, stream->found,
                    stream->wanted, stream->tallies);
    }
    stream->next += count;
}

/* The first half of the key that the number of a rank has, and how many numbers have smaller ones. */
static uint32_t begins_of(const struct draw_stream *stream, int64_t rank, int64_t *before)
{
    uint32_t begins = 0;
    *before = 0;
    while (*before + stream->begins[begins] <= rank) {
        *before += stream->begins[begins++];
    }
    return begins;
}

static void want_begins(struct draw_stream *stream, double place)
{
    int64_t before, rank = (int64_t)floor(place);
    for (int64_t one = rank; one <= rank + 1 && one < stream->numbers; one++) {
        uint32_t begins = begins_of(stream, one, &before);
        if (stream->half_of[begins] < 0) {
            stream->half_of[begins] = (int16_t)stream->half_count++;
        }
    }
}

static double stream_at_rank(const struct draw_stream *stream, int64_t rank)
{
    int64_t before;
    uint32_t begins = begins_of(stream, rank, &before), ends = 0;
    const int64_t *counts = stream->ends + (int64_t)stream->half_of[begins] * HALF_KEYS;
    while (before + counts[ends] <= rank) {
        before += counts[ends++];
    }
    return (double)value_of(begins << HALF_BITS | ends);
}

static double stream_at_place(const struct draw_stream *stream, double place)
{
    int64_t below = (int64_t)floor(place);
    double part = place - (double)below, low = stream_at_rank(stream, below);
    double high = part > 0 ? stream_at_rank(stream, below + 1) : low;
    return high > low ? low + part * (high - low) : low;
}

static void end_first_bits(struct draw_stream *stream)
{
    stream->mean = add_lanes(stream->sums) / (double)stream->numbers;
    memset(stream->sums, 0, sizeof stream->sums);
    for (int k = 0; k < stream->wanted; k++) {
        struct places places = places_of(stream->numbers, stream->probabilities[k]);
        want_begins(stream, places.own);
        if (places.has_error) {
            want_begins(stream, places.below);
            want_begins(stream, places.above);
        }
    }
}

static void end_last_bits(struct draw_stream *stream)
{
    double numbers = (double)stream->numbers;
    stream->sd = stream->numbers > 1 ? sqrt(add_lanes(stream->sums) / (numbers - 1)) : NAN;
    stream->mean_error = stream->sd / sqrt(numbers);
    for (int k = 0; k < stream->wanted; k++) {
        struct places places = places_of(stream->numbers, stream->probabilities[k]);
        stream->found[k].value = stream_at_place(stream, places.own);
        if (places.has_error) {
            stream->found[k].error =
                (stream_at_place(stream, places.above) - stream_at_place(stream, places.below)) / 2;
        }
    }
}

bool draw_stream_next(struct draw_stream *stream)
{
    bool goes_on = stream->numbers > 0;
    stream->next = 0;
    if (goes_on && stream->pass == PASS_FIRST_BITS) {
        end_first_bits(stream);
        stream->pass = PASS_LAST_BITS;
    } else if (goes_on && stream->pass == PASS_LAST_BITS) {
        end_last_bits(stream);
        stream->pass = PASS_ERRORS;
        goes_on = stream->has_turns;
    } else if (goes_on) {
        errors_of(stream->tallies, stream->turns.randomisations, stream->probabilities,
                  stream->wanted, stream->found, &stream->mean_error);
        goes_on = false;
    }
    return goes_on;
}

int64_t draw_stream_found(const struct draw_stream *stream, double *mean, double *sd,
                          double *mean_error, struct draw_quantile *found)
{
    *mean = stream->mean;
    *sd = stream->sd;
    *mean_error = stream->mean_error;
    memcpy(found, stream->found, (size_t)stream->wanted * sizeof *found);
    return stream->numbers;
}
