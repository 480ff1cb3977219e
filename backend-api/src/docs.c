#include "docs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aas/cleanup.h"
#include "aas/log.h"
#include "openapi.h"

#define AAS_LOG_MOD "docs"

#define MAX_BYTES ((off_t)8 << 20)
#define FILES     2

struct file {
    const char *name, *type;
    char *data;
    size_t len;
};

struct api_docs {
    struct file files[FILES];
    bool complete;
};

static const char page[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Aastreli API</title>\n"
    "<link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" "
    "href=\"docs/swagger-ui.css\">\n</head>\n<body>\n<div id=\"ui\"></div>\n"
    "<script src=\"docs/swagger-ui-bundle.js\"></script>\n<script src=\"docs/init.js\"></script>\n</body>\n</html>\n";
/* validatorUrl: the default would ask a server on the Internet */
static const char init[] = "SwaggerUIBundle({url: 'openapi.json', dom_id: '#ui', validatorUrl: null, deepLinking: true,"
                           " persistAuthorization: false, withCredentials: true});\n";

static int read_file(const char *root, struct file *file)
{
    char path[4096];
    struct stat st;
    int n = snprintf(path, sizeof path, "%s/%s", root, file->name);
    AAS_AUTO_CLOSE int fd = n > 0 && (size_t)n < sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0 || st.st_size > MAX_BYTES)
        return AAS_ENOENT;
    file->data = malloc((size_t)st.st_size);
    if (!file->data)
        return AAS_ENOMEM;
    while (file->len < (size_t)st.st_size) {
        ssize_t got = read(fd, file->data + file->len, (size_t)st.st_size - file->len);
        if (got <= 0)
            return AAS_ENOENT;
        file->len += (size_t)got;
    }
    return 0;
}

int api_docs_create(struct api_docs **ret_docs, const char *root)
{
    struct api_docs *docs = calloc(1, sizeof *docs);
    if (!docs)
        return AAS_ENOMEM;
    docs->files[0] = (struct file){.name = "swagger-ui.css", .type = "text/css"};
    docs->files[1] = (struct file){.name = "swagger-ui-bundle.js", .type = "text/javascript"};
    docs->complete = root[0] != '\0';
    for (size_t i = 0; docs->complete && i < FILES; i++) {
        int rc = read_file(root, &docs->files[i]);
        if (rc == AAS_ENOMEM) {
            api_docs_destroy(docs);
            return rc;
        }
        docs->complete = rc == 0;
    }
    if (root[0] && !docs->complete)
        AAS_LOG_INFO("docs.plain", "Swagger UI is not there, /docs is a plain list", AAS_F_STR("dir", root));
    *ret_docs = docs;
    return 0;
}

void api_docs_destroy(struct api_docs *docs)
{
    if (!docs)
        return;
    for (size_t i = 0; i < FILES; i++)
        free(docs->files[i].data);
    free(docs);
}

const char *api_docs_page(const struct api_docs *docs, size_t *ret_len)
{
    *ret_len = docs->complete ? sizeof page - 1 : api_operations_page_len;
    return docs->complete ? page : api_operations_page;
}

const char *api_docs_file(const struct api_docs *docs, const char *name, const char **ret_type, size_t *ret_len)
{
    if (!docs->complete)
        return NULL;
    if (strcmp(name, "init.js") == 0) {
        *ret_type = "text/javascript";
        *ret_len = sizeof init - 1;
        return init;
    }
    for (size_t i = 0; i < FILES; i++) {
        if (strcmp(name, docs->files[i].name) == 0) {
            *ret_type = docs->files[i].type;
            *ret_len = docs->files[i].len;
            return docs->files[i].data;
        }
    }
    return NULL;
}
