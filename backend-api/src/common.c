/* What handlers of several resources share; see routes.h. */
#include "routes.h"

#include <string.h>

#include "aas/audit.h"
#include "aas/buf.h"
#include "aas/json.h"
#include "aas/json_schema.h"
#include "aas/log.h"
#include "aas/store.h"
#include "app.h"
#include "principal.h"

#define AAS_LOG_MOD "api"

#define FIELD_BYTES 256

void api_audit(struct aas_http_req *req, const char *action, const char *target, const char *detail)
{
    struct api_app *app = aas_http_req_ctx(req);
    struct aas_error err = AAS_ERROR_NONE;
    const struct aas_audit_event event = {.user = api_caller_name(req),
                                          .action = action,
                                          .target = target,
                                          .detail = detail,
                                          .request_id = aas_http_req_id(req)};
    if (aas_audit_append(app->store, &event, &err) != 0)
        AAS_LOG_ERROR("audit.lost", "an act could not be written to the audit trail", AAS_F_STR("action", action),
                      AAS_F_STR("target", target), AAS_F_STR("user", event.user), AAS_F_ERROR(&err));
}

int api_body(struct aas_http_req *req, const char *schema, json_t **ret_body, struct aas_error *err)
{
    const struct aas_schema *compiled = NULL;
    json_t *body = NULL;
    int rc = aas_schema_get(schema, &compiled, err);
    if (rc)
        return rc == AAS_EINVAL ? AAS_ECORRUPT : rc;
    rc = aas_http_req_json(req, &body, err);
    if (rc)
        return rc;
    char *field = aas_http_req_alloc(req, FIELD_BYTES);
    if (!field)
        return AAS_ENOMEM;
    field[0] = '\0';
    rc = aas_schema_check(compiled, body, field, FIELD_BYTES, err);
    if (rc)
        return field[0] ? aas_http_req_field(req, field, rc) : rc;
    *ret_body = body;
    return 0;
}

int api_page(struct aas_http_req *req, struct aas_query *query, struct aas_error *err)
{
    int64_t limit = 0;
    int rc = aas_http_req_query_int(req, "limit", 1, API_PAGE_MAX, API_PAGE_DEFAULT, &limit, err);
    if (rc)
        return rc;
    query->limit = (size_t)limit;
    query->cursor = aas_http_req_query(req, "cursor");
    return 0;
}

int api_filter_text(struct api_filter *filter, const char *name, const char *field, const char *const *choices,
                    struct aas_error *err)
{
    const char *value = aas_http_req_query(filter->req, name);
    if (!value)
        return 0;
    if (strlen(value) > 128)
        return aas_http_req_field(filter->req, name,
                                  aas_error_set(err, AAS_EINVAL, "%s has more than 128 bytes", name));
    bool known = !choices;
    for (size_t i = 0; choices && choices[i]; i++)
        known |= strcmp(choices[i], value) == 0;
    if (!known)
        return aas_http_req_field(
            filter->req, name,
            aas_error_set(err, AAS_EINVAL, "%s is \"%.40s\", which is none of its values", name, value));
    filter->conds[filter->count++] = (struct aas_cond){.field = field, .op = AAS_OP_EQ, .value = AAS_V_STR(value)};
    return 0;
}

int api_filter_times(struct api_filter *filter, const char *field, struct aas_error *err)
{
    static const struct {
        const char *name;
        enum aas_op op;
    } ends[] = {{"from", AAS_OP_GE}, {"to", AAS_OP_LE}};
    for (size_t i = 0; i < 2; i++) {
        int64_t ms = 0;
        int rc = aas_http_req_query_int(filter->req, ends[i].name, 0, INT64_C(253402300799999), -1, &ms, err);
        if (rc)
            return rc;
        if (ms >= 0)
            filter->conds[filter->count++] =
                (struct aas_cond){.field = field, .op = ends[i].op, .value = AAS_V_TIME(ms)};
    }
    return 0;
}

/* What is the services' own and no business of clients: the revision, and the features that a prediction was made from.
 */
int api_append_document(struct aas_buf *out, const bson_t *doc, struct aas_error *err)
{
    bson_t shown;
    bson_init(&shown);
    bson_copy_to_excluding_noinit(doc, &shown, "rev", "row", NULL);
    int rc = aas_json_write_bson(out, &shown, err);
    bson_destroy(&shown);
    return rc;
}

struct list {
    struct aas_buf *out;
    struct aas_error *err;
    bool any;
};

static int append_item(const bson_t *doc, void *arg)
{
    struct list *list = arg;
    if (list->any)
        (void)aas_buf_append_char(list->out, ',');
    list->any = true;
    return api_append_document(list->out, doc, list->err);
}

int api_reply_list(struct api_app *app, struct aas_http_req *req, int collection, const struct aas_query *query,
                   struct aas_error *err)
{
    char next[AAS_STORE_CURSOR_BYTES] = "";
    struct list list = {.out = aas_http_req_buf(req), .err = err};
    (void)aas_buf_append_str(list.out, "{\"items\":[");
    int rc = aas_store_find(app->store, (enum aas_collection)collection, query, append_item, &list, next, err);
    if (rc)
        return rc == AAS_EPARSE && query->cursor ? aas_http_req_field(req, "cursor", AAS_EINVAL) : rc;
    (void)aas_buf_append_str(list.out, "],\"next\":");
    if (next[0])
        (void)aas_buf_append_json(list.out, next, strlen(next));
    else
        (void)aas_buf_append_str(list.out, "null");
    (void)aas_buf_append_char(list.out, '}');
    aas_http_reply_buf(req, 200, "application/json");
    return 0;
}

int api_reply_document(struct api_app *app, struct aas_http_req *req, int collection, const char *id, const char *what,
                       struct aas_error *err)
{
    bson_t *doc = NULL;
    if (strlen(id) > AAS_STORE_ID_MAX_BYTES)
        return aas_error_set(err, AAS_ENOENT, "there is no %s of that id", what);
    int rc = aas_store_get(app->store, (enum aas_collection)collection, id, &doc, err);
    if (rc == AAS_ENOENT)
        return aas_error_set(err, AAS_ENOENT, "there is no %s \"%.64s\"", what, id);
    if (rc)
        return rc;
    struct aas_buf *out = aas_http_req_buf(req);
    rc = api_append_document(out, doc, err);
    bson_destroy(doc);
    if (rc == 0)
        aas_http_reply_buf(req, 200, "application/json");
    return rc;
}
