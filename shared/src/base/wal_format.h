/* Bytes of the write-ahead log: segment header, records, and the scan that finds whole records among damaged bytes.
 * Users: wal*.c. A scan belongs to one thread; it owns its buffer and borrows its file descriptor. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/error.h"
#include "aas/wal.h"

#define WAL_VERSION          1
#define WAL_HEADER_BYTES     32
#define WAL_RECORD_OVERHEAD  20u /* header of a record */
#define WAL_RECORD_MIN_BYTES 24u /* with padding */
#define WAL_RECORD_MAX_BYTES                                                                                           \
    (16u * 1024 * 1024) /* payload; bounds what a damaged length can make a reader allocate                            \
                         */

struct wal_header {
    unsigned version;
    uint64_t segment_bytes, first_offset;
};

void wal_header_encode(const struct wal_header *h, unsigned char out[static WAL_HEADER_BYTES]);
/** 0; AAS_ECORRUPT: the checksum does not fit. */
int wal_header_decode(const unsigned char in[static WAL_HEADER_BYTES], struct wal_header *ret) AAS_MUST_CHECK;

/** Bytes on disk of a record with len bytes of payload. */
size_t wal_record_bytes(size_t len);
/** Write a record with its padding into out; returns its bytes. */
size_t wal_record_encode(uint64_t offset, uint32_t kind, const void *payload, size_t len, unsigned char *out);

struct wal_scan {
    int fd; /* borrowed; pread only */
    uint64_t pos, limit;
    uint64_t expected;                   /* offset of the next record: within a segment they follow each other */
    uint64_t damage_pos, damage_bytes;   /* bytes skipped in front of what the last call found; 0 bytes: none */
    uint64_t damage_first, damage_count; /* the records that were lost there (where known, else count 1) */
    /* private */
    uint64_t slack; /* records that may have been lost at the previous limit: expected may be ahead by as much */
    unsigned char *buf;
    size_t cap, len;
    uint64_t buf_pos;
};

/** Scan fd from the first record to limit; offsets start at first. */
void wal_scan_init(struct wal_scan *s, int fd, uint64_t first, uint64_t limit);
void wal_scan_fini(struct wal_scan *s);
/** Forget buffered bytes and go on in another file. Keeps the memory. */
void wal_scan_reset(struct wal_scan *s, int fd, uint64_t first, uint64_t limit);
/** The next whole record: 1, its payload valid until the next call. 0: limit reached; damage_bytes then says what was
 *  not readable at the end. AAS_ENOMEM, AAS_EIO: nothing was consumed. A region that the disk cannot read is damage. */
int wal_scan_next(struct wal_scan *s, struct aas_wal_record *ret_rec) AAS_MUST_CHECK;
