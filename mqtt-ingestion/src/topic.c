#include "topic.h"

#include <stdlib.h>
#include <string.h>

enum part { PART_LITERAL, PART_SENSOR, PART_CHANNEL, PART_SITE, PART_LINE, PART_MACHINE, PART_ANY };

static const char *const part_names[] = {
    [PART_SENSOR] = "{sensor_id}", [PART_CHANNEL] = "{channel}", [PART_SITE] = "{site}",
    [PART_LINE] = "{line}",        [PART_MACHINE] = "{machine}", [PART_ANY] = "{any}",
};

struct level {
    enum part part;
    struct aas_str text; /* of a literal; in `source` */
};

struct topic_template {
    char *source;
    char *filter;
    size_t levels_count;
    struct level levels[INGEST_TOPIC_LEVELS_MAX];
};

struct ingest_topics {
    size_t count;
    struct topic_template templates[INGEST_TOPICS_MAX];
};

static int parse_level(struct topic_template *t, struct aas_str text, unsigned *seen, struct aas_error *err)
{
    if (t->levels_count == INGEST_TOPIC_LEVELS_MAX)
        return aas_error_set(err, AAS_EINVAL, "\"%s\" has more than %d levels", t->source, INGEST_TOPIC_LEVELS_MAX);
    struct level *level = &t->levels[t->levels_count];
    *level = (struct level){.part = PART_LITERAL, .text = text};
    for (int p = PART_SENSOR; p <= PART_ANY; p++) {
        if (aas_str_eq_c(text, part_names[p]))
            level->part = (enum part)p;
    }
    if (level->part == PART_LITERAL) {
        if (memchr(text.ptr, '{', text.len) || memchr(text.ptr, '}', text.len))
            return aas_error_set(err, AAS_EINVAL,
                                 "\"%s\": %.*s is no placeholder: {site} {line} {machine} {sensor_id} {channel} {any} "
                                 "are, each a whole level",
                                 t->source, AAS_STR_ARG(text));
        if (memchr(text.ptr, '+', text.len) || memchr(text.ptr, '#', text.len))
            return aas_error_set(err, AAS_EINVAL, "\"%s\": write {any} for a wildcard level", t->source);
    } else if (level->part != PART_ANY) {
        if (*seen & (1u << level->part))
            return aas_error_set(err, AAS_EINVAL, "\"%s\" has %s twice", t->source, part_names[level->part]);
        *seen |= 1u << level->part;
    }
    t->levels_count++;
    return 0;
}

static int make_filter(struct topic_template *t, struct aas_error *err)
{
    char *out = malloc(strlen(t->source) + 1);
    if (!out)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    t->filter = out;
    for (size_t i = 0; i < t->levels_count; i++) {
        const struct level *level = &t->levels[i];
        if (i > 0)
            *out++ = '/';
        if (level->part == PART_LITERAL) {
            memcpy(out, level->text.ptr, level->text.len);
            out += level->text.len;
        } else {
            *out++ = '+';
        }
    }
    *out = '\0';
    return 0;
}

static int parse_template(struct topic_template *t, struct aas_str text, struct aas_error *err)
{
    if (text.len == 0)
        return aas_error_set(err, AAS_EINVAL, "an empty template; write e.g. plant/{sensor_id}/data");
    if (text.len > INGEST_TOPIC_BYTES_MAX)
        return aas_error_set(err, AAS_EINVAL, "a template of %zu bytes, at most %d are taken", text.len,
                             INGEST_TOPIC_BYTES_MAX);
    t->source = aas_str_dup(text);
    if (!t->source)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    struct aas_str rest = aas_str_from(t->source), part;
    unsigned seen = 0;
    while (aas_str_split(&rest, '/', &part)) {
        int rc = parse_level(t, part, &seen, err);
        if (rc < 0)
            return rc;
    }
    return make_filter(t, err);
}

