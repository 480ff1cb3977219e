/* Topic templates: which topics to subscribe to, and what a topic's levels say. Pure, immutable after parse, so
 * thread-safe. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "aas/error.h"
#include "aas/str.h"

#define INGEST_TOPICS_MAX       16
#define INGEST_TOPIC_LEVELS_MAX 32
#define INGEST_TOPIC_BYTES_MAX  512

struct ingest_topics;

/** What a topic says; parts that its template doesn't name are empty. Views into the topic. */
struct ingest_topic_match {
    struct aas_str sensor_id, channel, site, line, machine;
};

/** Parse templates separated by commas (copies), e.g. "plant/{line}/{sensor_id}/{channel}". A placeholder is a whole
 *  level: {site} {line} {machine} {sensor_id} {channel} {any}, each but {any} at most once. No wildcards. Errors:
 *  AAS_EINVAL naming the template; AAS_ENOMEM. The caller destroys. */
int ingest_topics_parse(struct ingest_topics **ret_topics, const char *list, struct aas_error *err) AAS_MUST_CHECK;
/** NULL is fine. */
void ingest_topics_destroy(struct ingest_topics *topics);

size_t ingest_topics_count(const struct ingest_topics *topics);
/** The subscription of template i, with + for each placeholder. Borrowed. */
const char *ingest_topics_filter(const struct ingest_topics *topics, size_t i);
/** Match a topic; the first template that fits decides. False: none fits. */
bool ingest_topics_match(const struct ingest_topics *topics, const char *topic, size_t len,
                         struct ingest_topic_match *ret_match) AAS_MUST_CHECK;
/** The topic on which a sensor publishes by the first template that names {sensor_id} (other placeholders become "sim")
 *  into dst. Errors: AAS_ENOENT no template has {sensor_id} without {channel}; AAS_ETOOBIG. */
int ingest_topics_make(const struct ingest_topics *topics, const char *sensor_id, char *dst,
                       size_t size) AAS_MUST_CHECK;
