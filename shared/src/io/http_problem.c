/* The one table from error codes to HTTP status and the stable word of a problem. */
#include "http_internal.h"

#include <string.h>

#include "aas/json.h"

struct row {
    int code;
    unsigned status;
    const char *word;
};

static const struct row table[] = {
    {AAS_EINVAL, 400, "invalid_field"},
    {AAS_EPARSE, 400, "invalid_field"},
    {AAS_ERANGE, 400, "invalid_field"},
    {AAS_EUNAUTHORIZED, 401, "unauthorized"},
    {AAS_EFORBIDDEN, 403, "forbidden"},
    {AAS_EACCES, 403, "forbidden"},
    {AAS_ENOENT, 404, "not_found"},
    {AAS_ECONFLICT, 409, "conflict"},
    {AAS_EDUPLICATE, 409, "conflict"},
    {AAS_EEXIST, 409, "conflict"},
    {AAS_EBUSY, 409, "conflict"},
    {AAS_ETOOBIG, 413, "payload_too_large"},
    {AAS_EMISMATCH, 422, "unprocessable"},
    {AAS_ENOTSUP, 422, "unprocessable"},
    {-EPROTO, 426, "upgrade_required"},
    {AAS_ERATE, 429, "rate_limited"},
    {AAS_EUPSTREAM, 502, "upstream"},
    {AAS_EUNAVAILABLE, 503, "unavailable"},
    {AAS_EFULL, 503, "unavailable"},
    {AAS_EAGAIN, 503, "unavailable"},
    {AAS_ECLOSED, 503, "unavailable"},
    {AAS_ECANCELED, 503, "unavailable"},
    {AAS_ENOSPC, 507, "insufficient_storage"},
    {AAS_ETIMEDOUT, 504, "timeout"},
};

static const struct row *find(int code)
{
    static const struct row internal = {0, 500, "internal"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == code)
            return &table[i];
    return &internal;
}

unsigned aas_http_status_of(int code)
{
    return find(code)->status;
}

const char *aas_http_code_word(int code)
{
    return find(code)->word;
}

static const char *title_of(unsigned status)
{
    const char *title = MHD_get_reason_phrase_for(status);
    return title ? title : "Error";
}

static void write_problem(struct aas_buf *out, unsigned status, const char *code, const char *detail, const char *field,
                          const char *request_id)
{
    (void)aas_buf_append_str(out, "{\"type\":\"about:blank\",\"title\":");
    const char *title = title_of(status);
    (void)aas_buf_append_json(out, title, strlen(title));
    (void)aas_buf_append_str(out, ",\"status\":");
    (void)aas_buf_append_u64(out, status);
    (void)aas_buf_append_str(out, ",\"code\":");
    (void)aas_buf_append_json(out, code, strlen(code));
    (void)aas_buf_append_str(out, ",\"detail\":");
    (void)aas_buf_append_json(out, detail, strlen(detail));
    if (field) {
        (void)aas_buf_append_str(out, ",\"field\":");
        (void)aas_buf_append_json(out, field, strlen(field));
    }
    (void)aas_buf_append_str(out, ",\"request_id\":");
    (void)aas_buf_append_json(out, request_id, strlen(request_id));
    (void)aas_buf_append_char(out, '}');
}

void aas_http_reply_problem(struct aas_http_req *req, unsigned status, const char *code, const char *detail)
{
    struct aas_buf *out = aas_http_req_buf(req);
    write_problem(out, status, code, detail ? detail : title_of(status), req->field, req->id);
    aas_http_reply_buf(req, status, "application/problem+json");
}

void aas_http_reply_error(struct aas_http_req *req, int code, const struct aas_error *err)
{
    const struct row *row = find(code);
    /* what went wrong inside is for the log, not for the client */
    const char *detail =
        row->status == 500 ? "an internal error; the log has it under this request_id" : aas_error_text(err, code);
    aas_http_reply_problem(req, row->status, row->word, detail);
    if (row->status == 503)
        aas_http_reply_header(req, "Retry-After", "1");
}

json_t *aas_http_problem_json(int code, const struct aas_error *err, const char *field, const char *request_id)
{
    const struct row *row = find(code);
    json_t *json = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s}", "type", "about:blank", "title", title_of(row->status),
                             "status", (int)row->status, "code", row->word, "detail", aas_error_text(err, code),
                             "request_id", request_id ? request_id : "");
    if (json && field && json_object_set_new(json, "field", json_string(field)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}
