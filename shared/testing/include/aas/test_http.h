/* A tiny blocking HTTP/1.1 client for tests: one connection per request, Content-Length or chunked or until close, all
 * in memory. Strict enough to notice a malformed answer; shares no code with what it tests. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "aas/err.h"

struct aas_test_response {
    int status;    /* 0: none */
    char *headers; /* status line and header lines, CRLF between; malloc'ed */
    char *body;    /* NUL-terminated behind body_len */
    size_t body_len;
};

/** method path on 127.0.0.1:port. headers: complete lines, each with CRLF ("Authorization: Bearer x\r\n"), or NULL.
 * body may be NULL. *ret must be freed with fini on success. Errors: -errno, AAS_ETIMEDOUT, AAS_EPARSE. */
int aas_test_http(uint16_t port, const char *method, const char *path, const char *headers, const void *body,
                  size_t body_len, int64_t timeout_ms, struct aas_test_response *ret) AAS_MUST_CHECK;
/** GET with 5 s. */
int aas_test_http_get(uint16_t port, const char *path, struct aas_test_response *ret) AAS_MUST_CHECK;
/** POST application/json with 5 s. */
int aas_test_http_post(uint16_t port, const char *path, const char *json, struct aas_test_response *ret) AAS_MUST_CHECK;
/** Copy header name's value into out (cut); NULL when absent. */
const char *aas_test_http_header(const struct aas_test_response *r, const char *name, char *out, size_t size);
void aas_test_response_fini(struct aas_test_response *r);

/** Send raw bytes to the port and return all that comes back until close or timeout (malloc'ed, NUL-terminated): for
 *  malformed requests. NULL on failure. */
char *aas_test_http_raw(uint16_t port, const void *bytes, size_t n, int64_t timeout_ms, size_t *ret_len);
