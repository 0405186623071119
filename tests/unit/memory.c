/* airshed -- GPL-3.0-or-later. Checked allocation.
 * ranks: 1
 */
#include "testing.h"

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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(blocks_are_zero_and_aligned),
    cmocka_unit_test(an_impossible_size_is_a_status),
};

TESTING_MAIN(tests)
