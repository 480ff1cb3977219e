/* Security headers, and the address of the API that the Content-Security-Policy has to admit. Pure.
 *
 * Styles are admitted inline: MUI's style engine and the charts write <style> elements, and a nonce per answer would
 * rule out files that are compressed beforehand. Scripts are admitted from our own origin only. */
#pragma once

#include <aas/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEB_HOST_BYTES   256
#define WEB_POLICY_BYTES 1024

struct web_api {
    bool same_origin;
    bool https;
    bool loopback; /* stands for the host that the dashboard was fetched from, as the dashboard takes it */
    char host[WEB_HOST_BYTES];
    uint16_t port;            /* 0: the scheme's own */
    char url[WEB_HOST_BYTES]; /* as in /config.json: "" for same-origin */
};

/** "same-origin", or http(s)://host[:port] without a path. Errors: AAS_EINVAL with what would be right. */
int web_api_parse(struct web_api *ret_api, const char *text, struct aas_error *err) AAS_MUST_CHECK;

/** The policy for a request whose Host header is `host` (may be NULL, may be anything). Returns out. */
const char *web_policy_write(const struct web_api *api, const char *host, char out[static WEB_POLICY_BYTES]);

/** The host's part of a Host header without the port, with brackets where it has some; false where it is no host. */
bool web_host_of(const char *header, char out[static WEB_HOST_BYTES]);
