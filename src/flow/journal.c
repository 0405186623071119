/* airshed -- GPL-3.0-or-later. NAME.journal: what a stage has finished. */
#include "flow/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/path.h"
#include "flow/fault.h"

enum frame_kind { FRAME_HEADER = 1, FRAME_ITEM = 2, FRAME_COMMIT = 3 };

struct frame_head {
    uint32_t kind;
    uint32_t body_bytes;
    uint32_t head_crc; /* of the two fields above */
    uint32_t body_crc;
};

static const char magic[8] = "AIRSHJ01";

enum { MAGIC_BYTES = 8 };

struct journal {
    char *path;
    int descriptor;
    int64_t scanned; /* whole frames end here, as far as this rank has looked */
};

static uint32_t head_crc(const struct frame_head *head)
{
    return hash_crc32c(head, offsetof(struct frame_head, head_crc));
}

static struct frame_head frame_head_of(enum frame_kind kind, const void *body, int64_t body_bytes)
{
    struct frame_head head = {.kind = (uint32_t)kind, .body_bytes = (uint32_t)body_bytes};
    head.head_crc = head_crc(&head);
    head.body_crc = hash_crc32c(body, (size_t)body_bytes);
    return head;
}

static enum status write_all(const char *path, int descriptor, const void *bytes, int64_t count,
                             int64_t offset)
{
    enum status status = STATUS_OK;
    for (int64_t done_bytes = 0; done_bytes < count;) {
        ssize_t wrote = pwrite(descriptor, (const char *)bytes + done_bytes,
                               (size_t)(count - done_bytes), offset + done_bytes);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        FAIL_IF(wrote <= 0, STATUS_OUTPUT,
                "%s: cannot be written: %s; free space or choose another folder, then use --resume",
                path, strerror(errno));
        done_bytes += wrote;
    }
done:
    return status;
}

/* Head and room for the body in one buffer: one write, so that a kill tears at most this frame. */
static enum status frame_allocate(int64_t body_bytes, char **frame)
{
    enum status status = STATUS_OK;
    FAIL_IF(body_bytes > INT32_MAX, STATUS_FAILED, "a journal record of %lld bytes is too long",
            (long long)body_bytes);
    TRY(memory_allocate(sizeof(struct frame_head) + (size_t)body_bytes, 1, frame));
done:
    return status;
}

/* Writes the head before the body that lies in @p frame. @return bytes of the frame */
static int64_t frame_seal(enum frame_kind kind, int64_t body_bytes, char *frame)
{
    struct frame_head head = frame_head_of(kind, frame + sizeof head, body_bytes);
    memcpy(frame, &head, sizeof head);
    return (int64_t)sizeof head + body_bytes;
}

static enum status frame_of_text(enum frame_kind kind, const char *text, char **frame,
                                 int64_t *frame_bytes)
{
    enum status status;
    int64_t body_bytes = (int64_t)strlen(text);
    TRY(frame_allocate(body_bytes, frame));
    memcpy(*frame + sizeof(struct frame_head), text, (size_t)body_bytes);
    *frame_bytes = frame_seal(kind, body_bytes, *frame);
done:
    return status;
}

static enum status write_new(const char *path, const char *header)
{
    enum status status = STATUS_OK;
    char *frame = NULL;
    int64_t frame_bytes = 0;
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    FAIL_IF(descriptor < 0, STATUS_OUTPUT, "%s: cannot be created: %s", path, strerror(errno));
    TRY(frame_of_text(FRAME_HEADER, header, &frame, &frame_bytes));
    TRY(write_all(path, descriptor, magic, MAGIC_BYTES, 0));
    TRY(write_all(path, descriptor, frame, frame_bytes, MAGIC_BYTES));
    FAIL_IF(fsync(descriptor) != 0, STATUS_OUTPUT, "%s: cannot be made durable: %s", path,
            strerror(errno));
done:
    if (descriptor >= 0) {
        close(descriptor);
    }
    free(frame);
    return status;
}

