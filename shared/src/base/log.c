#include "aas/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aas/clock.h"
#include "aas/str.h"
#include "log_internal.h"

#define BRIDGE_TEXT_BYTES 1024

static const char *service = "aastreli";
static atomic_int least_level = AAS_LOG_INFO;
static atomic_int out_fd = STDERR_FILENO;
static enum aas_log_format out_format = AAS_LOG_JSON;
static bool out_colour;
static _Atomic uint64_t lines_total[AAS_LOG__COUNT];

void aas_log_init(const char *svc, enum aas_log_level level, enum aas_log_format format)
{
    service = svc;
    out_format = format;
    const char *term = format == AAS_LOG_TEXT ? secure_getenv("TERM") : NULL;
    const char *no_colour = format == AAS_LOG_TEXT ? secure_getenv("NO_COLOR") : NULL;
    out_colour = format == AAS_LOG_TEXT && isatty(STDERR_FILENO) && !(no_colour && no_colour[0]) &&
                 !(term && strcmp(term, "dumb") == 0);
    atomic_store(&least_level, (int)level);
}

void aas_log_set_level(enum aas_log_level level)
{
    atomic_store(&least_level, (int)level);
}

bool aas_log_enabled(enum aas_log_level level)
{
    return (int)level >= atomic_load_explicit(&least_level, memory_order_relaxed);
}

void aas_log_set_fd(int fd)
{
    atomic_store(&out_fd, fd);
}

void log_emit(struct log_event *e)
{
    int saved = errno;
    struct log_line line;
    line.len = 0;
    line.cut = false;
    e->svc = service;
    e->ts_ms = aas_clock_wall_ms();
    if (out_format == AAS_LOG_TEXT)
        log_format_text(&line, e, out_colour);
    else
        log_format_json(&line, e);
    ssize_t n;
    do {
        n = write(atomic_load(&out_fd), line.text, line.len);
    } while (n < 0 && errno == EINTR);
    (void)atomic_fetch_add_explicit(&lines_total[e->level], 1, memory_order_relaxed);
    errno = saved;
}

void aas_log_write(struct aas_log_site *site, enum aas_log_level level, const char *mod, const char *event,
                   const char *msg, const struct aas_field *fields)
{
    if (!aas_log_enabled(level))
        return;
    struct log_event e = {.level = level, .mod = mod, .event = event, .msg = msg, .fields = fields};
    e.msg_len = strlen(msg);
    if (site && level > AAS_LOG_DEBUG) {
        int saved = errno;
        bool pass = log_limit_pass(site, &e.withheld);
        errno = saved;
        if (!pass)
            return;
    }
    log_emit(&e);
}

void aas_log_bridge(enum aas_log_level level, const char *lib, const char *text, size_t n)
{
    if (!aas_log_enabled(level))
        return;
    int saved = errno;
    struct aas_str s = aas_str_trim((struct aas_str){text, n == SIZE_MAX ? strlen(text) : n});
    char flat[BRIDGE_TEXT_BYTES];
    size_t len = s.len < sizeof flat ? s.len : sizeof flat;
    for (size_t i = 0; i < len; i++)
        flat[i] = s.ptr[i] == '\n' || s.ptr[i] == '\r' || s.ptr[i] == '\t' ? ' ' : s.ptr[i];
    char mod[48] = "lib.";
    if (aas_str_copy(mod + 4, sizeof mod - 4, aas_str_from(lib)) != 0)
        memcpy(mod + 4, "other", 6);
    static const struct aas_field none[] = {{.type = AAS_FIELD_END}};
    struct log_event e = {.level = level, .mod = mod, .event = "library", .msg = flat, .msg_len = len, .fields = none};
    struct aas_log_site *site = level > AAS_LOG_DEBUG ? log_limit_bridge_site(level, lib, flat, len) : NULL;
    if (!site || log_limit_pass(site, &e.withheld))
        log_emit(&e);
    errno = saved;
}

uint64_t aas_log_lines_total(enum aas_log_level level)
{
    return atomic_load_explicit(&lines_total[level], memory_order_relaxed);
}
