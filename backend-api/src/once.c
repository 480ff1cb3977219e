#include "once.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "aas/buf.h"
#include "aas/clock.h"
#include "aas/id.h"
#include "principal.h"

#define SLOTS      1024
#define KEPT_MS    3600000
#define KEY_MAX    128
#define ANSWER_MAX ((size_t)64 * 1024)
#define ALL_MAX    ((size_t)16 << 20)
#define DIGEST     AAS_SHA256_HEX_SIZE

struct answer {
    char id[DIGEST]; /* of caller, path and key; "": free */
    char body[DIGEST];
    bool running;
    struct aas_mono until;
    unsigned status;
    const char *type; /* literal */
    char *data;
    size_t len;
};

struct api_once {
    pthread_mutex_t lock;
    struct answer slots[SLOTS];
    size_t next; /* to be taken: the oldest */
    size_t bytes;
};

int api_once_create(struct api_once **ret_once)
{
    struct api_once *once = calloc(1, sizeof *once);
    if (!once)
        return AAS_ENOMEM;
    (void)pthread_mutex_init(&once->lock, NULL);
    *ret_once = once;
    return 0;
}

static void forget(struct api_once *once, struct answer *a)
{
    once->bytes -= a->len;
    free(a->data);
    *a = (struct answer){.id = ""};
}

void api_once_destroy(struct api_once *once)
{
    if (!once)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        forget(once, &once->slots[i]);
    (void)pthread_mutex_destroy(&once->lock);
    free(once);
}

static int digests(struct aas_http_req *req, const char *key, char ret_id[static DIGEST], char ret_body[static DIGEST])
{
    AAS_AUTO_BUF struct aas_buf text = AAS_BUF_INIT(16384);
    size_t len = 0;
    const char *body = aas_http_req_body(req, &len);
    (void)aas_buf_printf(&text, "%s\n%d %s\n%s", api_caller_name(req), (int)aas_http_req_method(req),
                         aas_http_req_path(req), key);
    if (aas_buf_status(&text) != 0)
        return aas_buf_status(&text);
    aas_sha256_hex(text.data, text.len, ret_id);
    aas_sha256_hex(body, len, ret_body);
    return 0;
}

static struct answer *find(struct api_once *once, const char *id)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (once->slots[i].id[0] && strcmp(once->slots[i].id, id) == 0)
            return &once->slots[i];
    return NULL;
}

/* Replays, refuses, or reserves a place: then 1. */
static int begin(struct api_once *once, struct aas_http_req *req, const char *id, const char *body,
                 struct aas_error *err)
{
    struct answer *a = find(once, id);
    if (a && !a->running && aas_mono_passed(a->until)) {
        forget(once, a);
        a = NULL;
    }
    if (a && strcmp(a->body, body) != 0)
        return aas_error_set(err, AAS_EMISMATCH, "this Idempotency-Key was used with another body");
    if (a && a->running)
        return aas_error_set(err, AAS_ECONFLICT, "the first request with this Idempotency-Key is still running");
    if (a) {
        aas_http_reply_header(req, "Idempotency-Replayed", "true");
        aas_http_reply_bytes(req, a->status, a->type, a->data, a->len);
        return 0;
    }
    size_t tries = 0;
    while (once->slots[once->next].running && tries++ < SLOTS)
        once->next = (once->next + 1) % SLOTS;
    a = &once->slots[once->next];
    if (a->running)
        return aas_error_set(err, AAS_EUNAVAILABLE, "too many requests with Idempotency-Key at once");
    once->next = (once->next + 1) % SLOTS;
    forget(once, a);
    memcpy(a->id, id, DIGEST);
    memcpy(a->body, body, DIGEST);
    a->running = true;
    return 1;
}

static void keep(struct api_once *once, struct answer *a, const struct aas_http_req *req)
{
    const void *data = NULL;
    if (!aas_http_reply_get(req, &a->status, &a->type, &data, &a->len) || a->len > ANSWER_MAX) {
        a->len = 0;
        forget(once, a);
        return;
    }
    a->data = malloc(a->len + 1);
    if (!a->data) {
        a->len = 0;
        forget(once, a);
        return;
    }
    if (a->len > 0)
        memcpy(a->data, data, a->len);
    a->running = false;
    a->until = aas_mono_in_ms(KEPT_MS);
    once->bytes += a->len;
    for (size_t i = 0; once->bytes > ALL_MAX && i < SLOTS; i++) {
        struct answer *oldest = &once->slots[(once->next + i) % SLOTS];
        if (oldest != a && oldest->id[0] && !oldest->running)
            forget(once, oldest);
    }
}

int api_once_run(struct api_once *once, struct aas_http_req *req, aas_http_handler_fn *handler, struct aas_error *err)
{
    const char *key = aas_http_req_header(req, "Idempotency-Key");
    char id[DIGEST];
    char body[DIGEST];
    if (!key)
        return handler(req, err);
    if (!key[0] || strlen(key) > KEY_MAX)
        return aas_error_set(err, AAS_EINVAL, "an Idempotency-Key has 1 to %d bytes", KEY_MAX);
    int rc = digests(req, key, id, body);
    if (rc)
        return rc;
    (void)pthread_mutex_lock(&once->lock);
    rc = begin(once, req, id, body, err);
    (void)pthread_mutex_unlock(&once->lock);
    if (rc <= 0)
        return rc;
    rc = handler(req, err);
    (void)pthread_mutex_lock(&once->lock);
    struct answer *a = find(once, id);
    if (a && rc >= 0)
        keep(once, a, req);
    else if (a) /* what failed may be tried again */
        forget(once, a);
    (void)pthread_mutex_unlock(&once->lock);
    return rc;
}