enum status journal_create(const char *path, const char *header)
{
    enum status status = STATUS_OK;
    char *folder = NULL;
    char *unnamed = NULL;
    FAIL_IF(asprintf(&unnamed, "%s.new", path) < 0, STATUS_MEMORY, "out of memory");
    TRY(write_new(unnamed, header));
    FAIL_IF(rename(unnamed, path) != 0, STATUS_OUTPUT, "%s: cannot be renamed to %s: %s", unnamed,
            path, strerror(errno));
    TRY(path_folder(path, &folder));
    TRY(path_sync(folder));
done:
    free(unnamed);
    free(folder);
    return status;
}

enum status journal_open(const char *path, struct journal **out)
{
    enum status status = STATUS_OK;
    struct journal *journal = NULL;
    TRY(memory_allocate(1, sizeof *journal, &journal));
    journal->descriptor = -1;
    TRY(memory_copy_text(path, &journal->path));
    journal->descriptor = open(path, O_RDWR | O_CLOEXEC);
    FAIL_IF(journal->descriptor < 0, STATUS_OUTPUT, "%s: cannot be opened: %s", path,
            strerror(errno));
    journal->scanned = MAGIC_BYTES;
    *out = journal;
    journal = NULL;
done:
    journal_close(&journal);
    return status;
}

void journal_close(struct journal **journal)
{
    if (*journal == NULL) {
        return;
    }
    if ((*journal)->descriptor >= 0) {
        close((*journal)->descriptor);
    }
    free((*journal)->path);
    free(*journal);
    *journal = NULL;
}

static bool head_is_whole(const struct frame_head *head)
{
    return head->head_crc == head_crc(head) && head->kind >= FRAME_HEADER &&
           head->kind <= FRAME_COMMIT;
}

/* Moves over the frames of other ranks and cuts off a torn end, which only a rank that died in
 * the middle of an append can have left. Call under the lock. */
static enum status find_end(struct journal *journal)
{
    enum status status = STATUS_OK;
    struct stat facts;
    FAIL_IF(fstat(journal->descriptor, &facts) != 0, STATUS_OUTPUT, "%s: %s", journal->path,
            strerror(errno));
    for (;;) {
        struct frame_head head;
        int64_t left = (int64_t)facts.st_size - journal->scanned;
        if (left == 0) {
            break;
        }
        bool is_torn = left < (int64_t)sizeof head;
        if (!is_torn) {
            FAIL_IF(pread(journal->descriptor, &head, sizeof head, journal->scanned) !=
                        (ssize_t)sizeof head,
                    STATUS_OUTPUT, "%s: cannot be read: %s", journal->path, strerror(errno));
            FAIL_IF(!head_is_whole(&head), STATUS_DATA, "%s: damaged at byte %lld", journal->path,
                    (long long)journal->scanned);
            is_torn = left < (int64_t)sizeof head + head.body_bytes;
        }
        if (is_torn) {
            FAIL_IF(ftruncate(journal->descriptor, journal->scanned) != 0, STATUS_OUTPUT, "%s: %s",
                    journal->path, strerror(errno));
            break;
        }
        journal->scanned += (int64_t)sizeof head + head.body_bytes;
    }
done:
    return status;
}

static enum status set_file_lock(struct journal *journal, short type)
{
    enum status status = STATUS_OK;
    struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
    while (fcntl(journal->descriptor, F_SETLKW, &whole) != 0) {
        FAIL_IF(errno != EINTR, STATUS_OUTPUT,
                "%s: cannot be locked: %s; choose a folder on a file system with locks",
                journal->path, strerror(errno));
    }
done:
    return status;
}

