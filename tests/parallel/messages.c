/* airshed -- GPL-3.0-or-later. Messages are counted as they are handed over: closed forms.
 * ranks: 1 2 3 4
 */
#include "testing.h"

#include "parallel/agree.h"
#include "parallel/messages.h"
#include "parallel/row_sums.h"

static int rank;
static int size;
static struct messages_sent before;

static void start(void)
{
    before = messages_sent();
}

/* True where this rank has sent so much since start(); alone it sends nothing. */
static bool sent(int64_t messages, int64_t bytes)
{
    struct messages_sent now = messages_sent();
    bool is_alone = size == 1;
    return now.messages - before.messages == (is_alone ? 0 : messages) &&
           now.bytes - before.bytes == (is_alone ? 0 : bytes);
}

static void a_reduction_counts_the_values_of_every_rank(void **state)
{
    (void)state;
    double values[37] = {rank};
    start();
    messages_reduce(MPI_COMM_WORLD, values, 37, MPI_DOUBLE, MPI_SUM);
    assert_all(sent(1, 37 * 8));
    assert_all(values[0] == size * (size - 1) / 2.0);
}

static void a_shared_block_counts_once_for_its_root(void **state)
{
    (void)state;
    int32_t values[5] = {rank, rank, rank, rank, rank};
    int root = size - 1;
    start();
    messages_share(MPI_COMM_WORLD, root, values, 5, MPI_INT32_T);
    assert_all(rank == root ? sent(1, 5 * 4) : sent(0, 0));
    assert_all(values[4] == root);
}

static void a_gathering_counts_for_all_but_the_first(void **state)
{
    (void)state;
    int32_t own = 7 * rank;
    int32_t all[64] = {0};
    start();
    messages_gather(MPI_COMM_WORLD, &own, sizeof own, all);
    assert_all(rank == 0 ? sent(0, 0) : sent(1, 4));
    assert_all(rank != 0 || all[size - 1] == 7 * (size - 1));
}

static void a_reduction_in_flight_counts_when_it_begins(void **state)
{
    (void)state;
    int own[2] = {rank, 1};
    int all[2];
    MPI_Request request;
    start();
    messages_reduce_begin(MPI_COMM_WORLD, own, all, 2, MPI_INT, MPI_MAX, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    assert_all(sent(1, 8));
    assert_all(all[0] == size - 1 && all[1] == 1);
}

static void agreeing_costs_one_number_and_row_sums_a_number_a_row(void **state)
{
    (void)state;
    double sums[41] = {0};
    double total;
    start();
    assert_all(status_agree(MPI_COMM_WORLD, STATUS_OK) == STATUS_OK);
    assert_all(sent(1, 4));
    start();
    row_sums_total(MPI_COMM_WORLD, sums, 41, &total);
    assert_all(sent(1, 41 * 8));
    start();
    messages_meet(MPI_COMM_WORLD);
    assert_all(sent(1, 0));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_reduction_counts_the_values_of_every_rank),
    cmocka_unit_test(a_shared_block_counts_once_for_its_root),
    cmocka_unit_test(a_gathering_counts_for_all_but_the_first),
    cmocka_unit_test(a_reduction_in_flight_counts_when_it_begins),
    cmocka_unit_test(agreeing_costs_one_number_and_row_sums_a_number_a_row),
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
