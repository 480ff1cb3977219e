/* Accept-Encoding and Host, as anybody may send them: a form that exists is chosen, and the policy stays one line that
 * keeps its directives. Input: Accept-Encoding, a line end, Host. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "encoding.h"
#include "policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const apis[] = {"same-origin", "http://127.0.0.1:8000", "https://api.example.org"};
    char *text = malloc(size + 1), policy[WEB_POLICY_BYTES];
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    char *host = strchr(text, '\n');
    if (host)
        *host++ = '\0';
    for (unsigned available = 1; available < 8; available += 2)
        if (!(available & (1u << web_encoding_choose(text, available))))
            abort();
    for (size_t i = 0; i < sizeof apis / sizeof apis[0]; i++) {
        struct web_api api;
        if (web_api_parse(&api, apis[i], NULL) != 0)
            abort();
        const char *p = web_policy_write(&api, host, policy), *connect = strstr(p, "connect-src 'self'");
        const char *end = connect ? strchr(connect, ';') : NULL;
        if (!end || strncmp(end, "; base-uri 'none'; form-action", 30) != 0 || strpbrk(p, "\r\n,*"))
            abort();
    }
    struct web_api api;
    if (host && web_api_parse(&api, host, NULL) == 0 && strpbrk(api.url, " ;,'\"\r\n"))
        abort();
    free(text);
    return 0;
}
