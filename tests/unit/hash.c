/* airshed -- GPL-3.0-or-later. Checksums against the examples of their standards.
 * ranks: 1
 */
#include "testing.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/hash.h"

/* RFC 3720 (iSCSI), appendix B.4, and the check value of the CRC catalogue. */
static void crc32c_equals_the_standards_examples(void **state)
{
    (void)state;
    unsigned char data[32];
    assert_true(hash_crc32c("123456789", 9) == 0xE3069283U);
    memset(data, 0, sizeof data);
    assert_true(hash_crc32c(data, sizeof data) == 0x8A9136AAU);
    memset(data, 0xff, sizeof data);
    assert_true(hash_crc32c(data, sizeof data) == 0x62A8AB43U);
    for (int i = 0; i < 32; i++) {
        data[i] = (unsigned char)i;
    }
    assert_true(hash_crc32c(data, sizeof data) == 0x46DD794EU);
    assert_true(hash_crc32c(data, 0) == 0);
}

/* The definition, bit by bit. */
static uint32_t plain_crc32c(const unsigned char *data, size_t bytes)
{
    uint32_t crc = ~0U;
    for (size_t i = 0; i < bytes; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78U : 0);
        }
    }
    return ~crc;
}

static void crc32c_is_right_at_any_length_and_alignment(void **state)
{
    (void)state;
    unsigned char data[5000];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (unsigned char)(i * i * 31 + i / 7);
    }
    for (size_t start = 0; start < 9; start++) {
        for (size_t end = start; end < sizeof data; end += 1 + end / 3) {
            assert_true(hash_crc32c(data + start, end - start) ==
                        plain_crc32c(data + start, end - start));
        }
    }
}

/* FIPS 180-2, appendix B, and the empty message. */
static void sha256_equals_the_standards_examples(void **state)
{
    (void)state;
    static const char long_message[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    char hex[HASH_HEX_BYTES];
    hash_sha256_hex("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_sha256_hex("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hash_sha256_hex(long_message, strlen(long_message), hex);
    assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void write_letters(const char *path, int count)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < count; i++) {
        fputc('a', file);
    }
    assert_int_equal(fclose(file), 0);
}

static void sha256_of_a_file_is_that_of_its_bytes(void **state)
{
    (void)state;
    char path[] = "/tmp/airshed-hash-XXXXXX", hex[HASH_HEX_BYTES], expected[HASH_HEX_BYTES];
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    write_letters(path, 1000000); /* FIPS 180-2, B.3 */
    assert_int_equal(hash_file_hex(path, 0, hex), STATUS_OK);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    assert_int_equal(hash_file_hex(path, 3, hex), STATUS_OK);
    hash_sha256_hex("aaa", 3, expected);
    assert_string_equal(hex, expected);
    unlink(path);
}

static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    static const char *const paths[] = {"no/such/file", "/tmp"};
    for (int i = 0; i < 2; i++) {
        char hex[HASH_HEX_BYTES];
        failure_clear();
        assert_int_equal(hash_file_hex(paths[i], 0, hex), STATUS_DATA);
        assert_non_null(strstr(failure_message(), paths[i]));
    }
    failure_clear();
}

static void identity_follows_size_time_and_content(void **state)
{
    (void)state;
    char path[] = "/tmp/airshed-hash-XXXXXX";
    char *one = NULL, *two = NULL, *full = NULL;
    const struct timespec times[2] = {{1000, 5}, {1000, 5}}, later[2] = {{1000, 5}, {1000, 6}};
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    write_letters(path, 100000);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_int_equal(hash_file_identity(path, 0, &one), STATUS_OK);
    assert_int_equal(hash_file_identity(path, 1, &full), STATUS_OK);
    assert_non_null(strstr(one, "bytes 100000, "));
    assert_null(strstr(one, path)); /* a moved file is the same file */
    assert_true(strncmp(one, full, strlen(one)) == 0 && strlen(full) > strlen(one) + 64);
    assert_int_equal(utimensat(AT_FDCWD, path, later, 0), 0);
    assert_int_equal(hash_file_identity(path, 0, &two), STATUS_OK);
    assert_string_not_equal(one, two);
    free(one);
    free(two);
    free(full);
    unlink(path);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(crc32c_equals_the_standards_examples),
    cmocka_unit_test(crc32c_is_right_at_any_length_and_alignment),
    cmocka_unit_test(sha256_equals_the_standards_examples),
    cmocka_unit_test(sha256_of_a_file_is_that_of_its_bytes),
    cmocka_unit_test(what_cannot_be_read_is_named),
    cmocka_unit_test(identity_follows_size_time_and_content),
};

TESTING_MAIN(tests)