static enum status append_frame(struct journal *journal, const char *frame, int64_t frame_bytes,
                                int64_t item)
{
    enum status status;
    enum status unlocked;
    TRY(set_file_lock(journal, F_WRLCK));
    TRY(find_end(journal));
    if (fault_is_due(FAULT_JOURNAL, item)) {
        TRY(write_all(journal->path, journal->descriptor, frame, frame_bytes / 2,
                      journal->scanned));
        fault_strike(FAULT_JOURNAL, item);
    }
    TRY(write_all(journal->path, journal->descriptor, frame, frame_bytes, journal->scanned));
    journal->scanned += frame_bytes;
done:
    /* Also after a failure: the other ranks would wait for the lock, and this one for them. */
    unlocked = set_file_lock(journal, F_UNLCK);
    return status != STATUS_OK ? status : unlocked;
}

/* Body of an item: item, counts, puts, payload. */
struct item_head {
    int64_t item, put_count, payload_bytes;
};

enum status journal_append(struct journal *journal, const struct journal_record *record)
{
    enum status status;
    char *frame = NULL;
    struct item_head head = {record->item, record->put_count, record->payload_bytes};
    size_t put_bytes = (size_t)record->put_count * sizeof *record->puts;
    size_t body_bytes = sizeof head + put_bytes + (size_t)record->payload_bytes;

    TRY(frame_allocate((int64_t)body_bytes, &frame));
    char *body = frame + sizeof(struct frame_head);
    memcpy(body, &head, sizeof head);
    if (put_bytes > 0) {
        memcpy(body + sizeof head, record->puts, put_bytes);
    }
    if (record->payload_bytes > 0) {
        memcpy(body + sizeof head + put_bytes, record->payload, (size_t)record->payload_bytes);
    }
    int64_t frame_bytes = frame_seal(FRAME_ITEM, (int64_t)body_bytes, frame);
    TRY(append_frame(journal, frame, frame_bytes, record->item));
done:
    free(frame);
    return status;
}

enum status journal_append_commit(struct journal *journal, const char *files)
{
    enum status status;
    char *frame = NULL;
    int64_t frame_bytes = 0;
    TRY(frame_of_text(FRAME_COMMIT, files, &frame, &frame_bytes));
    TRY(append_frame(journal, frame, frame_bytes, -1));
    FAIL_IF(fsync(journal->descriptor) != 0, STATUS_OUTPUT, "%s: cannot be made durable: %s",
            journal->path, strerror(errno));
done:
    free(frame);
    return status;
}

/* ---- reading ---------------------------------------------------------------------------- */

/* A journal that is read frame by frame: a journal of long payloads need not fit into memory. */
struct reader {
    const char *path;
    int descriptor;
    int64_t bytes; /* of the file */
    char *body;    /* of the frame in hand */
    int64_t room;
};

static enum status reader_open(const char *path, struct reader *reader)
{
    enum status status = STATUS_OK;
    struct stat facts = {0};
    *reader = (struct reader){.path = path, .descriptor = open(path, O_RDONLY | O_CLOEXEC)};
    FAIL_IF(reader->descriptor < 0 || fstat(reader->descriptor, &facts) != 0, STATUS_OUTPUT,
            "%s: cannot be read: %s; put its folder back and start again with --resume", path,
            strerror(errno));
    reader->bytes = (int64_t)facts.st_size;
done:
    return status;
}

static void reader_close(struct reader *reader)
{
    if (reader->descriptor >= 0) {
        close(reader->descriptor);
    }
    free(reader->body);
}

static enum status read_at(const struct reader *reader, int64_t at, void *bytes, int64_t count)
{
    enum status status = STATUS_OK;
    for (int64_t done_bytes = 0; done_bytes < count;) {
        ssize_t got = pread(reader->descriptor, (char *)bytes + done_bytes,
                            (size_t)(count - done_bytes), at + done_bytes);
        FAIL_IF(got <= 0, STATUS_DATA, "%s: cannot be read: %s", reader->path, strerror(errno));
        done_bytes += got;
    }
done:
    return status;
}

