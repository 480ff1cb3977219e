/* Strict CSV as a byte-wise state machine. */
#include "csv.h"

#include <string.h>

enum state {
    FIELD_START, /* of a record or a field */
    PLAIN,
    QUOTED,
    QUOTE_SEEN, /* inside quotes: the end, or the first of two */
    CR_SEEN,
    FAILED
};

void csv_init(struct csv_parser *p)
{
    p->line = 0;
    p->fields_count = 0;
    p->reason = NULL;
    p->next_line = 1;
    p->state = FIELD_START;
    p->bom = 0;
    p->started = false;
    p->ready = false;
    p->used = 0;
}

static enum csv_event fail(struct csv_parser *p, const char *reason)
{
    p->state = FAILED;
    p->reason = reason;
    if (!p->started)
        p->line = p->next_line;
    return CSV_ERROR;
}

static bool put(struct csv_parser *p, char c)
{
    if (p->used >= CSV_MAX_RECORD_BYTES)
        return false;
    p->text[p->used++] = c;
    return true;
}

/** Close the field with its NUL. Returns the reason when it can't. */
static const char *end_field(struct csv_parser *p)
{
    if (p->fields_count == CSV_MAX_FIELDS)
        return "a record has more than 1024 fields";
    if (!put(p, '\0'))
        return "a record is longer than 65536 bytes";
    p->ends[p->fields_count++] = (uint32_t)(p->used - 1);
    p->state = FIELD_START;
    return NULL;
}

enum step { STEP_ON, STEP_FIELD, STEP_RECORD };

/** What a byte outside of quotes means at the end of a field's text. */
static enum step delimiter(struct csv_parser *p, char c)
{
    if (c == ',')
        return STEP_FIELD;
    if (c == '\n')
        return STEP_RECORD;
    if (c == '\r')
        p->state = CR_SEEN;
    return STEP_ON;
}

/** Take one byte. Returns NULL and sets ret_step, or the reason why it is refused. */
static const char *take(struct csv_parser *p, char c, enum step *ret_step)
{
    *ret_step = STEP_ON;
    if (c == '\0')
        return "a NUL byte";
    switch (p->state) {
    case CR_SEEN:
        if (c != '\n')
            return "a carriage return without a line feed";
        *ret_step = STEP_RECORD;
        return NULL;
    case QUOTED:
        if (c == '"') {
            p->state = QUOTE_SEEN;
            return NULL;
        }
        break;
    case QUOTE_SEEN:
        if (c == '"') {
            p->state = QUOTED;
            break;
        }
        *ret_step = delimiter(p, c);
        return *ret_step == STEP_ON && p->state != CR_SEEN ? "text after a closing quote" : NULL;
    default:
        if (c == '"') {
            if (p->state == PLAIN)
                return "a quote inside an unquoted field";
            p->state = QUOTED;
            return NULL;
        }
        *ret_step = delimiter(p, c);
        if (*ret_step != STEP_ON || p->state == CR_SEEN)
            return NULL;
        p->state = PLAIN;
    }
    return put(p, c) ? NULL : "a record is longer than 65536 bytes";
}

static void next_record(struct csv_parser *p)
{
    p->state = FIELD_START;
    p->started = false;
    p->ready = false;
    p->used = 0;
    p->fields_count = 0;
}

static enum csv_event take_byte(struct csv_parser *p, char c)
{
    if (!p->started && p->state == FIELD_START && c != '\r' && c != '\n') {
        p->started = true;
        p->line = p->next_line;
    }
    enum step step;
    const char *reason = take(p, c, &step);
    if (c == '\n')
        p->next_line++;
    if (!reason && step == STEP_RECORD && !p->started) {
        next_record(p); /* an empty line */
        return CSV_MORE;
    }
    if (!reason && step != STEP_ON)
        reason = end_field(p);
    if (reason)
        return fail(p, reason);
    p->ready = step == STEP_RECORD;
    return p->ready ? CSV_RECORD : CSV_MORE;
}

/** Skip the byte order mark that some programs put before the first line. A text that only begins like one is kept. */
static bool skip_bom(struct csv_parser *p, char c)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (c == mark[p->bom]) {
        p->bom++;
        return true;
    }
    for (unsigned i = 0; i < p->bom; i++)
        (void)take_byte(p, mark[i]); /* plain bytes: they can't end or fail a record */
    p->bom = 4;
    return false;
}

enum csv_event csv_feed(struct csv_parser *p, const char *data, size_t len, size_t *ret_used)
{
    *ret_used = 0;
    if (p->state == FAILED)
        return CSV_ERROR;
    if (p->ready)
        next_record(p);
    for (size_t i = 0; i < len; i++) {
        *ret_used = i + 1;
        if (p->bom < 3 && skip_bom(p, data[i]))
            continue;
        enum csv_event event = take_byte(p, data[i]);
        if (event != CSV_MORE)
            return event;
    }
    return CSV_MORE;
}

enum csv_event csv_finish(struct csv_parser *p)
{
    if (p->state == FAILED)
        return CSV_ERROR;
    if (p->state == QUOTED)
        return fail(p, "the file ends inside a quoted field");
    if (p->state == CR_SEEN)
        return fail(p, "a carriage return without a line feed");
    if (p->bom == 1 || p->bom == 2)
        return fail(p, "the file ends inside a byte order mark");
    if (p->ready || !p->started)
        return CSV_MORE;
    return take_byte(p, '\n');
}

const char *csv_field(const struct csv_parser *p, size_t i, size_t *ret_len)
{
    size_t begin = i == 0 ? 0 : p->ends[i - 1] + 1u;
    *ret_len = p->ends[i] - begin;
    return p->text + begin;
}

size_t csv_quote(char *dst, size_t cap, const char *text, size_t len)
{
    bool needs = len == 0 || memchr(text, '"', len) || memchr(text, ',', len) || memchr(text, '\n', len) ||
                 memchr(text, '\r', len) || memcmp(text, "\xef\xbb\xbf", len < 3 ? len : 3) == 0;
    size_t n = 0;
    if (!needs) {
        if (len > cap)
            return 0;
        memcpy(dst, text, len);
        return len;
    }
    if (cap < 2)
        return 0;
    dst[n++] = '"';
    for (size_t i = 0; i < len; i++) {
        if (n + 3 > cap)
            return 0;
        if (text[i] == '"')
            dst[n++] = '"';
        dst[n++] = text[i];
    }
    dst[n++] = '"';
    return n;
}
