/* Hand-over of a WebSocket's socket (docs/adr/0003): the descriptor is duplicated, and a minimal head is rebuilt for
 * the library that adopts it. Needs MHD_USE_TURBO: without it libmicrohttpd shuts the connection down on its close. */
#include "http_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "http_query.h"

/* 16 bytes in base64 are 22 characters and "==" (RFC 6455, 4.1). */
static bool key_is_sound(const char *key)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return strlen(key) == 24 && strspn(key, alphabet) == 22 && strcmp(key + 22, "==") == 0;
}

static int check(struct aas_http_req *req, struct aas_error *err)
{
    const char *connection = aas_http_req_header(req, "Connection");
    const char *key = aas_http_req_header(req, "Sec-WebSocket-Key");
    const char *version = aas_http_req_header(req, "Sec-WebSocket-Version");
    if (!connection || !http_list_has(connection, "upgrade"))
        return aas_error_set(err, AAS_EINVAL, "header Connection must hold upgrade");
    if (!key || !key_is_sound(key))
        return aas_error_set(err, AAS_EINVAL, "header Sec-WebSocket-Key must be 16 bytes in base64");
    if (!version || strcmp(version, "13") != 0) {
        aas_http_reply_header(req, "Sec-WebSocket-Version", "13");
        return aas_error_set(err, -EPROTO, "Sec-WebSocket-Version is '%.20s'; 13 is right", version ? version : "");
    }
    return 0;
}

int aas_http_req_take_socket(struct aas_http_req *req, const char *subprotocol, int *ret_fd, char *head,
                             size_t head_size, size_t *ret_head_len, struct aas_error *err)
{
    int rc = check(req, err);
    if (rc)
        return rc;
    int n = snprintf(head, head_size,
                     "GET %.512s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n%s%s%s\r\n",
                     req->path, aas_http_req_header(req, "Sec-WebSocket-Key"),
                     subprotocol ? "Sec-WebSocket-Protocol: " : "", subprotocol ? subprotocol : "",
                     subprotocol ? "\r\n" : "");
    if (n < 0 || (size_t)n >= head_size)
        return aas_error_set(err, AAS_ETOOBIG, "the upgrade's head does not fit");
    int fd = fcntl(req->conn->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return aas_error_set(err, AAS_EUNAVAILABLE, "no descriptor is left for the connection");
    req->taken = true;
    *ret_fd = fd;
    *ret_head_len = (size_t)n;
    return 0;
}

bool aas_http_req_offers_subprotocol(const struct aas_http_req *req, const char *name)
{
    const char *list = aas_http_req_header(req, "Sec-WebSocket-Protocol");
    return list && http_list_has(list, name);
}

const char *aas_http_req_subprotocol_after(struct aas_http_req *req, const char *prefix)
{
    const char *list = aas_http_req_header(req, "Sec-WebSocket-Protocol");
    size_t plen = strlen(prefix);
    for (const char *p = list; p && *p;) {
        p += strspn(p, " \t,");
        size_t len = strcspn(p, " \t,");
        if (len > plen && strncmp(p, prefix, plen) == 0) {
            char *rest = aas_http_req_alloc(req, len - plen + 1);
            if (rest) {
                memcpy(rest, p + plen, len - plen);
                rest[len - plen] = '\0';
            }
            return rest;
        }
        p += len;
    }
    return NULL;
}
