#include "policy.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <aas/num.h>
#include <aas/str.h>

#define HOST_ALPHABET "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

/* A host's length at the start of text: a name, an IPv4 address, or an IPv6 address in brackets; 0 for none. */
static size_t host_length(const char *text)
{
    if (text[0] != '[')
        return strspn(text, HOST_ALPHABET);
    size_t n = strspn(text + 1, "0123456789abcdefABCDEF:.");
    return n > 0 && text[1 + n] == ']' ? n + 2 : 0;
}

static bool is_loopback(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 || strcmp(host, "[::1]") == 0;
}

int web_api_parse(struct web_api *ret_api, const char *text, struct aas_error *err)
{
    static const char wanted[] = "\"%s\" is not same-origin and not like http://host:port";
    struct web_api api = {0};
    if (strcmp(text, "same-origin") == 0) {
        api.same_origin = true;
        *ret_api = api;
        return 0;
    }
    api.https = strncmp(text, "https://", 8) == 0;
    if (!api.https && strncmp(text, "http://", 7) != 0)
        return aas_error_set(err, AAS_EINVAL, wanted, text);
    const char *host = text + (api.https ? 8 : 7);
    size_t len = host_length(host);
    if (len == 0 || strlen(text) >= sizeof api.url)
        return aas_error_set(err, AAS_EINVAL, wanted, text);
    memcpy(api.host, host, len);
    if (host[len] == ':') {
        int64_t port = 0;
        const char *digits = host + len + 1;
        if (aas_num_parse_i64(digits, strlen(digits), &port) != 0 || port < 1 || port > 65535)
            return aas_error_set(err, AAS_EINVAL, "\"%s\" has a port that is not 1 to 65535", text);
        api.port = (uint16_t)port;
    } else if (host[len] != '\0') {
        return aas_error_set(err, AAS_EINVAL, wanted, text);
    }
    api.loopback = is_loopback(api.host);
    memcpy(api.url, text, strlen(text) + 1);
    *ret_api = api;
    return 0;
}

bool web_host_of(const char *header, char out[static WEB_HOST_BYTES])
{
    size_t len = header ? host_length(header) : 0;
    if (len == 0 || len >= WEB_HOST_BYTES)
        return false;
    if (header[len] != '\0' &&
        (header[len] != ':' || strspn(header + len + 1, "0123456789") != strlen(header + len + 1)))
        return false;
    memcpy(out, header, len);
    out[len] = '\0';
    return true;
}

const char *web_policy_write(const struct web_api *api, const char *host, char out[static WEB_POLICY_BYTES])
{
    char own[WEB_HOST_BYTES], port[8] = "", connect[3 * WEB_HOST_BYTES] = "";
    bool known = web_host_of(host, own);
    if (api->port > 0)
        (void)snprintf(port, sizeof port, ":%u", api->port);
    if (api->same_origin && known) /* 'self' does not cover ws: in older browsers */
        (void)snprintf(connect, sizeof connect, " ws://%s wss://%s", host, host);
    else if (!api->same_origin) {
        const char *target = api->loopback && known ? own : api->host;
        (void)snprintf(connect, sizeof connect, " %s://%s%s %s://%s%s", api->https ? "https" : "http", target, port,
                       api->https ? "wss" : "ws", target, port);
    }
    (void)snprintf(out, WEB_POLICY_BYTES,
                   "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
                   "img-src 'self' data: blob:; font-src 'self'; manifest-src 'self'; worker-src 'self'; "
                   "connect-src 'self'%s; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
                   connect);
    return out;
}
