/* Values of a pickle: made, counted, freed together. */
#include "pickle_internal.h"

#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 2000000

int pk_error(struct pk_reader *r, int code, const char *text)
{
    return aas_error_set(r->err, code, "pickle, byte %zu: %s", r->at, text);
}

struct pk_value *pk_new(struct pk_reader *r, enum pk_type type)
{
    struct pk_value *v = r->values < VALUES_MAX ? calloc(1, sizeof(*v)) : NULL;
    if (!v) {
        AAS_IGNORE(pk_error(r, r->values < VALUES_MAX ? AAS_ENOMEM : AAS_ETOOBIG, "too many values"));
        return NULL;
    }
    r->values++;
    v->type = type;
    v->all_next = r->all;
    r->all = v;
    return v;
}

void pk_fini(struct pk_reader *r)
{
    while (r->all) {
        struct pk_value *v = r->all;
        r->all = v->all_next;
        free(v->items);
        free(v->owned);
        free(v);
    }
    free(r->stack);
    free(r->memo);
    *r = (struct pk_reader){0};
}

int pk_grow(struct pk_reader *r, struct pk_value ***list, size_t *cap, size_t need, size_t max)
{
    if (need <= *cap)
        return 0;
    if (need > max)
        return pk_error(r, AAS_ETOOBIG, "too long a list, stack or memo");
    size_t more = *cap ? *cap : 8;
    while (more < need)
        more *= 2;
    struct pk_value **bigger = realloc(*list, more * sizeof(*bigger));
    if (!bigger)
        return pk_error(r, AAS_ENOMEM, "out of memory");
    memset(bigger + *cap, 0, (more - *cap) * sizeof(*bigger));
    *list = bigger;
    *cap = more;
    return 0;
}

int pk_append(struct pk_reader *r, struct pk_value *to, struct pk_value *item)
{
    int rc = pk_grow(r, &to->items, &to->cap, to->count + 1, VALUES_MAX);
    if (rc == 0)
        to->items[to->count++] = item;
    return rc;
}

const struct pk_value *pk_get(const struct pk_value *dict, const char *key)
{
    size_t n = strlen(key);
    for (size_t i = 0; dict->type == PK_DICT && i + 1 < dict->count; i += 2) {
        const struct pk_value *k = dict->items[i];
        if (k->type == PK_TEXT && k->len == n && memcmp(k->bytes, key, n) == 0)
            return dict->items[i + 1];
    }
    return NULL;
}

const char *pk_take(struct pk_reader *r, size_t n)
{
    if (n > r->len - r->at) {
        AAS_IGNORE(pk_error(r, AAS_EPARSE, "the file ends in the middle of a value"));
        return NULL;
    }
    const char *p = r->bytes + r->at;
    r->at += n;
    return p;
}