static enum status read_body(struct reader *reader, int64_t at, int64_t count)
{
    enum status status = STATUS_OK;
    if (count > reader->room) {
        free(reader->body);
        reader->room = 0;
        TRY(memory_allocate((size_t)count, 1, &reader->body));
        reader->room = count;
    }
    TRY(read_at(reader, at, reader->body, count));
done:
    return status;
}

/* @p at is the place of the body in the file. */
static enum status item_parse(const char *path, const char *body, int64_t body_bytes, int64_t at,
                              struct journal_record *record)
{
    enum status status = STATUS_OK;
    struct item_head head = {0};
    FAIL_IF(body_bytes < (int64_t)sizeof head, STATUS_DATA, "%s: a record is too short", path);
    memcpy(&head, body, sizeof head);
    int64_t rest = body_bytes - (int64_t)sizeof head;
    bool fits = head.item >= 0 && head.put_count >= 0 &&
                head.put_count <= rest / (int64_t)sizeof(struct journal_put) &&
                head.payload_bytes ==
                    rest - head.put_count * (int64_t)sizeof(struct journal_put);
    FAIL_IF(!fits, STATUS_DATA, "%s: the record of item %lld contradicts itself", path,
            (long long)head.item);
    size_t put_bytes = (size_t)head.put_count * sizeof(struct journal_put);
    *record = (struct journal_record){.item = head.item,
                                      .put_count = head.put_count,
                                      .payload_bytes = head.payload_bytes,
                                      .payload_at = at + (int64_t)(sizeof head + put_bytes)};
    TRY(memory_allocate(put_bytes, 1, &record->puts));
    memcpy(record->puts, body + sizeof head, put_bytes);
done:
    return status;
}

static enum status record_add(struct journal_content *content, const char *path, const char *body,
                              int64_t body_bytes, int64_t at)
{
    enum status status = STATUS_OK;
    int64_t count = content->record_count;
    if ((count & (count - 1)) == 0) {
        struct journal_record *longer =
            realloc(content->records, (size_t)(count > 0 ? 2 * count : 1) * sizeof *longer);
        FAIL_IF(longer == NULL, STATUS_MEMORY, "%s: too many records for this memory", path);
        content->records = longer;
    }
    content->records[count] = (struct journal_record){0};
    content->record_count = count + 1;
    TRY(item_parse(path, body, body_bytes, at, &content->records[count]));
done:
    return status;
}

static enum status frame_text(const char *body, int64_t body_bytes, char **text)
{
    enum status status = memory_allocate((size_t)body_bytes + 1, 1, text);
    if (status == STATUS_OK) {
        memcpy(*text, body, (size_t)body_bytes);
    }
    return status;
}

static enum status frame_add(struct journal_content *content, const struct reader *reader,
                             const struct frame_head *head, int64_t at)
{
    enum status status = STATUS_OK;
    const char *path = reader->path, *body = reader->body;
    bool in_order = (head->kind == FRAME_HEADER) == (content->header == NULL) &&
                    content->commit == NULL;
    FAIL_IF(!in_order, STATUS_DATA, "%s: records out of order", path);
    switch ((enum frame_kind)head->kind) {
    case FRAME_HEADER:
        TRY(frame_text(body, head->body_bytes, &content->header));
        break;
    case FRAME_ITEM:
        TRY(record_add(content, path, body, head->body_bytes, at));
        break;
    case FRAME_COMMIT:
        TRY(frame_text(body, head->body_bytes, &content->commit));
        break;
    }
done:
    return status;
}

