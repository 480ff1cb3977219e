/* Route tables compiled into a tree of path segments. Pure. Built before the server starts, read without locks
 * afterwards. */
#pragma once

#include <aas/http_route.h>

struct http_node;

/** What the server keeps per row. */
struct http_entry {
    const struct aas_http_route *route; /* borrowed */
    void *ctx;
    size_t index; /* of its figures */
};

struct http_param {
    const char *name; /* in the pattern, without braces; not terminated */
    size_t name_len;
    const char *value; /* in the path, still encoded */
    size_t value_len;
};

struct http_match {
    const struct http_entry *entry; /* NULL: no row for this method */
    uint32_t allowed;               /* bit per method that the path has; 0: no such path */
    struct http_param params[AAS_HTTP_MAX_PARAMS];
    size_t n_params;
};

/** NULL when out of memory. */
struct http_node *http_router_create(void);
void http_router_destroy(struct http_node *root);
/** Add a row. Errors: AAS_EINVAL malformed or doubled pattern, AAS_ENOMEM. */
int http_router_add(struct http_node *root, const struct aas_http_route *route, void *ctx, size_t index,
                    struct aas_error *err) __attribute__((warn_unused_result));
/** Find the row for a path (encoded, without query). HEAD takes the GET row. */
void http_router_match(const struct http_node *root, enum aas_http_method method, const char *path, size_t len,
                       struct http_match *ret_match);
