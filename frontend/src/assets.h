/* The dashboard's files, all in memory: no path is opened at request time, so that a path that was not found at start
 * can't lead anywhere.
 *
 * Users: app.c (load, reload), routes.c. An index is immutable and counted; a request holds a reference until its
 * answer has been sent. */
#pragma once

#include "encoding.h"

#include <aas/error.h>
#include <aas/ref.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEB_ETAG_BYTES 48

struct web_body {
    char *bytes; /* NULL: there is no such form */
    size_t len;
    char etag[WEB_ETAG_BYTES]; /* without quotes; each form has its own */
};

struct web_asset {
    char *path; /* "/assets/index-4f2a91bc.js" */
    const char *type;
    bool immutable;     /* a hashed name: the content never changes */
    unsigned available; /* bit set of forms */
    struct web_body body[WEB_ENCODING__COUNT];
};

struct web_assets {
    struct aas_ref ref;
    struct web_asset *items; /* sorted by path */
    size_t count;
    size_t bytes;
    const struct web_asset *index; /* "/index.html" */
};

/** Reads every regular file below root; names that start with a dot and symbolic links are left out. x.gz and x.br
 *  beside x become forms of x, unless they are older than x or (gz) not of its size: then they are left out and told
 *  in the log. Errors: AAS_ENOENT, AAS_EACCES … with root and what to do; AAS_ENOENT without an index.html; AAS_ETOOBIG
 *  over max_bytes or 10,000 files; AAS_ENOMEM. */
int web_assets_load(struct web_assets **ret_assets, const char *root, size_t max_bytes,
                    struct aas_error *err) AAS_MUST_CHECK;
struct web_assets *web_assets_ref(struct web_assets *assets);
/** Takes void * to be a request's free function. NULL is fine. */
void web_assets_unref(void *assets);

/** By decoded path; "/" is index.html. NULL: no such file. */
const struct web_asset *web_assets_find(const struct web_assets *assets, const char *path);
/** A name with a content hash below /assets/, as the bundler writes them: "name-", eight letters, digits, _ or -,
 * ".ext". */
bool web_path_is_hashed(const char *path);
