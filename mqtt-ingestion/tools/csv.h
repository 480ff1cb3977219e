/* Strict CSV (RFC 4180) as a push parser: bytes in, one record at a time out. Pure: no file, no allocation, bounded
 * memory. Users: aastreli-sim replay; fuzzed. One parser belongs to one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSV_MAX_FIELDS       1024
#define CSV_MAX_RECORD_BYTES 65536 /* of unescaped text in one record */

enum csv_event {
    CSV_ERROR = -1, /* p->reason and p->line say why; the parser stays there */
    CSV_MORE = 0,   /* all bytes are used, the record isn't complete */
    CSV_RECORD = 1  /* p->fields_count fields are ready, until the next call */
};

struct csv_parser {
    uint64_t line;       /* of the last record's first line, or of the error; counted from 1 */
    size_t fields_count; /* of the last record */
    const char *reason;  /* static sentence after CSV_ERROR */
    /* private */
    uint64_t next_line;
    int state;
    unsigned bom; /* bytes of the byte order mark seen; 3 whole, 4 there is none */
    bool started; /* the record has a byte */
    bool ready;   /* the record was handed out */
    size_t used;
    uint32_t ends[CSV_MAX_FIELDS]; /* field i is text[ends[i-1] + 1 .. ends[i]), NUL-terminated */
    char text[CSV_MAX_RECORD_BYTES];
};

/** Start with the first byte of a file. */
void csv_init(struct csv_parser *p);

/** Take bytes from data (borrows) up to the end of one record. ret_used: how many; call again with the rest. Lines end
 *  with LF or CRLF; empty lines are skipped; a UTF-8 byte order mark at the start is too. Refused: NUL, a carriage
 * return inside a line, a quote inside an unquoted field, text after a closing quote, too many fields, too long a
 * record. */
enum csv_event csv_feed(struct csv_parser *p, const char *data, size_t len, size_t *ret_used);

/** The input has ended: CSV_RECORD once when its last line had no line feed, then CSV_MORE. CSV_ERROR inside quotes. */
enum csv_event csv_finish(struct csv_parser *p);

/** Field i of the last record, NUL-terminated, unescaped; i < fields_count. Valid until the next csv_feed. */
const char *csv_field(const struct csv_parser *p, size_t i, size_t *ret_len);

/** Write text as one CSV field into dst, in quotes where needed. Returns the length, or 0 when cap is too small. */
size_t csv_quote(char *dst, size_t cap, const char *text, size_t len);
