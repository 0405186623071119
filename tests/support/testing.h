/* airshed -- GPL-3.0-or-later. Unit and parallel tests: cmocka, MPI, the closing line.
 *
 * A test file ends with TESTING_MAIN(tests) and carries a line "ranks: 1 2 3 4" in its head comment. On several ranks use assert_all(),
 * which is collective; plain cmocka assertions only on values equal on every rank.
 */
#ifndef AIRSHED_TESTS_TESTING_H
#define AIRSHED_TESTS_TESTING_H

#include <math.h>
#include <mpi.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int testing_skipped;

/** True on every rank, or the test fails on every rank together. Collective. */
#define assert_all(expression) testing_assert_all((expression) != 0, #expression, __FILE__, __LINE__)

static inline void testing_assert_all(int holds, const char *text, const char *file, int line)
{
    int bad = holds ? 0 : 1;
    int any = 0;
    MPI_Allreduce(&bad, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    if (any) {
        if (bad) {
            int rank;
            MPI_Comm_rank(MPI_COMM_WORLD, &rank);
            fprintf(stderr, "%s:%d: '%s' is false on rank %d\n", file, line, text, rank);
        }
        _fail(file, line);
    }
}

/** Fails unless |got - expected| <= tolerance in all @p count elements; prints the largest
 *  difference. NaN equals NaN. */
#define assert_close(got, expected, count, tolerance)                                              \
    testing_assert_close(got, expected, count, tolerance, __FILE__, __LINE__)

static inline void testing_assert_close(const double *got, const double *expected, size_t count,
                                        double tolerance, const char *file, int line)
{
    double largest = 0;
    size_t where = 0;
    for (size_t i = 0; i < count; i++) {
        double difference = fabs(got[i] - expected[i]);
        if (isnan(got[i]) != isnan(expected[i])) {
            difference = INFINITY;
        }
        if (difference > largest) {
            largest = difference;
            where = i;
        }
    }
    if (!(largest <= tolerance)) {
        fprintf(stderr, "%s:%d: largest difference %.3g at %zu (got %.17g, expected %.17g), "
                "tolerance %.3g\n",
                file, line, largest, where, got[where], expected[where], tolerance);
        _fail(file, line);
    }
}

/** Path of a file under the shared data folder, or NULL where the folder is absent: the caller
 *  then calls testing_skip() and returns. */
static inline const char *testing_shared(const char *relative)
{
    static char path[4][4096];
    static int next;
    const char *root = getenv("AIRSHED_SHARED");
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", root != NULL ? root : "../shared", relative);
    return access(out, R_OK) == 0 ? out : NULL;
}

static inline void testing_skip(void)
{
    testing_skipped++;
}

static inline int testing_run_group(size_t count, int (*group)(void))
{
    int threads;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &threads);
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank > 0) {
        cmocka_set_message_output(CM_OUTPUT_SUBUNIT);
        if (freopen("/dev/null", "w", stdout) == NULL) {
            return 1;
        }
    }
    int failed = group();
    int most = 0;
    MPI_Allreduce(&failed, &most, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    if (rank == 0) {
        fflush(stdout);
        printf("%d passed, %d failed, %d skipped\n", (int)count - most - testing_skipped, most,
               testing_skipped);
        fflush(stdout);
    }
    MPI_Finalize();
    return most != 0;
}

/** Defines main() over the array `tests`. */
#define TESTING_MAIN(array)                                                                        \
    static int testing_group(void)                                                                 \
    {                                                                                              \
        return cmocka_run_group_tests(array, NULL, NULL);                                          \
    }                                                                                              \
    int main(void)                                                                                 \
    {                                                                                              \
        return testing_run_group(sizeof(array) / sizeof((array)[0]), testing_group);               \
    }

#endif