/* A power cut can leave the length of an append without its bytes. */
static enum status is_zero_from(const struct reader *reader, int64_t at, bool *is_zero)
{
    enum status status = STATUS_OK;
    char piece[4096];
    *is_zero = true;
    while (at < reader->bytes && *is_zero) {
        int64_t left = reader->bytes - at;
        int64_t count = left < (int64_t)sizeof piece ? left : (int64_t)sizeof piece;
        TRY(read_at(reader, at, piece, count));
        for (int64_t i = 0; i < count; i++) {
            *is_zero = *is_zero && piece[i] == 0;
        }
        at += count;
    }
done:
    return status;
}

/* The head of the frame at @p at; *@p is_torn where the file ends within the frame. */
static enum status read_head(const struct reader *reader, int64_t at, struct frame_head *head,
                             bool *is_torn)
{
    enum status status = STATUS_OK;
    int64_t left = reader->bytes - at;
    *is_torn = left < (int64_t)sizeof *head;
    if (*is_torn) {
        goto done;
    }
    TRY(read_at(reader, at, head, sizeof *head));
    if (!head_is_whole(head)) {
        TRY(is_zero_from(reader, at, is_torn));
        FAIL_IF(!*is_torn, STATUS_DATA, "%s: damaged at byte %lld; start afresh with --overwrite",
                reader->path, (long long)at);
    } else {
        *is_torn = left < (int64_t)sizeof *head + head->body_bytes;
    }
done:
    return status;
}

static enum status read_magic(const struct reader *reader)
{
    enum status status = STATUS_OK;
    char first[MAGIC_BYTES] = {0};
    if (reader->bytes >= MAGIC_BYTES) {
        TRY(read_at(reader, 0, first, MAGIC_BYTES));
    }
    FAIL_IF(memcmp(first, magic, MAGIC_BYTES) != 0, STATUS_DATA,
            "%s: is not a journal of this program; start afresh with --overwrite", reader->path);
done:
    return status;
}

enum status journal_load(const char *path, struct journal_content *content)
{
    enum status status;
    struct reader reader;
    int64_t at = MAGIC_BYTES;
    *content = (struct journal_content){0};

    TRY(reader_open(path, &reader));
    TRY(read_magic(&reader));
    while (at < reader.bytes && !content->was_torn) {
        struct frame_head head;
        int64_t body_at = at + (int64_t)sizeof head;
        TRY(read_head(&reader, at, &head, &content->was_torn));
        if (content->was_torn) {
            break;
        }
        TRY(read_body(&reader, body_at, head.body_bytes));
        FAIL_IF(hash_crc32c(reader.body, head.body_bytes) != head.body_crc, STATUS_DATA,
                "%s: damaged at byte %lld; start afresh with --overwrite", path, (long long)at);
        TRY(frame_add(content, &reader, &head, body_at));
        at = body_at + head.body_bytes;
        content->whole_bytes = at;
    }
    FAIL_IF(content->header == NULL, STATUS_DATA,
            "%s: has no header; start afresh with --overwrite", path);
done:
    reader_close(&reader);
    return status;
}

enum status journal_load_payloads(const char *path, int64_t count, struct journal_record *records)
{
    enum status status;
    struct reader reader;
    TRY(reader_open(path, &reader));
    for (int64_t i = 0; i < count; i++) {
        struct journal_record *record = &records[i];
        TRY(memory_allocate((size_t)record->payload_bytes, 1, &record->payload));
        TRY(read_at(&reader, record->payload_at, record->payload, record->payload_bytes));
    }
done:
    reader_close(&reader);
    return status;
}

enum status journal_trim(const char *path, int64_t whole_bytes)
{
    enum status status = STATUS_OK;
    FAIL_IF(truncate(path, (off_t)whole_bytes) != 0, STATUS_OUTPUT, "%s: cannot be shortened: %s",
            path, strerror(errno));
done:
    return status;
}

void journal_content_clear(struct journal_content *content)
{
    for (int64_t i = 0; i < content->record_count; i++) {
        free(content->records[i].puts);
        free(content->records[i].payload);
    }
    free(content->records);
    free(content->header);
    free(content->commit);
    *content = (struct journal_content){0};
}
