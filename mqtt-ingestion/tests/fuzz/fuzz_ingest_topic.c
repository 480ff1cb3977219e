/* A template list and a topic, divided by a line feed: what matches can be put together again. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "topic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *split = size ? memchr(text, '\n', size) : NULL;
    size_t len = split ? (size_t)(split - text) : size;
    char *list = strndup(text, len);
    struct ingest_topics *topics = NULL;
    struct ingest_topic_match m;
    struct aas_error err = AAS_ERROR_NONE;
    if (!list || ingest_topics_parse(&topics, list, &err) < 0) {
        assert(!list || err.msg[0] != '\0');
        free(list);
        return 0;
    }
    const char *topic = split ? split + 1 : "";
    size_t topic_len = split ? size - len - 1 : 0;
    if (ingest_topics_match(topics, topic, topic_len, &m)) {
        const struct aas_str parts[] = {m.sensor_id, m.channel, m.site, m.line, m.machine};
        for (size_t i = 0; i < 5; i++) /* views into the topic, whole levels */
            assert(parts[i].len == 0 || (parts[i].ptr >= topic && parts[i].ptr + parts[i].len <= topic + topic_len &&
                                         !memchr(parts[i].ptr, '/', parts[i].len)));
    }
    ingest_topics_destroy(topics);
    free(list);
    return 0;
}
