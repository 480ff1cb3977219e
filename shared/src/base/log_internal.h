/* Shared by the parts of the logger: log.c (state, output), log_line.c (formatting), log_limit.c (repeats). */
#pragma once

#include "aas/log.h"

#define LOG_LINE_BYTES 8192

/** A line under construction; never allocates. */
struct log_line {
    char text[LOG_LINE_BYTES];
    size_t len;
    bool cut; /* something did not fit */
};

struct log_event {
    enum aas_log_level level;
    const char *svc, *mod, *event, *msg;
    size_t msg_len;
    const struct aas_field *fields;
    uint64_t withheld; /* lines of the same kind withheld before this one */
    int64_t ts_ms;
};

/** Format as one JSON object, or as text (coloured or not), with the line end. */
void log_format_json(struct log_line *line, const struct log_event *e);
void log_format_text(struct log_line *line, const struct log_event *e, bool colour);

/** May this site write now? Else counts the line as withheld. *ret_withheld: lines to mention. */
bool log_limit_pass(struct aas_log_site *site, uint64_t *ret_withheld);
/** The limiter's entry for repeated texts of libraries. */
struct aas_log_site *log_limit_bridge_site(enum aas_log_level level, const char *lib, const char *text, size_t n);

/** Format and write e. */
void log_emit(struct log_event *e);
