/* MongoDB driver: opening, client pool, breaker, errors. See store_mongo.h. Works with libmongoc 1.23 to 1.30. */
#include "store_mongo.h"

#include <stdlib.h>
#include <string.h>

#include "aas/log.h"

#define BACKOFF_MIN_MS   200
#define BACKOFF_MAX_MS   5000
#define PING_MS          1500
#define FAILURES_TO_OPEN 3 /* a restarted server breaks one pooled connection after the other */

/* ---- library ---- */

static void on_log(mongoc_log_level_t level, const char *domain, const char *text, void *arg)
{
    (void)domain;
    (void)arg;
    /* what matters comes back as an error of the call: the library's own lines are for debugging */
    aas_log_bridge(level <= MONGOC_LOG_LEVEL_CRITICAL ? AAS_LOG_WARN : AAS_LOG_DEBUG, "mongoc", text, SIZE_MAX);
}

static void init_library(void)
{
    mongoc_log_set_handler(on_log, NULL); /* before init: Debian's build prints there already */
    mongoc_init();
}

/* ---- errors ---- */

static bool server_is_away(uint32_t code)
{
    static const uint32_t codes[] = {6 /* HostUnreachable */,
                                     7 /* HostNotFound */,
                                     50 /* MaxTimeMSExpired */,
                                     64 /* WriteConcernFailed */,
                                     89 /* NetworkTimeout */,
                                     91 /* ShutdownInProgress */,
                                     100 /* UnsatisfiableWriteConcern */,
                                     133 /* FailedToSatisfyReadPreference */,
                                     189 /* PrimarySteppedDown */,
                                     9001 /* SocketException */,
                                     10107 /* NotWritablePrimary */,
                                     11600 /* InterruptedAtShutdown */,
                                     11602 /* InterruptedDueToReplStateChange */,
                                     13435 /* NotPrimaryNoSecondaryOk */,
                                     13436 /* NotPrimaryOrSecondary */};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i] == code)
            return true;
    return false;
}

int mg_fail(const bson_error_t *e, const char *what, struct aas_error *err)
{
    int code = AAS_EUPSTREAM;
    if (e->domain == MONGOC_ERROR_SERVER_SELECTION || e->domain == MONGOC_ERROR_STREAM)
        code = AAS_EUNAVAILABLE;
    else if (e->domain == MONGOC_ERROR_WRITE_CONCERN)
        code = AAS_EUNAVAILABLE;
    else if (e->domain == MONGOC_ERROR_SERVER && server_is_away(e->code))
        code = AAS_EUNAVAILABLE;
    else if (e->domain == MONGOC_ERROR_SERVER && e->code == 14031) /* OutOfDiskSpace */
        code = AAS_ENOSPC;
    else if (e->domain == MONGOC_ERROR_SERVER && e->code == 10334) /* BSONObjectTooLarge */
        code = AAS_ETOOBIG;
    else if (e->domain == MONGOC_ERROR_SERVER && e->code == MONGOC_ERROR_DUPLICATE_KEY)
        code = AAS_EDUPLICATE;
    else if (e->domain == MONGOC_ERROR_BSON)
        code = AAS_ECORRUPT;
    return aas_error_set(err, code, "%s: MongoDB says: %s", what, e->message);
}

/* ---- breaker and pool ---- */

static bool breaker_lets_through(struct mg_store *s)
{
    (void)pthread_mutex_lock(&s->lock);
    bool yes = !s->open || (!s->probing && aas_mono_passed(s->retry_at));
    if (yes && s->open)
        s->probing = true;
    (void)pthread_mutex_unlock(&s->lock);
    return yes;
}

static void breaker_note(struct mg_store *s, bool away)
{
    (void)pthread_mutex_lock(&s->lock);
    s->probing = false;
    if (!away) {
        s->failures = 0;
        s->open = false;
        aas_backoff_reset(&s->backoff);
    } else if (++s->failures >= FAILURES_TO_OPEN || s->open) {
        s->open = true;
        s->retry_at = aas_mono_in_ms(aas_backoff_next_ms(&s->backoff));
    }
    (void)pthread_mutex_unlock(&s->lock);
}

int mg_acquire(struct mg_store *s, mongoc_client_t **ret, struct aas_error *err)
{
    if (!breaker_lets_through(s))
        return aas_error_set(err, AAS_EUNAVAILABLE, "MongoDB does not answer; trying again within %d s",
                             BACKOFF_MAX_MS / 1000);
    mongoc_client_t *client = mongoc_client_pool_pop(s->pool); /* bounded by waitQueueTimeoutMS */
    if (!client) {
        (void)pthread_mutex_lock(&s->lock);
        s->probing = false;
        (void)pthread_mutex_unlock(&s->lock);
        return aas_error_set(err, AAS_EUNAVAILABLE, "all MongoDB connections are busy");
    }
    *ret = client;
    return 0;
}

int mg_release(struct mg_store *s, mongoc_client_t *client, int rc)
{
    mongoc_client_pool_push(s->pool, client);
    breaker_note(s, rc == AAS_EUNAVAILABLE);
    return rc;
}

mongoc_collection_t *mg_collection(struct mg_store *s, mongoc_client_t *client, enum aas_collection c)
{
    return mongoc_client_get_collection(client, s->db, aas_store_collection(c)->name);
}

/* ---- open, ping, close ---- */

