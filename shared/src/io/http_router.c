#include "http_router.h"

#include <stdlib.h>
#include <string.h>

#include "aas/error.h"

/* A node is one segment's place in the tree. */
struct http_node {
    const char *text; /* literal, or the parameter's name */
    size_t len;
    struct http_node *next;    /* the next literal beside it */
    struct http_node *literal; /* children */
    struct http_node *param;   /* {name} */
    struct http_node *rest;    /* {name...} */
    struct http_entry *entries[AAS_HTTP__COUNT];
};

struct http_node *http_router_create(void)
{
    return calloc(1, sizeof(struct http_node));
}

void http_router_destroy(struct http_node *n)
{
    while (n) {
        struct http_node *next = n->next;
        http_router_destroy(n->literal);
        http_router_destroy(n->param);
        http_router_destroy(n->rest);
        for (size_t m = 0; m < AAS_HTTP__COUNT; m++)
            free(n->entries[m]);
        free(n);
        n = next;
    }
}

static struct http_node *node_new(const char *text, size_t len)
{
    struct http_node *n = calloc(1, sizeof *n);
    if (n) {
        n->text = text;
        n->len = len;
    }
    return n;
}

static struct http_node *find_literal(const struct http_node *parent, const char *text, size_t len)
{
    for (struct http_node *n = parent->literal; n; n = n->next)
        if (n->len == len && memcmp(n->text, text, len) == 0)
            return n;
    return NULL;
}

/* The child of `at` for a pattern's segment, made where it is missing; NULL with *rc set. */
static struct http_node *descend(struct http_node *at, const char *seg, size_t len, bool last, int *rc)
{
    struct http_node **slot;
    bool braces = len > 2 && seg[0] == '{' && seg[len - 1] == '}';
    if (!braces) {
        struct http_node *found = find_literal(at, seg, len);
        *rc = memchr(seg, '{', len) || memchr(seg, '}', len) ? AAS_EINVAL : 0;
        if (*rc || found)
            return found;
        found = node_new(seg, len);
        if (!found) {
            *rc = AAS_ENOMEM;
            return NULL;
        }
        found->next = at->literal;
        at->literal = found;
        return found;
    }
    bool rest = len > 5 && memcmp(seg + len - 4, "...}", 4) == 0;
    if (rest && !last) {
        *rc = AAS_EINVAL;
        return NULL;
    }
    slot = rest ? &at->rest : &at->param;
    size_t name_len = len - (rest ? 5 : 2);
    if (!*slot && !(*slot = node_new(seg + 1, name_len))) {
        *rc = AAS_ENOMEM;
        return NULL;
    }
    /* one name per place, else a handler's parameter would be missing */
    *rc = (*slot)->len == name_len && memcmp((*slot)->text, seg + 1, name_len) == 0 ? 0 : AAS_EINVAL;
    return *rc ? NULL : *slot;
}

int http_router_add(struct http_node *root, const struct aas_http_route *route, void *ctx, size_t index,
                    struct aas_error *err)
{
    const char *p = route->pattern;
    struct http_node *at = root;
    size_t params = 0;
    if (!p || p[0] != '/' || !route->handler || route->method >= AAS_HTTP__COUNT)
        return aas_error_set(err, AAS_EINVAL, "route '%s': a pattern starts with / and has a handler", p ? p : "");
    p++;
    while (*p) {
        size_t len = strcspn(p, "/");
        int rc = len == 0 ? AAS_EINVAL : 0;
        params += p[0] == '{';
        at = rc ? NULL : descend(at, p, len, p[len] == '\0', &rc);
        if (!at || params > AAS_HTTP_MAX_PARAMS)
            return aas_error_set(err, rc ? rc : AAS_EINVAL, "route '%s': malformed at '%s', or too many parameters",
                                 route->pattern, p);
        p += len;
        if (*p == '/' && p[1] != '\0')
            p++;
    }
    if (at->entries[route->method])
        return aas_error_set(err, AAS_EINVAL, "route '%s' is there already", route->pattern);
    struct http_entry *e = malloc(sizeof *e);
    if (!e)
        return aas_error_set(err, AAS_ENOMEM, "out of memory for route '%s'", route->pattern);
    *e = (struct http_entry){.route = route, .ctx = ctx, .index = index};
    at->entries[route->method] = e;
    return 0;
}

static void take(const struct http_node *n, enum aas_http_method method, struct http_match *m)
{
    for (unsigned i = 0; i < AAS_HTTP__COUNT; i++)
        if (n->entries[i])
            m->allowed |= 1u << i;
    m->entry = n->entries[method];
    if (!m->entry && method == AAS_HTTP_HEAD)
        m->entry = n->entries[AAS_HTTP_GET];
    if (m->allowed & (1u << AAS_HTTP_GET))
        m->allowed |= 1u << AAS_HTTP_HEAD;
}

static void push_param(struct http_match *m, const struct http_node *n, const char *value, size_t len)
{
    m->params[m->n_params++] =
        (struct http_param){.name = n->text, .name_len = n->len, .value = value, .value_len = len};
}

/* Depth first, literals before parameters; the depth is bounded by the tree's. True when a row's place was found. */
static bool walk(const struct http_node *at, enum aas_http_method method, const char *p, const char *end,
                 struct http_match *m)
{
    if (p >= end) {
        take(at, method, m);
        return m->allowed != 0;
    }
    const char *slash = memchr(p, '/', (size_t)(end - p));
    size_t len = (size_t)((slash ? slash : end) - p);
    const char *next = slash ? slash + 1 : end;
    if (len > 0 && !(slash && next == end)) {
        const struct http_node *literal = find_literal(at, p, len);
        if (literal && walk(literal, method, next, end, m))
            return true;
        size_t before = m->n_params;
        if (at->param && before < AAS_HTTP_MAX_PARAMS) {
            push_param(m, at->param, p, len);
            if (walk(at->param, method, next, end, m))
                return true;
            m->n_params = before;
        }
    }
    if (at->rest && m->n_params < AAS_HTTP_MAX_PARAMS) {
        push_param(m, at->rest, p, (size_t)(end - p));
        take(at->rest, method, m);
        return m->allowed != 0;
    }
    return false;
}

void http_router_match(const struct http_node *root, enum aas_http_method method, const char *path, size_t len,
                       struct http_match *ret_match)
{
    ret_match->entry = NULL;
    ret_match->allowed = 0;
    ret_match->n_params = 0;
    if (len == 0 || path[0] != '/')
        return;
    (void)walk(root, method, path + 1, path + len, ret_match);
}