int ingest_topics_parse(struct ingest_topics **ret_topics, const char *list, struct aas_error *err)
{
    struct ingest_topics *topics = calloc(1, sizeof *topics);
    if (!topics)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    struct aas_str rest = aas_str_from(list), part;
    while (aas_str_split(&rest, ',', &part)) {
        int rc;
        if (topics->count == INGEST_TOPICS_MAX)
            rc = aas_error_set(err, AAS_EINVAL, "more than %d templates", INGEST_TOPICS_MAX);
        else
            rc = parse_template(&topics->templates[topics->count++], aas_str_trim(part), err);
        if (rc < 0) {
            ingest_topics_destroy(topics);
            return rc;
        }
    }
    *ret_topics = topics;
    return 0;
}

void ingest_topics_destroy(struct ingest_topics *topics)
{
    if (!topics)
        return;
    for (size_t i = 0; i < topics->count; i++) {
        free(topics->templates[i].source);
        free(topics->templates[i].filter);
    }
    free(topics);
}

size_t ingest_topics_count(const struct ingest_topics *topics)
{
    return topics->count;
}

const char *ingest_topics_filter(const struct ingest_topics *topics, size_t i)
{
    return topics->templates[i].filter;
}

static void take_part(struct ingest_topic_match *m, enum part part, struct aas_str text)
{
    switch (part) {
    case PART_SENSOR:
        m->sensor_id = text;
        break;
    case PART_CHANNEL:
        m->channel = text;
        break;
    case PART_SITE:
        m->site = text;
        break;
    case PART_LINE:
        m->line = text;
        break;
    case PART_MACHINE:
        m->machine = text;
        break;
    case PART_LITERAL:
    case PART_ANY:
        break;
    }
}

static bool match_one(const struct topic_template *t, const char *topic, size_t len, struct ingest_topic_match *m)
{
    struct aas_str rest = {topic, len}, part;
    size_t i = 0;
    *m = (struct ingest_topic_match){0};
    while (aas_str_split(&rest, '/', &part)) {
        if (i == t->levels_count)
            return false;
        const struct level *level = &t->levels[i++];
        if (level->part == PART_LITERAL && !aas_str_eq(level->text, part))
            return false;
        take_part(m, level->part, part);
    }
    return i == t->levels_count;
}

bool ingest_topics_match(const struct ingest_topics *topics, const char *topic, size_t len,
                         struct ingest_topic_match *ret_match)
{
    struct ingest_topic_match m;
    for (size_t i = 0; i < topics->count; i++) {
        if (match_one(&topics->templates[i], topic, len, &m)) {
            *ret_match = m;
            return true;
        }
    }
    return false;
}

static bool has_part(const struct topic_template *t, enum part part)
{
    for (size_t i = 0; i < t->levels_count; i++) {
        if (t->levels[i].part == part)
            return true;
    }
    return false;
}

int ingest_topics_make(const struct ingest_topics *topics, const char *sensor_id, char *dst, size_t size)
{
    const struct topic_template *t = NULL;
    for (size_t i = 0; i < topics->count && !t; i++) {
        if (has_part(&topics->templates[i], PART_SENSOR) && !has_part(&topics->templates[i], PART_CHANNEL))
            t = &topics->templates[i];
    }
    if (!t)
        return AAS_ENOENT;
    size_t n = 0;
    for (size_t i = 0; i < t->levels_count; i++) {
        const struct level *level = &t->levels[i];
        struct aas_str text = level->part == PART_LITERAL  ? level->text
                              : level->part == PART_SENSOR ? aas_str_from(sensor_id)
                                                           : AAS_STR_LIT("sim");
        if (n + text.len + 2 > size)
            return AAS_ETOOBIG;
        if (i > 0)
            dst[n++] = '/';
        memcpy(dst + n, text.ptr, text.len);
        n += text.len;
    }
    dst[n] = '\0';
    return 0;
}
