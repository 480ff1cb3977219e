/* An answer to GET /serving: refused with a reason, or every window of it can be made. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aas/json.h"
#include "serving.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *doc = NULL;
    struct ingest_serving *s = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    if (aas_json_parse((const char *)data, size, 1 << 20, 0, &doc, NULL) < 0)
        return 0;
    if (ingest_serving_parse(doc, &s, &err) < 0) {
        assert(err.msg[0] != '\0');
    } else {
        for (size_t i = 0; i < s->count; i++)
            assert(aas_window_spec_check(&s->types[i].window, NULL) == 0 && s->types[i].channels_count > 0);
        assert(ingest_serving_same_windows(s, s));
    }
    ingest_serving_unref(s);
    json_decref(doc);
    return 0;
}
