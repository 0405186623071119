/* airshed -- GPL-3.0-or-later. Checksums against published values.
 * ranks: 1
 */
#include "testing.h"

#include "base/hash.h"

static void crc_of_the_check_string_is_the_published_one(void **state)
{
    (void)state;
    /* RFC 3720 (iSCSI), appendix B.4, and the check value of the CRC catalogue. */
    unsigned char zeros[32] = {0};
    assert_true(hash_crc32c("123456789", 9) == 0xE3069283u);
    assert_true(hash_crc32c(zeros, sizeof zeros) == 0x8A9136AAu);
    assert_true(hash_crc32c("", 0) == 0);
}

static void sha_of_abc_is_the_published_one(void **state)
{
    (void)state;
    char hex[HASH_HEX_BYTES];
    hash_sha256_hex("abc", 3, hex); /* FIPS 180-2, appendix B.1 */
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    char hex[HASH_HEX_BYTES];
    failure_clear();
    assert_int_equal(hash_file_hex("no/such/file", 0, hex), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "no/such/file"));
    failure_clear();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(crc_of_the_check_string_is_the_published_one),
    cmocka_unit_test(sha_of_abc_is_the_published_one),
    cmocka_unit_test(a_file_that_is_not_there_is_named),
};

TESTING_MAIN(tests)
