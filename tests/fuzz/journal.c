/* airshed -- GPL-3.0-or-later. A journal that is built, damaged and read back; or any bytes as one.
 *
 * Bytes that begin like a journal are taken as one. Others are lines of a small language:
 *   item ITEM PUTS PAYLOAD_BYTES    appends a record
 *   commit TEXT                     appends the commit
 *   flip BYTE BIT                   flips a bit, at most three of them
 *   cut BYTES                       shortens the file
 *   body ITEM PUTS PAYLOAD_BYTES    appends a sound frame around that head and the rest of the input
 *   raw                             appends the rest of the input
 *
 * What a damaged journal gives is a beginning of what was written, never anything else. What was
 * accepted can be trimmed and appended to. (CRC-32C finds every damage of up to three bits.)
 */
#include "fuzzing.h"

#include <stdarg.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "flow/journal.h"

enum {
    MOST_ITEMS = 64,
    MOST_PUTS = 4,
    MOST_PAYLOAD = 64,
    LONGEST_LINE = 256
};

/* What was written, in order. */
struct story {
    char path[FUZZING_PATH_BYTES];
    struct journal *journal;
    int64_t count;
    struct journal_record records[MOST_ITEMS];
    struct journal_put puts[MOST_ITEMS][MOST_PUTS];
    uint8_t payloads[MOST_ITEMS][MOST_PAYLOAD];
    char commit[LONGEST_LINE];
    bool is_committed;
    bool is_foreign; /* frames or bytes were added past the journal's own calls */
    int flips;
    int64_t flipped[3];
};

static const char header[] = "{\"command\": \"stl\"}";

/* ---- writing -------------------------------------------------------------------------------- */

