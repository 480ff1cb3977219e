/* Work orders as CSV: one labelled range per line. Pure parser; RFC 4180 quoting, comma or semicolon (told by the
 * header line), LF or CRLF. The header names the columns, in any order: sensor_id, start, end, label, and optionally
 * comment, user. Times: RFC 3339 with zone, or epoch milliseconds. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <aas/error.h>

struct ml_work_order {
    size_t line;                                    /* in the text, from 1 */
    const char *sensor_id, *label, *comment, *user; /* valid during the call; user and comment may be "" */
    int64_t start, end;
};

/** Called per line: order, or NULL with the reason why the line is not usable (err). Non-zero ends the parse and is
 *  returned. */
typedef int ml_work_order_fn(void *arg, size_t line, const struct ml_work_order *order, const struct aas_error *err);

/** Parse text[0..len) (borrows). Errors: AAS_EPARSE the header is missing or incomplete, or a quote isn't closed;
 *  AAS_ETOOBIG more than 100,000 lines. */
int ml_work_orders_parse(const char *text, size_t len, ml_work_order_fn *fn, void *arg,
                         struct aas_error *err) AAS_MUST_CHECK;
