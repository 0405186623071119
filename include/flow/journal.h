/* airshed -- GPL-3.0-or-later. NAME.journal: what a stage has finished, one record per item.
 *
 * Layout: the 8 bytes "AIRSHJ01", then frames. A frame is a head of 16 bytes (kind, body length,
 * CRC-32C of both, CRC-32C of the body; all little endian) and the body:
 *
 *   kind 1, once, first  header: JSON of what the run was begun with (stage_resume.c: version, CPU
 *                        class, hashes of inputs and options, the cut into items, the files)
 *   kind 2, one an item  int64 item, puts, payload bytes; then the puts (struct journal_put) and
 *                        the payload, in the order in which items were finished
 *   kind 3, once, last   commit: JSON of the files to rename and those to remove (stage_commit.c)
 *
 * Ranks append under a lock of the whole file, a frame by one write. Whoever appends makes the
 * item's data durable before; the record itself is not synced, so that a power cut may take the
 * last ones: their items are repeated. What a record vouches for is on disk, always; but for cubes that are
 * passing (struct cube_spec), which a resume verifies by the checksums of their records.
 *
 * A frame cut short at the end is what a kill leaves, zeros at the end what a power cut leaves:
 * both are dropped. Any other damage is refused.
 */
#ifndef AIRSHED_FLOW_JOURNAL_H
#define AIRSHED_FLOW_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/window.h"

/** One window that an item has written, with the CRC-32C of its values as cube_get() gives them
 *  back (one NaN for all), and what was in it. Read back and compared by --resume; extremes and
 *  counts make actual_range and the log without another pass. */
struct journal_put {
    int32_t cube, variable;
    struct window window;
    int64_t missing;  /**< NaN among the values (floating types) */
    double low, high; /**< extremes of the others; NaN where there is none */
    uint32_t crc;
    uint32_t reserved; /**< 0 */
};

/** An item that is done. The payload holds results that go to no cube (rows of tables). */
struct journal_record {
    int64_t item;
    int64_t put_count;
    struct journal_put *puts;
    int64_t payload_bytes;
    void *payload;      /**< NULL from journal_load() */
    int64_t payload_at; /**< its place in the file, from journal_load() */
};

struct journal;

/** Starts the journal @p path with @p header, replacing what is there, and makes it durable with
 *  its name: it is there as a whole or not at all. One rank calls this.
 *  @return STATUS_OUTPUT where it cannot be written */
enum status journal_create(const char *path, const char *header);

/** Opens an existing journal for this rank's records. */
enum status journal_open(const char *path, struct journal **journal);

/** Appends one record; its data must be durable. A torn end, which a rank of this run that died has
 *  left, is cut off. @return STATUS_OUTPUT (disk full ...) */
enum status journal_append(struct journal *journal, const struct journal_record *record);

/** Appends the commit and makes the journal durable: from here on the stage only moves forward. All
 *  files it names must be durable. */
enum status journal_append_commit(struct journal *journal, const char *files);

void journal_close(struct journal **journal);

/** What a journal holds. Released with journal_content_clear(). */
struct journal_content {
    char *header;
    int64_t record_count;
    struct journal_record *records; /**< in the order of the file */
    char *commit;                   /**< NULL before the commit */
    bool was_torn;                  /**< an incomplete last frame was dropped */
    int64_t whole_bytes;            /**< where the last whole frame ends */
};

/** Reads a journal, all but the payloads, which may be long. @return STATUS_DATA naming file and place
 *  for any damage but a torn end, with the option that starts afresh */
enum status journal_load(const char *path, struct journal_content *content);

/** Reads the payloads of @p count records of journal_load(). journal_content_clear() releases them. */
enum status journal_load_payloads(const char *path, int64_t count, struct journal_record *records);

/** Cuts off what journal_load() dropped, so that the next frame follows the last whole one. One
 *  rank calls this, before any appends. */
enum status journal_trim(const char *path, int64_t whole_bytes);

void journal_content_clear(struct journal_content *content);

#endif
