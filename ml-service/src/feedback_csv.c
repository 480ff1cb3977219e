/* See feedback_csv.h. */
#include "feedback_csv.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/clock.h>
#include <aas/num.h>

#define MAX_LINES   100000
#define MAX_COLUMNS 64
#define FIELD_BYTES 2048

enum { COL_SENSOR, COL_START, COL_END, COL_LABEL, COL_COMMENT, COL_USER, COL__COUNT };
#define COL_REQUIRED (COL_LABEL + 1)
static const char *const column_names[COL__COUNT] = {"sensor_id", "start", "end", "label", "comment", "user"};

struct csv {
    const char *p, *end;
    size_t line;
    char separator;
    int place[COL__COUNT]; /* column of each field; -1: absent */
    char field[COL__COUNT][FIELD_BYTES];
};

/* One field into dst; stops at the separator or the line's end. Longer ones are cut to nothing: *ret_long. */
static int read_field(struct csv *c, char *dst, bool *ret_long, struct aas_error *err)
{
    size_t n = 0;
    bool quoted = c->p < c->end && *c->p == '"';
    *ret_long = false;
    if (quoted)
        c->p++;
    while (c->p < c->end) {
        char ch = *c->p;
        if (quoted && ch == '"') {
            if (c->p + 1 < c->end && c->p[1] == '"') {
                c->p++;
            } else {
                c->p++;
                quoted = false;
                break;
            }
        } else if (!quoted && (ch == c->separator || ch == '\n' || ch == '\r')) {
            break;
        }
        c->line += ch == '\n' ? 1 : 0;
        if (n + 1 < FIELD_BYTES)
            dst[n++] = ch;
        else
            *ret_long = true;
        c->p++;
    }
    dst[n] = '\0';
    return quoted ? aas_error_set(err, AAS_EPARSE, "line %zu: a quote isn't closed", c->line) : 0;
}

/* Behind a field: true when another follows on the line; else the line's end is eaten. */
static bool next_field(struct csv *c)
{
    while (c->p < c->end && *c->p != c->separator && *c->p != '\n')
        c->p++; /* what follows a closing quote, and CR */
    if (c->p < c->end && *c->p == c->separator) {
        c->p++;
        return true;
    }
    if (c->p < c->end)
        c->p++;
    return false;
}

static int read_header(struct csv *c, struct aas_error *err)
{
    const char *eol = memchr(c->p, '\n', (size_t)(c->end - c->p));
    size_t len = (size_t)((eol ? eol : c->end) - c->p);
    c->separator = memchr(c->p, ';', len) ? ';' : ',';
    for (int k = 0; k < COL__COUNT; k++)
        c->place[k] = -1;
    bool more = true, too_long;
    for (int column = 0; more && column < MAX_COLUMNS; column++) {
        char name[FIELD_BYTES];
        int rc = read_field(c, name, &too_long, err);
        if (rc)
            return rc;
        for (int k = 0; k < COL__COUNT; k++)
            if (strcmp(name, column_names[k]) == 0)
                c->place[k] = column;
        more = next_field(c);
    }
    for (int k = 0; k < COL_REQUIRED; k++)
        if (c->place[k] < 0)
            return aas_error_set(err, AAS_EPARSE,
                                 "the first line must name the columns sensor_id, start, end, label; %s is missing",
                                 column_names[k]);
    return 0;
}

static int read_line(struct csv *c, bool *ret_long, struct aas_error *err)
{
    bool more = true;
    *ret_long = false;
    for (int k = 0; k < COL__COUNT; k++)
        c->field[k][0] = '\0';
    for (int column = 0; more; column++) {
        char other[FIELD_BYTES], *dst = other;
        bool too_long;
        for (int k = 0; k < COL__COUNT; k++)
            if (c->place[k] == column)
                dst = c->field[k];
        int rc = read_field(c, dst, &too_long, err);
        if (rc)
            return rc;
        *ret_long = *ret_long || (too_long && dst != other);
        more = next_field(c);
    }
    return 0;
}

static int read_time(const char *s, int64_t *ret, const char *name, struct aas_error *err)
{
    int rc = aas_rfc3339_parse(s, strlen(s), ret, NULL);
    if (rc == 0)
        return 0;
    char *rest = NULL;
    long long ms = strtoll(s, &rest, 10);
    if (*s && !*rest && ms >= 0 && ms <= 253402300799999LL) {
        *ret = ms;
        return 0;
    }
    return aas_error_set(err, AAS_EINVAL, "%s \"%.40s\" is no RFC 3339 time with zone and no epoch milliseconds", name,
                         s);
}

static int to_order(struct csv *c, bool too_long, struct ml_work_order *o, struct aas_error *err)
{
    if (too_long)
        return aas_error_set(err, AAS_EINVAL, "a field has more than %d bytes", FIELD_BYTES - 1);
    *o = (struct ml_work_order){.sensor_id = c->field[COL_SENSOR],
                                .label = c->field[COL_LABEL],
                                .comment = c->field[COL_COMMENT],
                                .user = c->field[COL_USER]};
    if (!o->sensor_id[0] || !o->label[0])
        return aas_error_set(err, AAS_EINVAL, "%s is empty", o->sensor_id[0] ? "label" : "sensor_id");
    int rc = read_time(c->field[COL_START], &o->start, "start", err);
    return rc ? rc : read_time(c->field[COL_END], &o->end, "end", err);
}

int ml_work_orders_parse(const char *text, size_t len, ml_work_order_fn *fn, void *arg, struct aas_error *err)
{
    AAS_AUTO_FREE struct csv *c = malloc(sizeof *c);
    if (!c)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark, as spreadsheets write it */
        text += 3;
        len -= 3;
    }
    c->p = text;
    c->end = text + len;
    c->line = 1;
    int rc = read_header(c, err);
    for (size_t lines = 0; rc == 0 && c->p < c->end; lines++) {
        if (lines == MAX_LINES)
            return aas_error_set(err, AAS_ETOOBIG, "more than %d lines", MAX_LINES);
        c->line++;
        if (*c->p == '\n' || *c->p == '\r') { /* an empty line */
            (void)next_field(c);
            continue;
        }
        size_t line = c->line;
        bool too_long;
        struct ml_work_order order;
        struct aas_error why = AAS_ERROR_NONE;
        rc = read_line(c, &too_long, err);
        if (rc)
            return rc;
        int bad = to_order(c, too_long, &order, &why);
        order.line = line;
        rc = fn(arg, line, bad ? NULL : &order, &why);
    }
    return rc;
}
