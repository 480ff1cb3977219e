#include "wal_format.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aas/crc32c.h"

#define WINDOW_BYTES ((size_t)256 * 1024)
#define PAGE_BYTES   4096u

static const unsigned char magic[6] = {'A', 'A', 'S', 'W', 'A', 'L'};

static void put32(unsigned char *p, uint32_t v)
{
    v = htole32(v);
    memcpy(p, &v, sizeof v);
}

static void put64(unsigned char *p, uint64_t v)
{
    v = htole64(v);
    memcpy(p, &v, sizeof v);
}

static uint32_t get32(const unsigned char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return le32toh(v);
}

static uint64_t get64(const unsigned char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

/* 0 magic, 6 version, 7 zero, 8 segment size, 16 first offset, 24 zero, 28 CRC32C over 0..27. */
void wal_header_encode(const struct wal_header *h, unsigned char out[static WAL_HEADER_BYTES])
{
    memset(out, 0, WAL_HEADER_BYTES);
    memcpy(out, magic, sizeof magic);
    out[6] = (unsigned char)h->version;
    put64(out + 8, h->segment_bytes);
    put64(out + 16, h->first_offset);
    put32(out + 28, aas_crc32c(0, out, 28));
}

int wal_header_decode(const unsigned char in[static WAL_HEADER_BYTES], struct wal_header *ret)
{
    if (memcmp(in, magic, sizeof magic) != 0 || get32(in + 28) != aas_crc32c(0, in, 28))
        return AAS_ECORRUPT;
    *ret = (struct wal_header){.version = in[6], .segment_bytes = get64(in + 8), .first_offset = get64(in + 16)};
    return 0;
}

size_t wal_record_bytes(size_t len)
{
    return (WAL_RECORD_OVERHEAD + len + 7) & ~(size_t)7;
}

/* 0 length, 4 CRC32C, 8 offset, 16 kind, 20 payload, zeros up to a multiple of 8. The checksum covers offset, kind,
 * length and payload; the padding must be zero. */
static uint32_t record_crc(const unsigned char *rec, size_t len)
{
    uint32_t crc = aas_crc32c(0, rec + 8, 12);
    crc = aas_crc32c(crc, rec, 4);
    return aas_crc32c(crc, rec + WAL_RECORD_OVERHEAD, len);
}

size_t wal_record_encode(uint64_t offset, uint32_t kind, const void *payload, size_t len, unsigned char *out)
{
    size_t bytes = wal_record_bytes(len);
    put32(out, (uint32_t)len);
    put64(out + 8, offset);
    put32(out + 16, kind);
    if (len > 0)
        memcpy(out + WAL_RECORD_OVERHEAD, payload, len);
    memset(out + WAL_RECORD_OVERHEAD + len, 0, bytes - WAL_RECORD_OVERHEAD - len);
    put32(out + 4, record_crc(out, len));
    return bytes;
}

void wal_scan_init(struct wal_scan *s, int fd, uint64_t first, uint64_t limit)
{
    *s = (struct wal_scan){.fd = fd, .pos = WAL_HEADER_BYTES, .limit = limit, .expected = first};
}

void wal_scan_fini(struct wal_scan *s)
{
    free(s->buf);
    s->buf = NULL;
    s->cap = s->len = 0;
}

void wal_scan_reset(struct wal_scan *s, int fd, uint64_t first, uint64_t limit)
{
    unsigned char *buf = s->buf;
    size_t cap = s->cap;
    wal_scan_init(s, fd, first, limit);
    s->buf = buf;
    s->cap = cap;
}

/* A sector that can't be read costs its records, not the log: page by page, zeros in place of what fails. */
static void read_pages(int fd, unsigned char *buf, size_t n, uint64_t pos)
{
    while (n > 0) {
        size_t part = PAGE_BYTES - (size_t)(pos % PAGE_BYTES);
        part = part < n ? part : n;
        ssize_t got = pread(fd, buf, part, (off_t)pos);
        if (got < (ssize_t)part)
            memset(buf + (got > 0 ? got : 0), 0, part - (size_t)(got > 0 ? got : 0));
        buf += part;
        pos += part;
        n -= part;
    }
}

/* Fill the window with n bytes from pos; what lies behind the file's end reads as zeros, which is no record. */
static int fill(int fd, unsigned char *buf, size_t n, uint64_t pos)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = pread(fd, buf + done, n - done, (off_t)(pos + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EIO) {
            read_pages(fd, buf + done, n - done, pos + done);
            return 0;
        }
        if (got < 0)
            return -errno;
        if (got == 0) {
            memset(buf + done, 0, n - done);
            return 0;
        }
        done += (size_t)got;
    }
    return 0;
}

