/* What the HTTP server decodes from a head: path against the router, query pairs, percent-escapes, cookies, lists. */
#undef NDEBUG /* a fuzz target asserts in release builds too */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aas/error.h"
#include "http_query.h"
#include "http_router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int nothing(struct aas_http_req *req, struct aas_error *err)
{
    (void)req;
    (void)err;
    return 0;
}

static const struct aas_http_route routes[] = {
    {.method = AAS_HTTP_GET, .pattern = "/a/{id}", .handler = nothing},
    {.method = AAS_HTTP_GET, .pattern = "/a/b", .handler = nothing},
    {.method = AAS_HTTP_POST, .pattern = "/a/{id}/{n}/c", .handler = nothing},
    {.method = AAS_HTTP_GET, .pattern = "/f/{rest...}", .handler = nothing},
};

static void check_pairs(const char *text, size_t len)
{
    struct http_pair p;
    const char *end = text + len;
    char *dst = malloc(len + 1);
    assert(dst);
    for (const char *at = text; http_query_next(&at, end, &p);) {
        assert(p.name >= text && p.value + p.value_len <= end);
        int n = http_percent_decode(p.value, p.value_len, true, dst);
        assert(n <= (int)p.value_len && (n < 0 || strlen(dst) == (size_t)n));
    }
    free(dst);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_node *root;
    if (!root) {
        root = http_router_create();
        for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
            if (http_router_add(root, &routes[i], NULL, i, NULL) != 0)
                abort();
    }
    char *text = malloc(size + 1);
    assert(text);
    memcpy(text, data, size);
    text[size] = '\0';
    struct http_match m;
    http_router_match(root, AAS_HTTP_GET, text, size, &m);
    for (size_t i = 0; i < m.n_params; i++)
        assert(m.params[i].value >= text && m.params[i].value + m.params[i].value_len <= text + size);
    check_pairs(text, size);
    const char *value;
    size_t len;
    if (http_cookie_find(text, "c", &value, &len))
        assert(value >= text && value + len <= text + size);
    (void)http_list_has(text, "upgrade");
    free(text);
    return 0;
}
