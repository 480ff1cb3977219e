#include "live_frame.h"

#include <string.h>

#include "aas/json_pull.h"

#define DEPTH 16

static const char *const kinds[] = {"hello", "snapshot", "readings", "prediction", "sensor", "alarm", "lost", "feed"};

/* The whole value that follows, as text. */
static int take_span(struct aas_json_pull *r, enum aas_json_event open, struct aas_str *ret_span)
{
    struct aas_json_pull peek = *r;
    if (aas_json_pull_next(&peek) != open)
        return AAS_EPARSE;
    size_t start = peek.at;
    if (!aas_json_pull_skip(r))
        return AAS_EPARSE;
    *ret_span = (struct aas_str){r->begin + start, r->at + 1 - start};
    return 0;
}

static int take_text(struct aas_json_pull *r, char *out, size_t size)
{
    size_t len = 0;
    if (aas_json_pull_next(r) == AAS_JSON_NULL)
        return 0;
    if (r->event != AAS_JSON_STRING)
        return AAS_EPARSE;
    return aas_json_pull_string(r, out, size, &len);
}

static int take_kind(struct aas_json_pull *r, struct api_frame *f)
{
    char name[24] = "";
    int rc = take_text(r, name, sizeof name);
    if (rc == AAS_ETOOBIG)
        rc = 0;
    else if (rc == 0 && !name[0])
        rc = AAS_EPARSE;
    f->kind = API_FRAME_OTHER;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i], name) == 0)
            f->kind = (enum api_frame_kind)i;
    return rc;
}

static int take_member(struct aas_json_pull *r, struct api_frame *f, bool *any_type)
{
    if (aas_json_pull_is(r, "type")) {
        *any_type = true;
        return take_kind(r, f);
    }
    if (aas_json_pull_is(r, "seq")) {
        if (aas_json_pull_next(r) != AAS_JSON_NUMBER)
            return AAS_EPARSE;
        f->seq_at = (size_t)(r->str - r->begin);
        f->seq_len = r->str_len;
        return 0;
    }
    if (aas_json_pull_is(r, "sensor_id"))
        return take_text(r, f->sensor_id, sizeof f->sensor_id);
    if (aas_json_pull_is(r, "prediction") || aas_json_pull_is(r, "sensor") || aas_json_pull_is(r, "alarm"))
        return take_span(r, AAS_JSON_OBJECT, &f->body);
    if (aas_json_pull_is(r, "sensors"))
        return take_span(r, AAS_JSON_ARRAY, &f->sensors);
    if (aas_json_pull_is(r, "predictions"))
        return take_span(r, AAS_JSON_ARRAY, &f->predictions);
    if (aas_json_pull_is(r, "alarms"))
        return take_span(r, AAS_JSON_ARRAY, &f->alarms);
    return aas_json_pull_skip(r) ? 0 : AAS_EPARSE;
}

int api_frame_parse(const char *text, size_t len, struct api_frame *ret_frame, struct aas_error *err)
{
    struct aas_json_pull r;
    struct api_frame f = {.kind = API_FRAME_OTHER};
    bool any_type = false;
    aas_json_pull_init(&r, text, len, DEPTH);
    int rc = aas_json_pull_next(&r) == AAS_JSON_OBJECT ? 0 : AAS_EPARSE;
    while (rc == 0 && aas_json_pull_next(&r) == AAS_JSON_KEY)
        rc = take_member(&r, &f, &any_type);
    if (rc == 0 && (r.event != AAS_JSON_OBJECT_END || aas_json_pull_next(&r) != AAS_JSON_DONE))
        rc = AAS_EPARSE;
    if (rc == 0 && f.body.ptr) {
        struct api_item item;
        rc = api_item_parse(f.body, &item);
        if (rc == 0 && item.sensor_id[0])
            memcpy(f.sensor_id, item.sensor_id, sizeof f.sensor_id);
    }
    if (rc || !any_type)
        return aas_error_set(err, AAS_EPARSE, "a frame of the live stream is no object with a type");
    *ret_frame = f;
    return 0;
}

int api_item_parse(struct aas_str object, struct api_item *ret_item)
{
    struct aas_json_pull r;
    struct api_item item = {.last_seen = 0};
    aas_json_pull_init(&r, object.ptr, object.len, DEPTH);
    int rc = aas_json_pull_next(&r) == AAS_JSON_OBJECT ? 0 : AAS_EPARSE;
    while (rc == 0 && aas_json_pull_next(&r) == AAS_JSON_KEY) {
        if (aas_json_pull_is(&r, "id"))
            rc = take_text(&r, item.id, sizeof item.id);
        else if (aas_json_pull_is(&r, "sensor_id"))
            rc = take_text(&r, item.sensor_id, sizeof item.sensor_id);
        else if (aas_json_pull_is(&r, "state"))
            rc = take_text(&r, item.state, sizeof item.state);
        else if (aas_json_pull_is(&r, "last_seen")) {
            if (aas_json_pull_next(&r) == AAS_JSON_NUMBER)
                rc = aas_json_pull_int(&r, &item.last_seen);
            else if (r.event != AAS_JSON_NULL)
                rc = AAS_EPARSE;
        } else if (!aas_json_pull_skip(&r))
            rc = AAS_EPARSE;
    }
    if (rc || r.event != AAS_JSON_OBJECT_END)
        return AAS_EPARSE;
    *ret_item = item;
    return 0;
}

bool api_array_next(struct aas_str array, size_t *at, struct aas_str *ret_object)
{
    /* the text was checked when the frame was parsed: find the next brace, skip to its end */
    while (*at < array.len && array.ptr[*at] != '{') {
        if (*at > 0 && !strchr(", \t\r\n", array.ptr[*at]))
            return false;
        (*at)++;
    }
    if (*at >= array.len)
        return false;
    struct aas_json_pull r;
    const char *start = array.ptr + *at;
    aas_json_pull_init(&r, start, array.len - *at, DEPTH);
    if (!aas_json_pull_skip(&r))
        return false;
    *ret_object = (struct aas_str){start, r.at + 1};
    *at += r.at + 1;
    return true;
}
