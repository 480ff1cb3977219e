/* The hand-over of an upgrade request from the HTTP server to the hub (ADR 0003). On an HTTP thread. */
#include "ws_server_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <aas/http_route.h>
#include <aas/http_server.h>

#define HEAD_BYTES 2048
#define KEY_BYTES  64

int aas_ws_server_accept(struct aas_ws_server *server, struct aas_http_req *req, const char *subprotocol,
                         struct aas_error *err)
{
    char head[HEAD_BYTES], key[KEY_BYTES];
    size_t head_len = 0;
    int fd = -1;
    if (subprotocol && !ws_server_knows_subprotocol(server, subprotocol))
        return aas_error_set(err, AAS_EINVAL, "the subprotocol \"%s\" is not one of this service", subprotocol);
    const char *sent = aas_http_req_header(req, "Sec-WebSocket-Key");
    (void)snprintf(key, sizeof key, "%s", sent ? sent : "");
    int rc = ws_server_reserve(server, err);
    if (rc)
        return rc;
    /* It checks the handshake; the head itself is not needed, as the hub answers the handshake on its own. */
    rc = aas_http_req_take_socket(req, subprotocol, &fd, head, sizeof head, &head_len, err);
    if (rc) {
        ws_server_unreserve(server);
        return rc;
    }
    void (*free_user)(void *user) = NULL;
    void *user = aas_http_req_take_user(req, &free_user);
    rc = ws_server_adopt(server, fd, key, subprotocol, user, free_user, aas_http_req_peer(req), err);
    if (rc)
        ws_server_unreserve(server);
    return 0; /* from here on the socket is no longer the request's: closing it is all the answer there can be */
}
