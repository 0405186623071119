/* airshed -- GPL-3.0-or-later. Checked allocation.
 * ranks: 1
 */
#include "testing.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"

static void blocks_are_zero_and_aligned(void **state)
{
    (void)state;
    double *block = NULL;
    assert_int_equal(memory_allocate(17, sizeof *block, &block), STATUS_OK);
    assert_int_equal((uintptr_t)block % MEMORY_ALIGNMENT, 0);
    for (int i = 0; i < 17; i++) {
        assert_true(block[i] == 0.0);
    }
    free(block);
}

static void an_impossible_size_is_a_status(void **state)
{
    (void)state;
    void *block = &block;
    failure_clear();
    assert_int_equal(memory_allocate(SIZE_MAX, 8, &block), STATUS_MEMORY);
    assert_null(block);
    assert_non_null(strstr(failure_message(), "--memory"));
    failure_clear();
}

/* Other memory of the process moves by far less than the block. */
static void a_peak_can_begin_anew(void **state)
{
    (void)state;
    enum { BLOCK_BYTES = 64 << 20, SLACK_BYTES = 8 << 20 };
    int64_t low = memory_peak_bytes();
    char *block = mmap(NULL, BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(block != MAP_FAILED);
    memset(block, 1, BLOCK_BYTES);
    int64_t high = memory_peak_bytes();
    assert_in_range(high - low, BLOCK_BYTES - SLACK_BYTES, BLOCK_BYTES + SLACK_BYTES);
    munmap(block, BLOCK_BYTES);
    if (access("/proc/self/clear_refs", W_OK) != 0) {
        testing_skip();
        return;
    }
    memory_peak_reset();
    assert_true(memory_peak_bytes() < high - BLOCK_BYTES + SLACK_BYTES);
    assert_true(memory_peak_ever_bytes() >= high - SLACK_BYTES); /* counted by CPU, summed late */
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_peak_can_begin_anew), /* first: a peak below that of others hides the block */
    cmocka_unit_test(blocks_are_zero_and_aligned),
    cmocka_unit_test(an_impossible_size_is_a_status),
};

TESTING_MAIN(tests)
