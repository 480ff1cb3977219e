#include "revoked.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/clock.h"
#include "accounts.h"

#define SLOTS 1024

struct slot {
    char name[API_NAME_BYTES];
    int64_t at_ms; /* 0: free */
};

struct api_revoked {
    int64_t ttl_ms;
    _Atomic int64_t last_ms; /* of the newest, 0: none yet */
    pthread_mutex_t lock;
    size_t next;
    struct slot slots[SLOTS];
};

int api_revoked_create(struct api_revoked **ret_revoked, int64_t ttl_ms)
{
    struct api_revoked *r = calloc(1, sizeof *r);
    if (!r)
        return AAS_ENOMEM;
    r->ttl_ms = ttl_ms;
    (void)pthread_mutex_init(&r->lock, NULL);
    *ret_revoked = r;
    return 0;
}

void api_revoked_destroy(struct api_revoked *revoked)
{
    if (!revoked)
        return;
    (void)pthread_mutex_destroy(&revoked->lock);
    free(revoked);
}

static struct slot *find(struct api_revoked *r, const char *name)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (r->slots[i].at_ms && strcmp(r->slots[i].name, name) == 0)
            return &r->slots[i];
    return NULL;
}

void api_revoked_add(struct api_revoked *revoked, const char *name)
{
    int64_t now_ms = aas_clock_wall_ms();
    (void)pthread_mutex_lock(&revoked->lock);
    struct slot *slot = find(revoked, name);
    if (!slot)
        slot = &revoked->slots[revoked->next++ % SLOTS];
    (void)snprintf(slot->name, sizeof slot->name, "%s", name);
    slot->at_ms = now_ms;
    (void)pthread_mutex_unlock(&revoked->lock);
    atomic_store(&revoked->last_ms, now_ms);
}

bool api_revoked_check(struct api_revoked *revoked, const char *name, int64_t issued_ms)
{
    int64_t last_ms = atomic_load_explicit(&revoked->last_ms, memory_order_acquire);
    if (last_ms == 0 || issued_ms > last_ms || aas_clock_wall_ms() > last_ms + revoked->ttl_ms)
        return false;
    (void)pthread_mutex_lock(&revoked->lock);
    const struct slot *slot = find(revoked, name);
    bool found = slot && issued_ms <= slot->at_ms;
    (void)pthread_mutex_unlock(&revoked->lock);
    return found;
}
