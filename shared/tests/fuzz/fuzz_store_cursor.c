/* Cursors come from clients: whatever the text, it is read or refused; what is read is written again as the same text.
 * The first byte chooses the query; with the second's lowest bit set the rest becomes the _id of a document whose own
 * cursor must then be readable. */
#undef NDEBUG /* the asserts are the test, in every preset */
#include "store_internal.h"

#include <assert.h>
#include <string.h>

static const char *const sorts[] = {NULL, "at", "label", "confidence", "is_anomaly"};

static struct store_plan plan_of(uint8_t choice)
{
    static const struct aas_cond where[] = {{.field = "sensor_id", .value = {.type = AAS_VALUE_STR, .v.s = "p"}}};
    const struct aas_store_collection *coll = aas_store_collection(AAS_COLL_PREDICTIONS);
    const char *sort = sorts[choice % 5];
    return (struct store_plan){.c = AAS_COLL_PREDICTIONS,
                               .coll = coll,
                               .where = where,
                               .n_where = choice / 5 % 2,
                               .sort = sort ? aas_store_field(coll, sort) : NULL,
                               .descending = choice / 10 % 2 == 1};
}

static bson_t *document(const char *id)
{
    bson_t *d = bson_new();
    BSON_APPEND_UTF8(d, "_id", id);
    BSON_APPEND_DATE_TIME(d, "at", 1700000000000);
    BSON_APPEND_UTF8(d, "label", "imbalance");
    BSON_APPEND_DOUBLE(d, "confidence", 0.25);
    BSON_APPEND_BOOL(d, "is_anomaly", true);
    return d;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[4096];
    char made[AAS_STORE_CURSOR_BYTES];
    struct store_position pos;
    if (size < 2 || size - 2 >= sizeof text)
        return 0;
    memcpy(text, data + 2, size - 2);
    text[size - 2] = '\0';
    struct store_plan plan = plan_of(data[0]);
    if ((data[1] & 1) == 0) {
        int rc = store_cursor_read(&plan, text, &pos, NULL);
        assert(rc == 0 || rc == AAS_EPARSE);
        return 0;
    }
    if (!store_id_ok(text, strlen(text)))
        return 0;
    bson_t *d = document(text);
    if (store_cursor_make(&plan, d, made, NULL) == 0) {
        int rc = store_cursor_read(&plan, made, &pos, NULL);
        assert(rc == 0 && strcmp(pos.id, text) == 0);
        struct store_plan other = plan_of((uint8_t)(data[0] + 1));
        assert(store_cursor_read(&other, made, &pos, NULL) == AAS_EPARSE);
    }
    bson_destroy(d);
    return 0;
}
