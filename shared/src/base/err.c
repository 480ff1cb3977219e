#include "aas/err.h"

#include <stddef.h>
#include <string.h>

struct entry {
    int code;
    const char *name;
    const char *text;
};

static const struct entry own_codes[] = {
    {AAS_EPARSE, "AAS_EPARSE", "malformed input"},
    {AAS_ECONFLICT, "AAS_ECONFLICT", "changed by somebody else in the meantime"},
    {AAS_EDUPLICATE, "AAS_EDUPLICATE", "stored already"},
    {AAS_ECLOSED, "AAS_ECLOSED", "closed"},
    {AAS_EUNAVAILABLE, "AAS_EUNAVAILABLE", "a dependency is not available"},
    {AAS_EUPSTREAM, "AAS_EUPSTREAM", "a library or another service failed"},
    {AAS_ETOOBIG, "AAS_ETOOBIG", "over the size limit"},
    {AAS_EFULL, "AAS_EFULL", "queue full"},
    {AAS_ECORRUPT, "AAS_ECORRUPT", "stored data is corrupt"},
    {AAS_EMISMATCH, "AAS_EMISMATCH", "does not match"},
    {AAS_EUNAUTHORIZED, "AAS_EUNAUTHORIZED", "not authenticated"},
    {AAS_EFORBIDDEN, "AAS_EFORBIDDEN", "not allowed for this role"},
    {AAS_ERATE, "AAS_ERATE", "rate limit reached"},
    {AAS_ECONFIG, "AAS_ECONFIG", "bad configuration"},
};

static const struct entry *find_own(int code)
{
    for (size_t i = 0; i < sizeof own_codes / sizeof own_codes[0]; i++)
        if (own_codes[i].code == code)
            return &own_codes[i];
    return NULL;
}

const char *aas_strerror(int code)
{
    if (code == 0)
        return "ok";
    const struct entry *e = find_own(code);
    if (e)
        return e->text;
    /* strerrordesc_np is thread-safe and independent of the locale, unlike strerror. */
    const char *text = code > -1000 && code < 0 ? strerrordesc_np(-code) : NULL;
    return text ? text : "unknown error";
}

const char *aas_errname(int code)
{
    if (code == 0)
        return "OK";
    const struct entry *e = find_own(code);
    if (e)
        return e->name;
    const char *name = code > -1000 && code < 0 ? strerrorname_np(-code) : NULL;
    return name ? name : "?";
}
