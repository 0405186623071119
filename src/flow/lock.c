/* airshed -- GPL-3.0-or-later. One run at a time on one product. */
#include "flow/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/timing.h"
#include "parallel/agree.h"
#include "parallel/messages.h"

struct lock {
    MPI_Comm comm;
    char *path;
    int descriptor;
};

static const struct timespec poll_pause = {.tv_nsec = 50000000};

static struct flock byte_lock(short type, off_t start, off_t length)
{
    return (struct flock){
        .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
}

/* The file may be removed by the run that ends while we wait for it: then it must be made anew. */
static bool file_is_still_there(const char *path, int descriptor)
{
    struct stat named;
    struct stat opened;
    return stat(path, &named) == 0 && fstat(descriptor, &opened) == 0 &&
           named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

static void note_holder(int descriptor)
{
    char host[256] = "unknown host";
    char text[320];
    gethostname(host, sizeof host - 1);
    int length = snprintf(text, sizeof text, "%s %ld\n", host, (long)getpid());
    if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, text, (size_t)length, 0) != length) {
        return; /* Only a courtesy to whoever waits. */
    }
}

static void read_holder(int descriptor, char *text, size_t text_bytes)
{
    ssize_t got = pread(descriptor, text, text_bytes - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
}

/* Byte 0 goes to the one start that may proceed; the bytes above it belong to ranks that live. */
static bool take_first_byte(int descriptor, pid_t *holder)
{
    struct flock mine = byte_lock(F_WRLCK, 0, 1);
    if (fcntl(descriptor, F_SETLK, &mine) != 0) {
        fcntl(descriptor, F_GETLK, &mine);
        *holder = mine.l_type == F_UNLCK ? 0 : mine.l_pid;
        return false;
    }
    struct flock others = byte_lock(F_WRLCK, 1, 0);
    fcntl(descriptor, F_GETLK, &others);
    *holder = others.l_type == F_UNLCK ? 0 : others.l_pid;
    return others.l_type == F_UNLCK;
}

static enum status acquire_first(struct lock *lock)
{
    enum status status = STATUS_OK;
    double start_s = timing_wall_s();
    for (;;) {
        pid_t holder = 0;
        if (lock->descriptor < 0) {
            lock->descriptor = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
            FAIL_IF(lock->descriptor < 0, STATUS_OUTPUT,
                    "%s: cannot be created: %s; check that the output folder exists and is writable",
                    lock->path, strerror(errno));
        }
        if (take_first_byte(lock->descriptor, &holder)) {
            if (file_is_still_there(lock->path, lock->descriptor)) {
                note_holder(lock->descriptor);
                break;
            }
            close(lock->descriptor);
            lock->descriptor = -1;
            continue;
        }
        char who[320];
        read_holder(lock->descriptor, who, sizeof who);
        FAIL_IF(timing_wall_s() - start_s > LOCK_WAIT_S, STATUS_OUTPUT,
                "%s is held by another run (started as %s, now process %ld): wait for it to end or "
                "choose another output",
                lock->path, who, (long)holder);
        nanosleep(&poll_pause, NULL);
    }
done:
    return status;
}

static enum status acquire_own(struct lock *lock, int rank)
{
    enum status status = STATUS_OK;
    double start_s = timing_wall_s();
    lock->descriptor = open(lock->path, O_RDWR | O_CLOEXEC);
    struct flock mine = byte_lock(F_WRLCK, rank, 1);
    FAIL_IF(lock->descriptor < 0, STATUS_OUTPUT, "%s: rank %d cannot open it: %s", lock->path, rank,
            strerror(errno));
    /* A rank of an earlier run, killed while it started, may take its byte after rank 0 looked. */
    while (fcntl(lock->descriptor, F_SETLK, &mine) != 0) {
        bool is_taken = errno == EACCES || errno == EAGAIN;
        FAIL_IF(!is_taken || timing_wall_s() - start_s > LOCK_WAIT_S, STATUS_OUTPUT,
                "%s: rank %d cannot lock its byte: %s", lock->path, rank, strerror(errno));
        nanosleep(&poll_pause, NULL);
    }
done:
    return status;
}

/* After a failure: local, because ranks may differ in how far they came. */
static void abandon(struct lock *lock)
{
    if (lock != NULL) {
        if (lock->descriptor >= 0) {
            close(lock->descriptor);
        }
        free(lock->path);
        free(lock);
    }
}

enum status lock_acquire(MPI_Comm comm, const char *path, struct lock **out)
{
    enum status status = STATUS_OK;
    struct lock *lock = NULL;
    int rank;
    MPI_Comm_rank(comm, &rank);

    TRY_TOGETHER(comm, memory_allocate(1, sizeof *lock, &lock));
    lock->comm = comm;
    lock->descriptor = -1;
    TRY_TOGETHER(comm, memory_copy_text(path, &lock->path));
    TRY_TOGETHER(comm, rank == 0 ? acquire_first(lock) : STATUS_OK);
    TRY_TOGETHER(comm, rank == 0 ? STATUS_OK : acquire_own(lock, rank));
    *out = lock;
    return STATUS_OK;
done:
    abandon(lock);
    return status;
}

void lock_release(struct lock **lock)
{
    if (*lock == NULL) {
        return;
    }
    int rank;
    MPI_Comm_rank((*lock)->comm, &rank);
    /* Others let go first, so that the file is removed while rank 0 still holds byte 0. */
    if (rank != 0) {
        close((*lock)->descriptor);
        (*lock)->descriptor = -1;
    }
    messages_meet((*lock)->comm);
    if (rank == 0) {
        unlink((*lock)->path);
    }
    abandon(*lock);
    *lock = NULL;
}
