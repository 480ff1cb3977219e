/* Route tables by resource, and what their handlers share. A handler's context is the struct api_app. */
#pragma once

#include <bson/bson.h>
#include <jansson.h>
#include <stddef.h>

#include "aas/error.h"
#include "aas/http_route.h"
#include "aas/http_server.h"

struct aas_buf;
struct aas_cond;
struct aas_query;
struct api_app;
struct api_machine_tokens;
struct api_principal;
struct api_rate_state;

#define API_ROUTE_PAGE   ((uint32_t)AAS_HTTP_USER_FLAG) /* an HTML page: it brings its own Content-Security-Policy */
#define API_TOKEN_PREFIX "aas_"                         /* of API tokens for machines */
#define API_PAGE_DEFAULT 50
#define API_PAGE_MAX     500

struct api_table {
    const struct aas_http_route *routes;
    size_t count;
};
#define API_TABLE(rows)                                                                                                \
    {                                                                                                                  \
        (rows), sizeof(rows) / sizeof((rows)[0])                                                                       \
    }

extern const struct api_table api_routes_auth, api_routes_sensors, api_routes_predictions, api_routes_dashboard,
    api_routes_models, api_routes_realtime, api_routes_alarms, api_routes_faults, api_routes_users, api_routes_docs;

/** The request's body as JSON, checked with an embedded schema; names the field in the problem. Borrowed. */
int api_body(struct aas_http_req *req, const char *schema, json_t **ret_body, struct aas_error *err) AAS_MUST_CHECK;

/** limit and cursor of a list request into query. */
int api_page(struct aas_http_req *req, struct aas_query *query, struct aas_error *err) AAS_MUST_CHECK;

/** A filter that grows by the query parameters that are there. */
struct api_filter {
    struct aas_http_req *req;
    struct aas_cond *conds; /* room for AAS_STORE_FILTER_MAX */
    size_t count;
};
/** Equality with text parameter `name`, if given; choices NULL or the values allowed (NULL-terminated). */
int api_filter_text(struct api_filter *filter, const char *name, const char *field, const char *const *choices,
                    struct aas_error *err) AAS_MUST_CHECK;
/** from <= field <= to of the parameters `from` and `to`. */
int api_filter_times(struct api_filter *filter, const char *field, struct aas_error *err) AAS_MUST_CHECK;

/** Append a stored document as clients may see it. */
int api_append_document(struct aas_buf *out, const bson_t *doc, struct aas_error *err) AAS_MUST_CHECK;
/** Find, and answer {"items": [...], "next": cursor or null} with documents as they are stored. */
int api_reply_list(struct api_app *app, struct aas_http_req *req, int collection, const struct aas_query *query,
                   struct aas_error *err) AAS_MUST_CHECK;
/** Answer one stored document by id. AAS_ENOENT names `what`. */
int api_reply_document(struct api_app *app, struct aas_http_req *req, int collection, const char *id, const char *what,
                       struct aas_error *err) AAS_MUST_CHECK;

/** Write to the audit trail that the caller did this; a failure is logged and changes nothing for the caller. */
void api_audit(struct aas_http_req *req, const char *action, const char *target, const char *detail);

/** 429 with Retry-After. Returns AAS_ERATE. */
int api_rate_refuse(struct aas_http_req *req, const struct api_rate_state *state, struct aas_error *err);

/** An API token's owner and scope; kept in memory for half a minute. AAS_EUNAUTHORIZED. */
int api_machine_token_check(struct api_app *app, const char *token, struct api_principal *ret_principal,
                            struct aas_error *err) AAS_MUST_CHECK;
int api_machine_tokens_create(struct api_machine_tokens **ret_tokens) AAS_MUST_CHECK;
void api_machine_tokens_destroy(struct api_machine_tokens *tokens);
/** After a revocation: forget what was kept. */
void api_machine_tokens_forget(struct api_app *app);
