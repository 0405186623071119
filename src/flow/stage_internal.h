/* airshed -- GPL-3.0-or-later. What the sources of a stage and run.c share. */
#ifndef AIRSHED_FLOW_STAGE_INTERNAL_H
#define AIRSHED_FLOW_STAGE_INTERNAL_H

#include "flow/lock.h"
#include "flow/stage.h"
#include "io/provenance.h"

enum stage_state {
    STAGE_PREPARED, /* not begun */
    STAGE_PLANNED,  /* --dry-run: nothing may be touched */
    STAGE_RUNNING,
    STAGE_DONE,     /* complete before we came */
    STAGE_COMMITTED,
};

enum {
    STAGE_INPUTS_MAX = 64,
    STAGE_CUBES_MAX = 16,
    STAGE_VARIABLES_MAX = 64, /* of one cube */
    STAGE_FILES_MAX = 128,
    HEX_BYTES = 65
};

struct stage_cube_entry {
    char *path;              /* final */
    struct cube_spec spec;   /* with the stage's global attributes */
    struct cube_attribute *attributes;
    char **user_names; /* of --attributes */
    int user_count;
    struct cube *cube;       /* open while running */
};

struct stage {
    const struct job *job;
    char *output, *journal_path, *lock_path, *provenance_path, *provenance_partial;
    char *folder; /* of the output, absolute */
    enum stage_state state;

    /* Fingerprint */
    char *input_label[STAGE_INPUTS_MAX], *input_identity[STAGE_INPUTS_MAX];
    int input_count;
    char *history;  /* of the inputs */
    char *options;  /* canonical text */
    char inputs_hash[HEX_BYTES], options_hash[HEX_BYTES], fingerprint[HEX_BYTES];

    /* Products: cubes first, then other files, by final path */
    struct stage_cube_entry cubes[STAGE_CUBES_MAX];
    int cube_count;
    char *files[STAGE_FILES_MAX], *partials[STAGE_FILES_MAX];
    char *names[STAGE_FILES_MAX]; /* seen from the folder, so that it may move, or absolute */
    int file_count;

    /* Progress */
    struct items items;
    struct items_cost cost;
    char *is_finished; /* [items.count] */
    int64_t finished_before;
    struct lock *lock;
    struct journal *journal;
    char *start_time;
    char *history_line;
    int64_t own_items, bytes_read, bytes_written;
};

/* Makes the two hashes and the fingerprint. */
enum status stage_fingerprint(struct stage *stage);

/* Header of a journal for the stage's present cut; released with free(). */
enum status stage_header(const struct stage *stage, char **header);

/* Reads the cut from the header of an earlier run, after comparing the fingerprint.
 * STATUS_DATA says which part differs. */
enum status stage_header_accept(struct stage *stage, const char *header);

/* Rank 0 looks at what lies there. Collective. */
enum stage_action { ACTION_FRESH, ACTION_RESUME, ACTION_FINISH_COMMIT, ACTION_NOTHING };
enum status stage_decide(struct stage *stage, enum stage_action *action);

/* Marks finished items and verifies their values against the journal. Collective. */
enum status stage_verify(struct stage *stage);

/* The renames of a journalled commit; rank 0 only. Repeating it is harmless. */
enum status stage_rename_all(struct stage *stage, const char *commit);

/* Completes the commit of an earlier run; rank 0 only. STATUS_DATA, and nothing is touched, where
 * its files are no longer those that it vouched for. */
enum status stage_finish_commit(struct stage *stage, const char *commit);

/* @p path seen from @p folder, which is absolute, where it lies below; else absolute; released with
 * free(). */
enum status stage_name_from(const char *folder, const char *path, char **name);

/* The path of a name as stage->names holds them; released with free(). */
enum status stage_path(const struct stage *stage, const char *name, char **path);

/* Before a fresh start, on rank 0: completes what an earlier run had committed, so that it is
 * replaced as a whole, and removes what else it left unfinished. */
void stage_clear_unfinished(struct stage *stage);

/* Names of files beside the output that belong to the product which is being replaced, but are not
 * written by this run: maps of --geotiff, say. Inputs of this run are not among them. */
enum status stage_find_stale(const struct stage *stage, struct text_list *names);

/* Files that --geotiff and --compress add, declared and written. */
enum status stage_declare_forms(struct stage *stage, int cube);
enum status stage_write_forms(struct stage *stage);

#endif
