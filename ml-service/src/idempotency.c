/* See idempotency.h: a ring of entries, the oldest makes room. */
#include "idempotency.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <aas/buf.h>
#include <aas/clock.h>
#include <aas/id.h>

#define ENTRIES   256
#define MAX_BYTES ((size_t)16 * 1024 * 1024)
#define MAX_AGE   INT64_C(600000)
#define KEY_BYTES 129

struct entry {
    char key[KEY_BYTES];
    uint8_t digest[32]; /* of the body */
    char *answer;       /* NULL: free */
    size_t len;
    struct aas_mono until;
};

struct ml_idempotency {
    pthread_mutex_t lock;
    struct entry entries[ENTRIES];
    size_t next, bytes;
};

int ml_idempotency_create(struct ml_idempotency **ret)
{
    struct ml_idempotency *x = calloc(1, sizeof *x);
    if (!x)
        return AAS_ENOMEM;
    (void)pthread_mutex_init(&x->lock, NULL);
    *ret = x;
    return 0;
}

void ml_idempotency_destroy(struct ml_idempotency *x)
{
    if (!x)
        return;
    for (size_t i = 0; i < ENTRIES; i++)
        free(x->entries[i].answer);
    (void)pthread_mutex_destroy(&x->lock);
    free(x);
}

static struct entry *find(struct ml_idempotency *x, const char *key)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        struct entry *e = &x->entries[i];
        if (e->answer && strcmp(e->key, key) == 0 && !aas_mono_passed(e->until))
            return e;
    }
    return NULL;
}

int ml_idempotency_get(struct ml_idempotency *x, const char *key, const void *body, size_t len, struct aas_buf *out,
                       struct aas_error *err)
{
    int rc = AAS_ENOENT;
    (void)pthread_mutex_lock(&x->lock);
    const struct entry *e = find(x, key);
    if (e) {
        uint8_t digest[32];
        aas_sha256(body, len, digest);
        if (memcmp(digest, e->digest, sizeof digest) != 0)
            rc = aas_error_set(err, AAS_ECONFLICT, "this Idempotency-Key was used with another body");
        else
            rc = aas_buf_append(out, e->answer, e->len);
    }
    (void)pthread_mutex_unlock(&x->lock);
    return rc;
}

static void drop(struct ml_idempotency *x, struct entry *e)
{
    x->bytes -= e->answer ? e->len : 0;
    free(e->answer);
    e->answer = NULL;
}

void ml_idempotency_put(struct ml_idempotency *x, const char *key, const void *body, size_t len, const void *answer,
                        size_t answer_len)
{
    char *copy = strlen(key) < KEY_BYTES && answer_len <= MAX_BYTES / 4 ? malloc(answer_len + 1) : NULL;
    if (!copy)
        return;
    memcpy(copy, answer, answer_len);
    (void)pthread_mutex_lock(&x->lock);
    drop(x, &x->entries[x->next]);
    for (size_t i = 1; x->bytes + answer_len > MAX_BYTES && i < ENTRIES; i++)
        drop(x, &x->entries[(x->next + i) % ENTRIES]);
    struct entry *e = &x->entries[x->next];
    x->next = (x->next + 1) % ENTRIES;
    memcpy(e->key, key, strlen(key) + 1);
    aas_sha256(body, len, e->digest);
    e->answer = copy;
    e->len = answer_len;
    e->until = aas_mono_in_ms(MAX_AGE);
    x->bytes += answer_len;
    (void)pthread_mutex_unlock(&x->lock);
}