/* Past the breaker, which a server that answers again closes. */
static int mg_ping(struct store_driver *d, struct aas_error *err)
{
    struct mg_store *s = (struct mg_store *)d;
    bson_error_t e;
    int rc = 0;
    MG_AUTO_BSON bson_t command = BSON_INITIALIZER;
    mongoc_client_t *client = mongoc_client_pool_pop(s->ping_pool);
    if (!client)
        return aas_error_set(err, AAS_EUNAVAILABLE, "MongoDB has not answered for a while");
    BSON_APPEND_INT32(&command, "ping", 1);
    mongoc_server_description_t *server =
        mongoc_client_select_server(client, true, NULL, &e); /* one that takes writes */
    if (!server || !mongoc_client_command_simple(client, s->db, &command, NULL, NULL, &e))
        rc = mg_fail(&e, "asking whether it answers", err);
    mongoc_server_description_destroy(server);
    mongoc_client_pool_push(s->ping_pool, client);
    breaker_note(s, rc == AAS_EUNAVAILABLE);
    return rc;
}

static void mg_close(struct store_driver *d)
{
    struct mg_store *s = (struct mg_store *)d;
    if (s->pool)
        mongoc_client_pool_destroy(s->pool);
    if (s->ping_pool)
        mongoc_client_pool_destroy(s->ping_pool);
    (void)pthread_mutex_destroy(&s->lock);
    free(s->db);
    free(s);
}

static const struct store_driver_ops mongo_ops = {
    .name = "mongodb",
    .close = mg_close,
    .ping = mg_ping,
    .ensure = mg_ensure,
    .find = mg_find,
    .get = mg_get,
    .count = mg_count,
    .tally = mg_tally,
    .insert = mg_insert,
    .replace = mg_replace,
    .remove = mg_remove,
    .blob_put = mg_blob_put,
    .blob_get = mg_blob_get,
    .blob_remove = mg_blob_remove,
    .blob_list = mg_blob_list,
};

/* Bounds that the library leaves at 30 s or at none, where the URL doesn't say otherwise: without the first, every call
 * blocks 30 s while the server is down. */
static bool set_defaults(mongoc_uri_t *uri)
{
    static const struct {
        const char *name;
        int32_t value;
    } bounds[] = {
        {MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 1500},
        {MONGOC_URI_CONNECTTIMEOUTMS, 1500},
        {MONGOC_URI_SOCKETTIMEOUTMS, 10000},
        {MONGOC_URI_WAITQUEUETIMEOUTMS, 5000},
        {MONGOC_URI_MAXPOOLSIZE, 32},
    };
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++)
        if (!mongoc_uri_has_option(uri, bounds[i].name) &&
            !mongoc_uri_set_option_as_int32(uri, bounds[i].name, bounds[i].value))
            return false;
    if (!mongoc_uri_get_appname(uri) && !mongoc_uri_set_appname(uri, "aastreli"))
        return false;
    if (!mongoc_uri_has_option(uri, MONGOC_URI_W)) {
        mongoc_write_concern_t *concern = mongoc_write_concern_new();
        mongoc_write_concern_set_wmajority(concern, 10000);
        mongoc_write_concern_set_journal(concern, true);
        mongoc_uri_set_write_concern(uri, concern);
        mongoc_write_concern_destroy(concern);
    }
    return true;
}

static int new_pool(const mongoc_uri_t *uri, mongoc_client_pool_t **ret, struct aas_error *err)
{
    bson_error_t e;
    *ret = mongoc_client_pool_new_with_error(uri, &e);
    if (!*ret)
        return aas_error_set(err, AAS_EINVAL, "the store URL can't be used: %s", e.message);
    (void)mongoc_client_pool_set_error_api(*ret, MONGOC_ERROR_API_VERSION_2);
    return 0;
}

static int make_pools(struct mg_store *s, const char *url, struct aas_error *err)
{
    bson_error_t e;
    mongoc_uri_t *uri = mongoc_uri_new_with_error(url, &e);
    if (!uri) /* its text may quote the URL, with a password */
        return aas_error_set(err, AAS_EINVAL, "the store URL is no valid MongoDB URI");
    const char *db = mongoc_uri_get_database(uri);
    s->db = strdup(db && db[0] != '\0' ? db : "aastreli");
    int rc = s->db ? 0 : aas_error_set(err, AAS_ENOMEM, "no memory for the store");
    if (rc == 0 && !set_defaults(uri))
        rc = aas_error_set(err, AAS_EINVAL, "the store URL has an option that is out of its range");
    if (rc == 0)
        rc = new_pool(uri, &s->pool, err);
    if (rc == 0 && (!mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, PING_MS) ||
                    !mongoc_uri_set_option_as_int32(uri, MONGOC_URI_WAITQUEUETIMEOUTMS, PING_MS) ||
                    !mongoc_uri_set_option_as_int32(uri, MONGOC_URI_MAXPOOLSIZE, 1)))
        rc = aas_error_set(err, AAS_ENOMEM, "no memory for the store");
    if (rc == 0)
        rc = new_pool(uri, &s->ping_pool, err);
    mongoc_uri_destroy(uri);
    return rc;
}

int store_mongo_open(struct store_driver **ret, const char *url, struct aas_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, init_library);
    struct mg_store *s = calloc(1, sizeof *s);
    if (!s)
        return aas_error_set(err, AAS_ENOMEM, "no memory for the store");
    s->base.ops = &mongo_ops;
    (void)pthread_mutex_init(&s->lock, NULL);
    aas_backoff_init(&s->backoff, BACKOFF_MIN_MS, BACKOFF_MAX_MS, 0);
    int rc = make_pools(s, url, err);
    if (rc != 0) {
        mg_close(&s->base);
        return rc;
    }
    *ret = &s->base;
    return 0;
}
