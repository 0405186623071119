/* airshed -- GPL-3.0-or-later. Checksums: CRC-32C for items, SHA-256 for identity. */
#ifndef AIRSHED_BASE_HASH_H
#define AIRSHED_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/** Bytes of a SHA-256 as text with its final zero. */
enum { HASH_HEX_BYTES = 65 };

/** CRC-32C (Castagnoli; "123456789" gives E3069283), by ISA-L. */
uint32_t hash_crc32c(const void *bytes, size_t count);

/** CRC-32C of what @p crc is of, followed by @p bytes; 0 is the CRC of nothing. */
uint32_t hash_crc32c_append(uint32_t crc, const void *bytes, size_t count);

/** SHA-256 of @p bytes as 64 hexadecimal digits, by Nettle. */
void hash_sha256_hex(const void *bytes, size_t count, char hex[HASH_HEX_BYTES]);

/** SHA-256 of the first @p limit bytes of a file (0: all of it).
 *  @return STATUS_DATA naming the file where it cannot be read */
enum status hash_file_hex(const char *path, size_t limit, char hex[HASH_HEX_BYTES]);

/** What identifies a file for a fingerprint: size, modification time, SHA-256 of its first 64 KiB,
 *  and with @p content_hash of all of it. Its path is not in it. Released with free(). */
enum status hash_file_identity(const char *path, int content_hash, char **identity);

#endif
