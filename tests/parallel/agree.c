/* airshed -- GPL-3.0-or-later. Agreement on failures, shared bytes, sums without a partition.
 * ranks: 1 2 3 4
 */
#include "testing.h"

#include "base/memory.h"
#include "kernels/tree_sum.h"
#include "parallel/agree.h"
#include "parallel/row_sums.h"

static int rank;
static int size;

static void the_lowest_failing_rank_speaks_for_all(void **state)
{
    (void)state;
    enum status status = STATUS_OK;
    failure_clear();
    if (rank >= size / 2) {
        status = failure_record(STATUS_DATA, "x.c", 1, "rank %d cannot read", rank);
    }
    status = status_agree(MPI_COMM_WORLD, status);
    char expected[64];
    snprintf(expected, sizeof expected, "rank %d cannot read", size / 2);
    assert_all(status == STATUS_DATA);
    assert_all(strcmp(failure_message(), expected) == 0);
    failure_clear();
    assert_all(status_agree(MPI_COMM_WORLD, STATUS_OK) == STATUS_OK);
}

static void text_of_rank_0_reaches_every_rank(void **state)
{
    (void)state;
    char *text = NULL;
    if (rank == 0) {
        assert_int_equal(memory_copy_text("a journal header", &text), STATUS_OK);
    }
    assert_all(text_share(MPI_COMM_WORLD, &text) == STATUS_OK);
    assert_all(strcmp(text, "a journal header") == 0);
    free(text);
}

static void a_sum_over_rows_has_the_same_bits_whoever_owns_them(void **state)
{
    (void)state;
    enum { ROWS = 37 };
    double alone[ROWS];
    double shared[ROWS];
    for (int row = 0; row < ROWS; row++) {
        alone[row] = sin(1.0 + row) * pow(10, row % 17);
        shared[row] = row % size == rank ? alone[row] : 0.0;
    }
    double total;
    row_sums_total(MPI_COMM_WORLD, shared, ROWS, &total);
    double expected = tree_sum(alone, ROWS);
    assert_all(memcmp(&total, &expected, sizeof total) == 0);
}

static void a_tree_sum_is_closer_than_a_running_sum(void **state)
{
    (void)state;
    enum { COUNT = 1 << 16 };
    static double tenth[COUNT];
    double running = 0;
    for (int i = 0; i < COUNT; i++) {
        tenth[i] = 0.1;
        running += 0.1;
    }
    /* Equal addends in a full tree only double: exact up to the rounding of 0.1 itself. */
    assert_true(tree_sum(tenth, COUNT) == 0.1 * COUNT);
    assert_true(running != 0.1 * COUNT);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_lowest_failing_rank_speaks_for_all),
    cmocka_unit_test(text_of_rank_0_reaches_every_rank),
    cmocka_unit_test(a_sum_over_rows_has_the_same_bits_whoever_owns_them),
    cmocka_unit_test(a_tree_sum_is_closer_than_a_running_sum),
};

static int group(void)
{
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return testing_run_group(sizeof tests / sizeof tests[0], group);
}
