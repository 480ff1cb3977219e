/* A file to import, first byte C for CSV, else JSON: the report adds up. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct ingest_import_options o = {.dry_run = true,
                                            .sensor_id = size > 1 && data[1] == 's' ? "s1" : NULL,
                                            .rules = {.max_future_ms = 60000, .max_age_ms = INT64_MAX / 4},
                                            .now_ms = 1700000000000};
    json_t *report = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    if (size < 2)
        return 0;
    const char *text = (const char *)data + 2;
    int rc = data[0] == 'C' ? ingest_import_csv(text, size - 2, &o, &report, &err)
                            : ingest_import_json(text, size - 2, &o, &report, &err);
    if (rc < 0) {
        assert(!report && err.msg[0] != '\0');
        return 0;
    }
    json_int_t rows = json_integer_value(json_object_get(report, "rows")),
               accepted = json_integer_value(json_object_get(report, "accepted")),
               rejected = json_integer_value(json_object_get(report, "rejected"));
    assert(rows == accepted + rejected);
    json_decref(report);
    return 0;
}