/* ret_p: n bytes from pos, which lie below the limit. */
static int window(struct wal_scan *s, uint64_t pos, size_t n, const unsigned char **ret_p)
{
    if (pos < s->buf_pos || pos + n > s->buf_pos + s->len) {
        if (n > s->cap || !s->buf) {
            size_t cap = n > WINDOW_BYTES ? n : WINDOW_BYTES;
            unsigned char *buf = realloc(s->buf, cap);
            if (!buf)
                return AAS_ENOMEM;
            s->buf = buf;
            s->cap = cap;
        }
        uint64_t left = s->limit - pos;
        size_t want = left < s->cap ? (size_t)left : s->cap;
        s->len = 0;
        int rc = fill(s->fd, s->buf, want, pos);
        if (rc)
            return rc;
        s->buf_pos = pos;
        s->len = want;
    }
    *ret_p = s->buf + (pos - s->buf_pos);
    return 0;
}

static bool padding_is_zero(const unsigned char *rec, size_t len, size_t bytes)
{
    for (size_t i = WAL_RECORD_OVERHEAD + len; i < bytes; i++)
        if (rec[i] != 0)
            return false;
    return true;
}

/* Does a whole record stand at pos, with an offset of lo..hi? 1 and its bytes; 0; or a failure. ret_bytes is set to
 * what the length claims (0: impossible) where it is none. */
static int try_at(struct wal_scan *s, uint64_t pos, uint64_t lo, uint64_t hi, struct aas_wal_record *ret_rec,
                  uint64_t *ret_bytes)
{
    const unsigned char *p;
    *ret_bytes = 0;
    if (s->limit - pos < WAL_RECORD_MIN_BYTES)
        return 0;
    int rc = window(s, pos, WAL_RECORD_OVERHEAD, &p);
    if (rc)
        return rc;
    size_t len = get32(p);
    if (len > WAL_RECORD_MAX_BYTES || wal_record_bytes(len) > s->limit - pos)
        return 0;
    *ret_bytes = wal_record_bytes(len);
    uint64_t offset = get64(p + 8);
    if (offset < lo || offset > hi)
        return 0;
    rc = window(s, pos, (size_t)*ret_bytes, &p);
    if (rc)
        return rc;
    if (get32(p + 4) != record_crc(p, len) || !padding_is_zero(p, len, (size_t)*ret_bytes))
        return 0;
    *ret_rec = (struct aas_wal_record){
        .offset = offset, .kind = get32(p + 16), .payload = p + WAL_RECORD_OVERHEAD, .len = len};
    return 1;
}

static void found(struct wal_scan *s, uint64_t pos, uint64_t bytes, const struct aas_wal_record *rec)
{
    s->damage_pos = s->pos;
    s->damage_bytes = pos - s->pos;
    s->damage_first = s->expected;
    s->damage_count = rec->offset - s->expected - (s->slack ? 1 : 0); /* that one is counted already */
    s->slack = 0;
    s->pos = pos + bytes;
    s->expected = rec->offset + 1;
}

/* Behind damage: the record that follows in number is trusted most (only one payload was hit); else the first header
 * whose checksum fits and whose number leaves room for what was lost. Numbers follow each other within a segment, so
 * bytes inside a payload that look like a record don't pass. */
static int resync(struct wal_scan *s, uint64_t claimed, struct aas_wal_record *ret_rec)
{
    uint64_t bytes, start = s->pos;
    if (claimed > 0 && start + claimed < s->limit) {
        int rc = try_at(s, start + claimed, s->expected + 1, s->expected + 1, ret_rec, &bytes);
        if (rc == 1)
            found(s, start + claimed, bytes, ret_rec);
        if (rc != 0)
            return rc;
    }
    for (uint64_t pos = start + WAL_RECORD_MIN_BYTES; pos + WAL_RECORD_MIN_BYTES <= s->limit; pos += 8) {
        uint64_t room = s->slack + (pos - start) / WAL_RECORD_MIN_BYTES;
        int rc = try_at(s, pos, s->expected + 1, s->expected + room, ret_rec, &bytes);
        if (rc == 1)
            found(s, pos, bytes, ret_rec);
        if (rc != 0)
            return rc;
    }
    s->damage_pos = start;
    s->damage_bytes = s->limit - start;
    s->damage_first = s->expected;
    s->damage_count = 1;
    s->slack += s->damage_bytes / WAL_RECORD_MIN_BYTES + 1;
    s->pos = s->limit;
    return 0;
}

int wal_scan_next(struct wal_scan *s, struct aas_wal_record *ret_rec)
{
    uint64_t bytes;
    s->damage_bytes = s->damage_count = 0;
    if (s->pos >= s->limit)
        return 0;
    int rc = try_at(s, s->pos, s->expected + (s->slack ? 1 : 0), s->expected + s->slack, ret_rec, &bytes);
    if (rc == 1)
        found(s, s->pos, bytes, ret_rec);
    return rc != 0 ? rc : resync(s, bytes, ret_rec);
}
