#include "aas/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/buf.h"
#include "aas/clock.h"
#include "aas/id.h"
#include "aas/store.h"
#include "aas/str.h"

#define ATTEMPTS 32
#define HASH     AAS_SHA256_HEX_SIZE

/* What the hash is over. Lengths stand before the texts, so that no two records give the same bytes. */
static int hash_record(const char *previous, int64_t seq, int64_t at_ms, const char *const texts[5],
                       char ret_hash[static HASH])
{
    AAS_AUTO_BUF struct aas_buf text = AAS_BUF_INIT(64 * 1024);
    (void)aas_buf_printf(&text, "aastreli audit 1\n%s\n%" PRId64 "\n%" PRId64 "\n", previous, seq, at_ms);
    for (size_t i = 0; i < 5; i++)
        (void)aas_buf_printf(&text, "%zu:%s\n", strlen(texts[i]), texts[i]);
    if (aas_buf_status(&text) != 0)
        return aas_buf_status(&text);
    aas_sha256_hex(text.data, text.len, ret_hash);
    return 0;
}

struct tail {
    int64_t seq;
    char hash[HASH];
};

static int take_tail(const bson_t *doc, void *arg)
{
    struct tail *tail = arg;
    tail->seq = aas_doc_int(doc, "seq", 0);
    (void)snprintf(tail->hash, sizeof tail->hash, "%s", aas_doc_str(doc, "hash", ""));
    return 0;
}

static int insert(struct aas_store *store, int64_t seq, int64_t at_ms, const char *const texts[5], const char *previous,
                  struct aas_error *err)
{
    static const char *const names[5] = {"user", "action", "target", "detail", "request_id"};
    char id[24];
    char hash[HASH];
    int rc = hash_record(previous, seq, at_ms, texts, hash);
    if (rc)
        return aas_error_set(err, rc, "the audit record is too large");
    bson_t doc = BSON_INITIALIZER;
    (void)snprintf(id, sizeof id, "%012" PRId64, seq);
    BSON_APPEND_UTF8(&doc, "_id", id);
    BSON_APPEND_INT64(&doc, "seq", seq);
    BSON_APPEND_DATE_TIME(&doc, "at", at_ms);
    for (size_t i = 0; i < 5; i++)
        BSON_APPEND_UTF8(&doc, names[i], texts[i]);
    BSON_APPEND_UTF8(&doc, "previous", previous);
    BSON_APPEND_UTF8(&doc, "hash", hash);
    rc = aas_store_insert(store, AAS_COLL_AUDIT, &doc, err);
    bson_destroy(&doc);
    return rc;
}

int aas_audit_append(struct aas_store *store, const struct aas_audit_event *event, struct aas_error *err)
{
    const struct aas_query newest = {.sort = "seq", .descending = true, .limit = 1};
    char detail[AAS_AUDIT_DETAIL_MAX + 1];
    if (!event->action || !event->action[0])
        return aas_error_set(err, AAS_EINVAL, "an audit record needs an action");
    size_t len = strnlen(event->detail ? event->detail : "", AAS_AUDIT_DETAIL_MAX);
    memcpy(detail, event->detail ? event->detail : "", len);
    while (len > 0 && !aas_str_is_utf8((struct aas_str){detail, len})) /* cut on a letter's border */
        len--;
    detail[len] = '\0';
    const char *const texts[5] = {event->user ? event->user : "", event->action, event->target ? event->target : "",
                                  detail, event->request_id ? event->request_id : ""};
    for (int i = 0; i < ATTEMPTS; i++) {
        struct tail tail = {.seq = 0};
        int rc = aas_store_find(store, AAS_COLL_AUDIT, &newest, take_tail, &tail, NULL, err);
        rc = rc ? rc : insert(store, tail.seq + 1, aas_clock_wall_ms(), texts, tail.hash, err);
        if (rc != AAS_EDUPLICATE)
            return rc;
    }
    return aas_error_set(err, AAS_ECONFLICT, "too many others write audit records");
}

struct walk {
    struct aas_audit_report report;
    struct aas_error *err;
};

static int check_record(const bson_t *doc, void *arg)
{
    struct walk *w = arg;
    int64_t seq = aas_doc_int(doc, "seq", 0);
    const char *const texts[5] = {aas_doc_str(doc, "user", ""), aas_doc_str(doc, "action", ""),
                                  aas_doc_str(doc, "target", ""), aas_doc_str(doc, "detail", ""),
                                  aas_doc_str(doc, "request_id", "")};
    char hash[HASH];
    if (seq != w->report.last_seq + 1)
        return aas_error_set(w->err, AAS_ECORRUPT, "audit record %" PRId64 " is missing", w->report.last_seq + 1);
    int rc = hash_record(w->report.last_hash, seq, aas_doc_int(doc, "at", 0), texts, hash);
    if (rc || strcmp(hash, aas_doc_str(doc, "hash", "")) != 0 ||
        strcmp(w->report.last_hash, aas_doc_str(doc, "previous", "")) != 0)
        return aas_error_set(w->err, AAS_ECORRUPT, "audit record %" PRId64 " was changed", seq);
    w->report.records++;
    w->report.last_seq = seq;
    memcpy(w->report.last_hash, hash, sizeof w->report.last_hash);
    return 0;
}

int aas_audit_verify(struct aas_store *store, struct aas_audit_report *ret_report, struct aas_error *err)
{
    const struct aas_query all = {.sort = "seq"};
    struct walk w = {.err = err};
    int rc = aas_store_find(store, AAS_COLL_AUDIT, &all, check_record, &w, NULL, err);
    *ret_report = w.report;
    return rc;
}
