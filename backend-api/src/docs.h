/* GET /docs: Swagger UI from a directory on this machine (no CDN), read once at start; where it is not there, a plain
 * list of the operations that is made with the contract. Read without locks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "aas/error.h"

struct api_docs;

/** root: the directory of swagger-ui-dist; "" or one without its files: the plain list. Errors: AAS_ENOMEM. */
int api_docs_create(struct api_docs **ret_docs, const char *root) AAS_MUST_CHECK;
void api_docs_destroy(struct api_docs *docs); /* NULL is fine; after the HTTP server's stop */
/** The page, and a file of it by name; NULL: there is no such file. Borrowed. */
const char *api_docs_page(const struct api_docs *docs, size_t *ret_len);
const char *api_docs_file(const struct api_docs *docs, const char *name, const char **ret_type, size_t *ret_len);
