#include "ledger.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/store.h"

struct ingest_ledger {
    pthread_mutex_t lock;
    struct ingest_totals totals;
    uint64_t pending, open;
};

int ingest_ledger_create(struct ingest_ledger **ret_ledger)
{
    struct ingest_ledger *l = calloc(1, sizeof *l);
    if (!l)
        return AAS_ENOMEM;
    (void)pthread_mutex_init(&l->lock, NULL);
    *ret_ledger = l;
    return 0;
}

void ingest_ledger_destroy(struct ingest_ledger *l)
{
    if (!l)
        return;
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

void ingest_ledger_restore(struct ingest_ledger *l, const struct ingest_totals *totals, uint64_t pending)
{
    (void)pthread_mutex_lock(&l->lock);
    l->totals = *totals;
    l->totals.received += pending;
    l->pending = pending;
    l->open = 0;
    (void)pthread_mutex_unlock(&l->lock);
}

void ingest_ledger_arrived(struct ingest_ledger *l, int64_t n)
{
    (void)pthread_mutex_lock(&l->lock);
    l->totals.received += (uint64_t)n;
    l->pending += (uint64_t)n;
    (void)pthread_mutex_unlock(&l->lock);
}

void ingest_ledger_apply(struct ingest_ledger *l, const struct ingest_delta *d)
{
    (void)pthread_mutex_lock(&l->lock);
    struct ingest_totals *t = &l->totals;
    l->pending -= d->meant;
    l->open += d->decoded;
    l->open -= d->stored + d->duplicate + d->quarantined;
    t->stored += d->stored;
    t->duplicate += d->duplicate;
    t->quarantined += d->quarantined;
    t->late += d->late;
    for (int r = 0; r < INGEST_DROP__COUNT; r++) {
        l->open -= d->dropped[r];
        l->pending -= d->vanished[r];
        t->dropped[r] += d->dropped[r] + d->vanished[r];
    }
    (void)pthread_mutex_unlock(&l->lock);
}

void ingest_ledger_view(struct ingest_ledger *l, struct ingest_ledger_view *ret_view)
{
    struct ingest_ledger_view v = {0};
    (void)pthread_mutex_lock(&l->lock);
    v.totals = l->totals;
    v.pending = l->pending;
    v.open = l->open;
    (void)pthread_mutex_unlock(&l->lock);
    for (int r = 0; r < INGEST_DROP__COUNT; r++)
        v.dropped += v.totals.dropped[r];
    v.in_flight = v.pending + v.open;
    const struct ingest_totals *t = &v.totals;
    v.imbalance = (int64_t)(t->received - t->stored - t->duplicate - t->quarantined - v.dropped - v.in_flight);
    *ret_view = v;
}

/* The document's fields beside `_id` and dropped.<reason>. */
static const struct {
    const char *name;
    size_t offset;
} fields[] = {
    {"received", offsetof(struct ingest_totals, received)},
    {"stored", offsetof(struct ingest_totals, stored)},
    {"duplicate", offsetof(struct ingest_totals, duplicate)},
    {"quarantined", offsetof(struct ingest_totals, quarantined)},
    {"late", offsetof(struct ingest_totals, late)},
};

int ingest_ledger_doc_encode(const struct ingest_ledger_doc *d, bson_t *ret_doc)
{
    bson_t dropped;
    bool ok =
        BSON_APPEND_UTF8(ret_doc, "_id", INGEST_LEDGER_ID) && BSON_APPEND_INT64(ret_doc, "offset", (int64_t)d->offset);
    for (size_t i = 0; ok && i < sizeof fields / sizeof fields[0]; i++) {
        uint64_t n;
        memcpy(&n, (const char *)&d->totals + fields[i].offset, sizeof n);
        ok = BSON_APPEND_INT64(ret_doc, fields[i].name, (int64_t)n);
    }
    ok = ok && BSON_APPEND_DOCUMENT_BEGIN(ret_doc, "dropped", &dropped);
    for (int r = 0; ok && r < INGEST_DROP__COUNT; r++)
        ok = BSON_APPEND_INT64(&dropped, ingest_drop_names[r], (int64_t)d->totals.dropped[r]);
    return ok && bson_append_document_end(ret_doc, &dropped) ? 0 : AAS_ENOMEM;
}

void ingest_ledger_doc_decode(const bson_t *doc, struct ingest_ledger_doc *ret)
{
    *ret = (struct ingest_ledger_doc){.offset = (uint64_t)aas_doc_int(doc, "offset", 0)};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        uint64_t n = (uint64_t)aas_doc_int(doc, fields[i].name, 0);
        memcpy((char *)&ret->totals + fields[i].offset, &n, sizeof n);
    }
    for (int r = 0; r < INGEST_DROP__COUNT; r++) {
        char path[64];
        (void)snprintf(path, sizeof path, "dropped.%s", ingest_drop_names[r]);
        ret->totals.dropped[r] = (uint64_t)aas_doc_int(doc, path, 0);
    }
}
