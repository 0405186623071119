/* airshed -- GPL-3.0-or-later. Checksums. */
#include "base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <isa-l/crc.h>
#include <nettle/sha2.h>

#include "base/memory.h"

enum { READ_BYTES = 1 << 20, HEADER_BYTES = 1 << 16, PIECE_BYTES = 1 << 30 };

uint32_t hash_crc32c(const void *bytes, size_t count)
{
    return hash_crc32c_append(0, bytes, count);
}

uint32_t hash_crc32c_append(uint32_t crc, const void *bytes, size_t count)
{
    /* crc32_iscsi neither inverts at the start nor at the end, and takes an int length. */
    crc = ~crc;
    const unsigned char *at = bytes;
    while (count > 0) {
        size_t piece = count < PIECE_BYTES ? count : PIECE_BYTES;
        crc = crc32_iscsi((unsigned char *)at, (int)piece, crc);
        at += piece;
        count -= piece;
    }
    return ~crc;
}

static void digest_hex(struct sha256_ctx *context, char hex[HASH_HEX_BYTES])
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
}

void hash_sha256_hex(const void *bytes, size_t count, char hex[HASH_HEX_BYTES])
{
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, count, bytes);
    digest_hex(&context, hex);
}

enum status hash_file_hex(const char *path, size_t limit, char hex[HASH_HEX_BYTES])
{
    enum status status = STATUS_OK;
    struct sha256_ctx context;
    unsigned char *buffer = NULL;
    size_t left = limit > 0 ? limit : SIZE_MAX;
    FILE *file = fopen(path, "rb");
    FAIL_IF(file == NULL, STATUS_DATA, "%s: cannot be read: %s", path, strerror(errno));
    TRY(memory_allocate(READ_BYTES, 1, &buffer));
    sha256_init(&context);
    for (size_t got = 1; got > 0 && left > 0; left -= got) {
        got = fread(buffer, 1, left < READ_BYTES ? left : READ_BYTES, file);
        sha256_update(&context, got, buffer);
    }
    FAIL_IF(ferror(file), STATUS_DATA, "%s: cannot be read: %s", path, strerror(errno));
    digest_hex(&context, hex);
done:
    if (file != NULL) {
        fclose(file);
    }
    free(buffer);
    return status;
}

enum status hash_file_identity(const char *path, int content_hash, char **identity)
{
    enum status status = STATUS_OK;
    struct stat facts;
    char header[HASH_HEX_BYTES] = "";
    char content[HASH_HEX_BYTES] = "";
    FAIL_IF(stat(path, &facts) != 0, STATUS_DATA, "%s: cannot be read: %s", path, strerror(errno));
    TRY(hash_file_hex(path, HEADER_BYTES, header));
    if (content_hash) {
        TRY(hash_file_hex(path, 0, content));
    }
    FAIL_IF(asprintf(identity, "bytes %lld, modified %lld.%09ld, header %s%s%s",
                     (long long)facts.st_size, (long long)facts.st_mtim.tv_sec,
                     facts.st_mtim.tv_nsec, header, content_hash ? ", content " : "",
                     content) < 0,
            STATUS_MEMORY, "out of memory");
done:
    return status;
}
