/* Circuit breaker of the HTTP client: pure state over the monotonic clock, so that tests drive it with a fake one.
 *
 * Users: http_client.c and its test. Not thread-safe: the client's mutex guards it. A verdict belongs to the ticket of
 * its own call; verdicts of calls that were let through before the breaker opened are ignored, else one slow burst
 * would lengthen the pause several times. */
#pragma once

#include <aas/backoff.h>
#include <aas/clock.h>
#include <aas/http_client.h>

#include <stdbool.h>

struct http_breaker {
    enum aas_http_breaker state;
    unsigned failures;       /* in a row */
    unsigned max_failures;   /* that open it */
    struct aas_mono open_at; /* when the pause is over */
    struct aas_backoff pause;
};

enum http_breaker_ticket {
    HTTP_BREAKER_REFUSED,
    HTTP_BREAKER_NORMAL,
    HTTP_BREAKER_PROBE, /* the one call of the half-open state */
};

enum http_breaker_verdict {
    HTTP_BREAKER_ALIVE,
    HTTP_BREAKER_DEAD,
    HTTP_BREAKER_UNKNOWN, /* the call ended for a reason of our own */
};

/** The pause is open_ms at first and doubles up to 16 * open_ms, each time with jitter (aas/backoff.h). */
void http_breaker_init(struct http_breaker *b, unsigned max_failures, uint32_t open_ms);
/** Asks for leave to call. Each ticket but REFUSED is given back by exactly one settle. */
enum http_breaker_ticket http_breaker_enter(struct http_breaker *b);
void http_breaker_settle(struct http_breaker *b, enum http_breaker_ticket ticket, enum http_breaker_verdict verdict);
/** Open reads as half-open once the pause is over: the next call goes through. */
enum aas_http_breaker http_breaker_state(const struct http_breaker *b);
