/* See serving.h. */
#include "serving.h"

#include <stdlib.h>
#include <string.h>

#include <aas/id.h>

struct ml_serving *ml_serving_new(size_t n)
{
    struct ml_serving *s = calloc(1, sizeof *s + n * sizeof s->routes[0]);
    if (!s)
        return NULL;
    aas_ref_init(&s->ref);
    s->count = n;
    return s;
}

struct ml_serving *ml_serving_get(struct ml_serving *s)
{
    aas_ref_get(&s->ref);
    return s;
}

void ml_serving_put(struct ml_serving *s)
{
    if (!s || !aas_ref_put(&s->ref))
        return;
    for (size_t i = 0; i < s->count; i++) {
        ml_model_put(s->routes[i].champion);
        ml_model_put(s->routes[i].challenger);
        ml_model_put(s->routes[i].shadow);
    }
    free(s);
}

static const struct ml_route *route_of(const struct ml_serving *s, const char *type)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->routes[i].type, type) == 0)
            return &s->routes[i];
    return NULL;
}

const struct ml_route *ml_serving_route(const struct ml_serving *s, const char *type)
{
    const struct ml_route *r = type[0] ? route_of(s, type) : NULL;
    return r ? r : route_of(s, "*");
}

/* Place of a sensor in 0 … 100 for one challenger. FNV-1a and a final mix are enough: nobody gains by guessing it. */
static double place_of(const char *sensor_id, const char *version)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (const char *p = sensor_id; *p; p++)
        h = (h ^ (uint8_t)*p) * UINT64_C(1099511628211);
    for (const char *p = version; *p; p++)
        h = (h ^ (uint8_t)*p) * UINT64_C(1099511628211);
    h ^= h >> 33;
    h *= UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 33;
    return (double)(h >> 11) * 0x1p-53 * 100.0;
}

bool ml_serving_choose(const struct ml_serving *s, const char *type, const char *sensor_id, struct ml_choice *ret)
{
    const struct ml_route *r = ml_serving_route(s, type);
    if (!r)
        return false;
    *ret = (struct ml_choice){.model = r->champion, .role = ML_ROLE_CHAMPION, .shadow = r->shadow};
    if (r->challenger && place_of(sensor_id, r->challenger->version) < r->ab_pct) {
        ret->model = r->challenger;
        ret->role = ML_ROLE_CHALLENGER;
    }
    return true;
}

static json_t *window_json(const struct aas_window_spec *w)
{
    json_t *doc =
        json_pack("{s:I,s:I,s:I,s:f,s:I}", "rows", (json_int_t)w->rows, "stride", (json_int_t)w->stride, "period_ms",
                  (json_int_t)w->period_ms, "min_coverage", w->min_coverage, "max_gap_ms", (json_int_t)w->max_gap_ms);
    if (doc && w->min_rows)
        AAS_IGNORE(json_object_set_new(doc, "min_rows", json_integer(w->min_rows)));
    return doc;
}

static json_t *names_json(char *const *names, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        AAS_IGNORE(json_array_append_new(list, json_string(names[i])));
    return list;
}

static json_t *route_json(const struct ml_route *r)
{
    const struct ml_model *m = r->champion;
    json_t *o = json_pack("{s:s,s:s,s:o,s:I,s:s?,s:f,s:s?}", "version", m->version, "schema_hash", m->hash, "classes",
                          names_json(m->classes, m->classes_count), "features", (json_int_t)m->features, "challenger",
                          r->challenger ? r->challenger->version : NULL, "ab_pct", r->ab_pct, "shadow",
                          r->shadow ? r->shadow->version : NULL);
    if (!o)
        return NULL;
    if (m->schema) {
        AAS_IGNORE(json_object_set_new(o, "window", window_json(&m->schema->window)));
        AAS_IGNORE(json_object_set_new(o, "channels", names_json(m->schema->channels, m->schema->channels_count)));
    } else {
        AAS_IGNORE(json_object_set_new(o, "window", json_null()));
        AAS_IGNORE(json_object_set_new(o, "channels", json_array()));
    }
    AAS_IGNORE(json_object_set_new(o, "normal", m->normal >= 0 ? json_string(m->classes[m->normal]) : json_null()));
    return o;
}

json_t *ml_serving_json(const struct ml_serving *s)
{
    json_t *types = json_object();
    for (size_t i = 0; s && i < s->count; i++)
        AAS_IGNORE(json_object_set_new(types, s->routes[i].type, route_json(&s->routes[i])));
    return json_pack("{s:o}", "types", types);
}
