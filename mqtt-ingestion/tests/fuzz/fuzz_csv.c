/* CSV: the cut of the input into pieces must not matter, and what was read must survive being written and read again.
 */
#include "csv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct csv_parser whole, pieces, again;

static void check(bool ok)
{
    if (!ok)
        abort();
}

/** Next event of an input at *at, given in pieces of at most `piece` bytes. */
static enum csv_event next(struct csv_parser *p, const char *data, size_t size, size_t *at, size_t piece)
{
    while (*at < size) {
        size_t used, left = size - *at;
        enum csv_event event = csv_feed(p, data + *at, left < piece ? left : piece, &used);
        *at += used;
        if (event != CSV_MORE)
            return event;
    }
    return csv_finish(p);
}

static void rewrite(const struct csv_parser *p)
{
    static char text[2 * CSV_MAX_RECORD_BYTES + 4 * CSV_MAX_FIELDS];
    size_t n = 0, len, at = 0;
    for (size_t i = 0; i < p->fields_count; i++) {
        const char *field = csv_field(p, i, &len);
        n += csv_quote(text + n, sizeof text - n, field, len);
        text[n++] = i + 1 < p->fields_count ? ',' : '\n';
    }
    csv_init(&again);
    check(next(&again, text, n, &at, n) == CSV_RECORD && again.fields_count == p->fields_count);
    for (size_t i = 0; i < p->fields_count; i++) {
        size_t again_len;
        const char *field = csv_field(p, i, &len), *copy = csv_field(&again, i, &again_len);
        check(len == again_len && memcmp(field, copy, len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t at = 0, pieces_at = 0;
    csv_init(&whole);
    csv_init(&pieces);
    for (;;) {
        enum csv_event event = next(&whole, (const char *)data, size, &at, size);
        check(next(&pieces, (const char *)data, size, &pieces_at, 1) == event);
        check(whole.line == pieces.line && whole.fields_count == pieces.fields_count);
        if (event != CSV_RECORD)
            return 0;
        check(memcmp(whole.text, pieces.text, whole.used) == 0);
        rewrite(&whole);
    }
}