static int64_t within(int64_t value, int64_t most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

static void add_item(struct story *story, int64_t item, int64_t put_count, int64_t payload_bytes)
{
    if (story->count == MOST_ITEMS || story->is_committed || item < 0) {
        return;
    }
    int64_t at = story->count++;
    put_count = within(put_count, MOST_PUTS);
    payload_bytes = within(payload_bytes, MOST_PAYLOAD);
    for (int64_t i = 0; i < put_count; i++) {
        story->puts[at][i] = (struct journal_put){.variable = (int32_t)i,
                                                  .window = {.time = item, .steps = i + 1},
                                                  .low = (double)item,
                                                  .crc = (uint32_t)at};
    }
    memset(story->payloads[at], (int)(item & 0xff), sizeof story->payloads[at]);
    story->records[at] = (struct journal_record){.item = item,
                                                 .put_count = put_count,
                                                 .puts = story->puts[at],
                                                 .payload_bytes = payload_bytes,
                                                 .payload = story->payloads[at]};
    must(journal_append(story->journal, &story->records[at]) == STATUS_OK, "room in memory");
}

static void add_commit(struct story *story, const char *text)
{
    if (!story->is_committed) {
        story->is_committed = true;
        snprintf(story->commit, sizeof story->commit, "%s", text);
        must(journal_append_commit(story->journal, story->commit) == STATUS_OK, "room in memory");
    }
}

static void add_bytes(struct story *story, const void *bytes, size_t count)
{
    int descriptor = open(story->path, O_WRONLY | O_APPEND);
    must(descriptor >= 0 && write(descriptor, bytes, count) == (ssize_t)count, "room in memory");
    close(descriptor);
    story->is_foreign = true;
}

static void add_frame(struct story *story, const int64_t head[3], const uint8_t *bytes, size_t count)
{
    size_t body_bytes = 24 + count;
    uint8_t *frame = malloc(16 + body_bytes);
    must(frame != NULL, "memory");
    memcpy(frame + 16, head, 24);
    memcpy(frame + 40, bytes, count);
    uint32_t facts[4] = {2, (uint32_t)body_bytes, 0, hash_crc32c(frame + 16, body_bytes)};
    facts[2] = hash_crc32c(facts, 8);
    memcpy(frame, facts, 16);
    add_bytes(story, frame, 16 + body_bytes);
    free(frame);
}

static int64_t file_bytes(const struct story *story)
{
    struct stat facts;
    must(stat(story->path, &facts) == 0, "the journal is there");
    return (int64_t)facts.st_size;
}

static void flip(struct story *story, int64_t at, int64_t bit)
{
    unsigned char byte = 0;
    if (story->flips == 3 || at < 0 || at >= file_bytes(story)) {
        return;
    }
    int64_t place = 8 * at + (bit & 7);
    for (int i = 0; i < story->flips; i++) {
        if (story->flipped[i] == place) {
            return;
        }
    }
    int descriptor = open(story->path, O_RDWR);
    must(descriptor >= 0 && pread(descriptor, &byte, 1, at) == 1, "room in memory");
    byte = (unsigned char)(byte ^ (1u << (bit & 7)));
    must(pwrite(descriptor, &byte, 1, at) == 1, "room in memory");
    close(descriptor);
    story->flipped[story->flips++] = place;
}

/* ---- reading -------------------------------------------------------------------------------- */

static bool same_record(const struct journal_record *a, const struct journal_record *b)
{
    return a->item == b->item && a->put_count == b->put_count &&
           a->payload_bytes == b->payload_bytes &&
           memcmp(a->puts, b->puts, (size_t)a->put_count * sizeof *a->puts) == 0 &&
           memcmp(a->payload, b->payload, (size_t)a->payload_bytes) == 0;
}

static void compare(const struct story *story, const struct journal_content *content)
{
    must(strcmp(content->header, header) == 0, "the header is the one that was written");
    must(content->record_count <= story->count, "no record is invented");
    for (int64_t i = 0; i < content->record_count; i++) {
        must(same_record(&content->records[i], &story->records[i]), "records are as written");
    }
    must(content->commit == NULL ||
             (content->record_count == story->count && strcmp(content->commit, story->commit) == 0),
         "a commit comes after all records");
}

/* A record that was appended to an accepted journal must be found again. */
static void append(const char *path, const struct journal_content *before)
{
    struct journal *journal = NULL;
    struct journal_content after = {0};
    const struct journal_record record = {.item = 5};
    must(journal_trim(path, before->whole_bytes) == STATUS_OK, "a journal can be trimmed");
    must(journal_open(path, &journal) == STATUS_OK, "an accepted journal opens");
    must(journal_append(journal, &record) == STATUS_OK, "an accepted journal can be added to");
    journal_close(&journal);
    must(journal_load(path, &after) == STATUS_OK, "what was added is accepted");
    must(after.record_count == before->record_count + 1 && !after.was_torn, "the record is found");
    journal_content_clear(&after);
}

static bool load(const char *path, const struct story *story)
{
    struct journal_content content = {0};
    bool is_accepted = accepts(journal_load(path, &content));
    if (is_accepted) {
        must(journal_load_payloads(path, content.record_count, content.records) == STATUS_OK,
             "payloads of an accepted journal can be read");
    }
    if (is_accepted && story != NULL && !story->is_foreign) {
        compare(story, &content);
    }
    if (is_accepted && content.commit == NULL) {
        append(path, &content);
    }
    journal_content_clear(&content);
    return is_accepted;
}

/* ---- the language --------------------------------------------------------------------------- */

static bool takes(const char *line, const char *word, int count, int64_t numbers[3])
{
    size_t length = strlen(word);
    memset(numbers, 0, 3 * sizeof *numbers);
    if (strncmp(line, word, length) != 0) {
        return false;
    }
    char *at = (char *)line + length;
    for (int i = 0; i < count; i++) {
        numbers[i] = strtoll(at, &at, 10);
    }
    return true;
}

/* Obeys a line. @return false where it took the @p rest of the input */
static bool obey(struct story *story, const char *line, const uint8_t *rest, size_t rest_bytes)
{
    int64_t number[3];
    if (takes(line, "item ", 3, number)) {
        add_item(story, number[0], number[1], number[2]);
    } else if (takes(line, "commit ", 0, number)) {
        add_commit(story, line + 7);
    } else if (takes(line, "flip ", 2, number)) {
        flip(story, number[0], number[1]);
    } else if (takes(line, "cut ", 1, number)) {
        must(truncate(story->path, within(number[0], file_bytes(story))) == 0, "room in memory");
    } else if (takes(line, "body ", 3, number)) {
        add_frame(story, number, rest, rest_bytes);
        return false;
    } else if (takes(line, "raw", 0, number)) {
        add_bytes(story, rest, rest_bytes);
        return false;
    }
    return true;
}

static bool is_damage(const char *line)
{
    return line[0] == 'f' || line[0] == 'c' || line[0] == 'b' || line[0] == 'r';
}

/* Obeys the lines: first those that write, in order; then, once, those that damage. */
static void obey_all(struct story *story, const uint8_t *bytes, size_t count)
{
    bool may_write = true;
    for (size_t at = 0; at < count;) {
        char line[LONGEST_LINE] = "";
        size_t length = 0;
        while (at + length < count && bytes[at + length] != '\n') {
            length++;
        }
        memcpy(line, bytes + at, within((int64_t)length, LONGEST_LINE - 1));
        at += length + (at + length < count);
        may_write = may_write && (!is_damage(line) || strncmp(line, "commit ", 7) == 0);
        bool writes = line[0] == 'i' || strncmp(line, "commit ", 7) == 0;
        if ((!writes || may_write) && !obey(story, line, bytes + at, count - at)) {
            return;
        }
    }
}

static void tell(const uint8_t *bytes, size_t count)
{
    static struct story story;
    memset(&story, 0, sizeof story);
    fuzzing_path(".journal", story.path);
    must(journal_create(story.path, header) == STATUS_OK, "room in memory");
    must(journal_open(story.path, &story.journal) == STATUS_OK, "a new journal opens");
    int64_t whole = file_bytes(&story);
    obey_all(&story, bytes, count);
    journal_close(&story.journal);
    bool is_cut_before_records = file_bytes(&story) < whole;
    bool is_accepted = load(story.path, &story);
    must(is_accepted || story.flips > 0 || story.is_foreign || is_cut_before_records,
         "a journal that was only cut after its header is accepted");
    unlink(story.path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    char path[FUZZING_PATH_BYTES];
    if (count >= 8 && memcmp(bytes, "AIRSHJ01", 8) == 0) {
        load(fuzzing_file(bytes, count, ".journal", path), NULL);
        unlink(path);
    } else {
        tell(bytes, count);
    }
    return 0;
}
