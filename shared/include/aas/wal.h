/* Write-ahead log: what was appended and synced survives kill -9 and power loss. One writer (any thread, one at a time:
 * the log has a mutex) and any number of readers, each with its own cursor on its own thread; the log is the queue
 * between them. Every record has an offset, a number that grows for ever and never repeats for the life of the
 * directory: later stages derive ids from it.
 *
 * On disk (docs/modules/wal.md): segments `<first offset, 16 hex digits>.wal`; a header of 32 bytes (magic "AASWAL",
 * one version byte, segment size, first offset, CRC32C); records of {u32 length, u32 CRC32C over offset, kind, length
 * and payload, u64 offset, u32 kind, payload, padding to 8}. A damaged record costs itself only: the reader goes on at
 * the next header whose checksum fits, and counts. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/clock.h"
#include "aas/error.h"

struct aas_wal;
struct aas_wal_reader;

struct aas_wal_options {
    const char *dir;          /* created with 0700 when absent; one process at a time holds its lock */
    uint64_t segment_bytes;   /* 0 = 64 MiB; rotation happens at this size */
    uint64_t max_total_bytes; /* 0 = 4 GiB; append fails with AAS_ENOSPC beyond it */
    size_t max_record_bytes;  /* 0 = 1 MiB */
};

/** One record to append; borrows payload. ret_offset is set by append. */
struct aas_wal_record {
    uint64_t offset;
    uint32_t kind; /* the user's own */
    const void *payload;
    size_t len;
};

struct aas_wal_stats {
    uint64_t first_offset, next_offset; /* oldest record kept, and the one that will be appended next */
    uint64_t synced_offset;             /* all below are durable */
    uint64_t total_bytes, segments;
    uint64_t appended, syncs;
    uint64_t corrupt_records, torn_bytes; /* found since open; torn = behind the last whole record at open */
};

/** Open or create. Finds the end of the log, cuts a torn tail. AAS_EBUSY: another process has it; AAS_ECORRUPT: a
 * segment header of another version. Options are copied. */
int aas_wal_open(struct aas_wal **ret_wal, const struct aas_wal_options *o, struct aas_error *err) AAS_MUST_CHECK;
/** Close readers first. Does not sync. NULL is fine. */
void aas_wal_close(struct aas_wal *w);

/** Append n records with consecutive offsets, which are written into recs[i].offset. Not durable before sync. All or
 *  nothing. AAS_ENOSPC: total size reached, or the disk is full; AAS_ETOOBIG a record over max_record_bytes. */
int aas_wal_append(struct aas_wal *w, struct aas_wal_record *recs, size_t n, struct aas_error *err) AAS_MUST_CHECK;
/** One fdatasync for everything appended so far; only then readers see it. A failed sync is fatal for the log (the
 * kernel may have dropped the pages): every later append answers AAS_EIO until it is opened anew. */
int aas_wal_sync(struct aas_wal *w, struct aas_error *err) AAS_MUST_CHECK;
/** Remove whole segments whose records are all below offset; never the active one. */
int aas_wal_trim(struct aas_wal *w, uint64_t offset, struct aas_error *err) AAS_MUST_CHECK;

/** Called for each record that is about to go; borrows rec. Must not call into the log. */
typedef void aas_wal_visit_fn(void *ctx, const struct aas_wal_record *rec);
/** Make room by force, for the policies of a full log: remove the oldest segment with records, whoever has yet to read
 *  it (readers go on at the oldest that is left). visit (may be NULL) gets its records first, so that losses are
 * counted by what they were. ret_first, ret_end (may be NULL): the offsets that went, end exclusive. The active segment
 * is rotated first where it is the only one. AAS_ENOENT: nothing to remove; AAS_EBUSY: not synced yet. */
int aas_wal_drop_oldest(struct aas_wal *w, aas_wal_visit_fn *visit, void *ctx, uint64_t *ret_first, uint64_t *ret_end,
                        struct aas_error *err) AAS_MUST_CHECK;
void aas_wal_stats(struct aas_wal *w, struct aas_wal_stats *ret_stats);

/** A reader that starts at offset (an offset below the oldest record kept means the oldest). */
int aas_wal_reader_open(struct aas_wal_reader **ret_reader, struct aas_wal *w, uint64_t offset,
                        struct aas_error *err) AAS_MUST_CHECK;
void aas_wal_reader_close(struct aas_wal_reader *r);
/** The next durable record; its payload is borrowed until the next call on r. Waits until the deadline: AAS_ETIMEDOUT.
 *  AAS_ECLOSED after aas_wal_wake_all(). Damaged records are skipped and counted. */
int aas_wal_read(struct aas_wal_reader *r, struct aas_wal_record *ret_rec, struct aas_mono deadline,
                 struct aas_error *err) AAS_MUST_CHECK;
/** End every waiting and future read with AAS_ECLOSED: shutdown. */
void aas_wal_wake_all(struct aas_wal *w);

/** A consumer's position, kept in `<dir>/<name>.pos` (written beside, synced, renamed, directory synced). */
int aas_wal_position_save(struct aas_wal *w, const char *name, uint64_t offset, struct aas_error *err) AAS_MUST_CHECK;
/** AAS_ENOENT when none was saved; AAS_ECORRUPT. */
int aas_wal_position_load(struct aas_wal *w, const char *name, uint64_t *ret_offset,
                          struct aas_error *err) AAS_MUST_CHECK;

/** One segment as found on disk by aas_wal_inspect(). */
struct aas_wal_segment_report {
    char name[24];
    uint64_t first_offset, bytes;
    uint64_t records, payload_bytes;
    uint64_t last_offset;    /* of the last whole record; only with records > 0 */
    uint64_t damaged_bytes;  /* that belong to no whole record */
    uint64_t damage_regions; /* how many stretches they form; a header counts */
    uint64_t lost_records;   /* offsets missing in front of a whole record */
    bool header_ok;
    bool tail_damaged; /* the damage reaches the end of the file: torn, or being written right now */
};

/** Callbacks of an inspection; each may be NULL; returning non-zero ends it with that code. */
struct aas_wal_inspector {
    int (*on_record)(void *ctx, const struct aas_wal_record *rec);
    int (*on_damage)(void *ctx, const char *segment, uint64_t pos, uint64_t bytes);
    int (*on_segment)(void *ctx, const struct aas_wal_segment_report *report);
    void *ctx;
};
/** Read a log's directory without its lock, changing nothing: for tools, also while a daemon writes. Every byte of it
 * is read and checked. AAS_ENOENT; AAS_EACCES; AAS_EIO. */
int aas_wal_inspect(const char *dir, const struct aas_wal_inspector *in, struct aas_error *err) AAS_MUST_CHECK;
