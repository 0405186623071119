/* airshed -- GPL-3.0-or-later. Checked allocation. */
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Blocks that are walked through step by step touch a page a step: large pages spare the look-ups. */
enum { HUGE_PAGE_BYTES = 2 << 20, HUGE_FROM_BYTES = 8 << 20 };

enum status memory_allocate(size_t count, size_t element_bytes, void *block)
{
    void **out = block;
    size_t bytes = 0;
    *out = NULL;
    if (!__builtin_mul_overflow(count, element_bytes, &bytes) &&
        bytes <= SIZE_MAX - MEMORY_ALIGNMENT) {
        size_t alignment = bytes < HUGE_FROM_BYTES ? MEMORY_ALIGNMENT : HUGE_PAGE_BYTES;
        size_t rounded = (bytes / MEMORY_ALIGNMENT + 1) * MEMORY_ALIGNMENT;
        /* Not aligned_alloc(): the size need not be a multiple of the alignment here. */
        if (posix_memalign(out, alignment, rounded) == 0) {
            if (bytes >= HUGE_FROM_BYTES) {
                madvise(*out, rounded, MADV_HUGEPAGE); /* advice: it may be refused */
            }
            memset(*out, 0, rounded);
            return STATUS_OK;
        }
    }
    return failure_record(STATUS_MEMORY, __FILE__, __LINE__,
                          "cannot allocate %.1f MB: lower --memory or use fewer ranks per node",
                          (double)count * (double)element_bytes / 1e6);
}

enum status memory_copy_text(const char *text, char **copy)
{
    size_t bytes = strlen(text) + 1;
    enum status status = memory_allocate(bytes, 1, copy);
    if (status == STATUS_OK) {
        memcpy(*copy, text, bytes);
    }
    return status;
}

int64_t memory_peak_bytes(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long long kilobytes = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "VmHWM: %lld kB", &kilobytes) == 1) {
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kilobytes * 1024;
}

static int64_t peak_before_reset;

int64_t memory_peak_ever_bytes(void)
{
    int64_t peak = memory_peak_bytes();
    return peak > peak_before_reset ? peak : peak_before_reset;
}

void memory_peak_reset(void)
{
    peak_before_reset = memory_peak_ever_bytes();
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file != NULL) {
        fputs("5", file); /* sets VmHWM to what is resident now (proc(5)) */
        fclose(file);
    }
}
