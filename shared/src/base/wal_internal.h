/* What the parts of the write-ahead log share.
 *
 * Locks, in this order: `write` (append, rotation, sync, trim: held over system calls), then `state` (the table of
 * segments and the figures: short, never over a system call; readers take only this one). `positions` guards position
 * files and is taken alone. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/wal.h"
#include "wal_format.h"

struct wal_segment {
    uint64_t first;        /* offset of its first record, and its file's name */
    uint64_t bytes;        /* written */
    uint64_t durable;      /* synced: readers see these */
    uint64_t damage_upto;  /* damage below this position is counted already */
    bool read_only_header; /* the header is damaged: read, but never appended to */
};

struct aas_wal {
    char *dir;
    int dir_fd, lock_fd;
    struct aas_wal_options o;

    pthread_mutex_t write;
    int fd; /* the active segment, the last of the table */
    bool broken;
    unsigned char *stage; /* a batch as it goes to the disk */
    size_t stage_cap;

    pthread_mutex_t state;
    pthread_cond_t synced; /* durable bytes grew, or closed */
    atomic_bool closed;    /* set under state, so that no waiter misses it */
    struct wal_segment *segments;
    size_t n_segments, cap_segments;
    struct aas_wal_stats stats;

    pthread_mutex_t positions;
};

#define WAL_NAME_BYTES 24 /* 16 hex digits, ".wal", NUL */

void wal_segment_name(uint64_t first, char out[static WAL_NAME_BYTES]);
/** True when name is a segment's; its first offset. */
bool wal_segment_parse(const char *name, uint64_t *ret_first);
/** Ascending first offsets of the segments in directory fd (malloc'ed). */
int wal_segment_list(int dir_fd, uint64_t **ret_firsts, size_t *ret_n) AAS_MUST_CHECK;

/** Set err to what failed in which file of the log; maps EFBIG and EDQUOT to AAS_ENOSPC. */
int wal_error(const struct aas_wal *w, struct aas_error *err, int code, const char *what, const char *file);

/** Make room for one more segment in the table. Under write. */
int wal_reserve_segment(struct aas_wal *w) AAS_MUST_CHECK;
/** Make segment `first` the active one, durably, with header only. Closes the previous one, which must be synced. On
 *  failure nothing has changed. Under write. */
int wal_start_segment(struct aas_wal *w, uint64_t first, struct aas_error *err) AAS_MUST_CHECK;
/** Sync the active segment and start another. Under write. */
int wal_rotate(struct aas_wal *w, struct aas_error *err) AAS_MUST_CHECK;

/** Find the end of the log and its segments; cut a torn tail. Before any other thread knows w. */
int wal_recover(struct aas_wal *w, struct aas_error *err) AAS_MUST_CHECK;
/** The largest saved position, 0 without any. */
int wal_position_max(int dir_fd, uint64_t *ret_max) AAS_MUST_CHECK;
int wal_position_read(int dir_fd, const char *file, uint64_t *ret_offset) AAS_MUST_CHECK;
/** Count damage that s has just met in the segment that begins at first, once however many readers meet it. */
void wal_count_damage(struct aas_wal *w, uint64_t first, const struct wal_scan *s);
