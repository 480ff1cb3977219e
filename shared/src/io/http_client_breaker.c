#include "http_client_breaker.h"

#define PAUSE_GROWTH 16

void http_breaker_init(struct http_breaker *b, unsigned max_failures, uint32_t open_ms)
{
    *b = (struct http_breaker){.state = AAS_HTTP_BREAKER_CLOSED, .max_failures = max_failures};
    aas_backoff_init(&b->pause, open_ms, (int64_t)open_ms * PAUSE_GROWTH, 0);
}

enum http_breaker_ticket http_breaker_enter(struct http_breaker *b)
{
    if (b->state == AAS_HTTP_BREAKER_CLOSED)
        return HTTP_BREAKER_NORMAL;
    if (b->state == AAS_HTTP_BREAKER_OPEN && aas_mono_passed(b->open_at)) {
        b->state = AAS_HTTP_BREAKER_HALF_OPEN;
        return HTTP_BREAKER_PROBE;
    }
    return HTTP_BREAKER_REFUSED; /* half-open: the probe is under way */
}

static void open_now(struct http_breaker *b)
{
    b->state = AAS_HTTP_BREAKER_OPEN;
    b->open_at = aas_mono_in_ms(aas_backoff_next_ms(&b->pause));
}

void http_breaker_settle(struct http_breaker *b, enum http_breaker_ticket ticket, enum http_breaker_verdict verdict)
{
    if (ticket == HTTP_BREAKER_PROBE) {
        if (verdict == HTTP_BREAKER_ALIVE) {
            b->state = AAS_HTTP_BREAKER_CLOSED;
            b->failures = 0;
            aas_backoff_reset(&b->pause);
        } else if (verdict == HTTP_BREAKER_DEAD) {
            b->failures++;
            open_now(b);
        } else {
            b->state = AAS_HTTP_BREAKER_OPEN; /* its pause has passed: the next call is the probe */
        }
        return;
    }
    if (ticket != HTTP_BREAKER_NORMAL || b->state != AAS_HTTP_BREAKER_CLOSED)
        return;
    if (verdict == HTTP_BREAKER_ALIVE)
        b->failures = 0;
    else if (verdict == HTTP_BREAKER_DEAD && ++b->failures >= b->max_failures)
        open_now(b);
}

enum aas_http_breaker http_breaker_state(const struct http_breaker *b)
{
    if (b->state == AAS_HTTP_BREAKER_OPEN && aas_mono_passed(b->open_at))
        return AAS_HTTP_BREAKER_HALF_OPEN;
    return b->state;
}
