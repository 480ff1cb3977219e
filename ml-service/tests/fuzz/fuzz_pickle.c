/* Pickles of any bytes: an answer or an error, never more. What is read obeys the header's promises. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pickle.h"

#define REQUIRE(what)                                                                                                  \
    do {                                                                                                               \
        if (!(what))                                                                                                   \
            abort();                                                                                                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct aas_error err = AAS_ERROR_NONE;
    json_t *doc = NULL;
    int rc = ml_pickle_read(data, size, &doc, &err);
    REQUIRE((rc == 0) == (doc != NULL));
    if (rc < 0) {
        REQUIRE(err.code == rc && err.msg[0] != '\0');
        return 0;
    }
    const char *kind = json_string_value(json_object_get(doc, "kind"));
    if (strcmp(kind, "label_encoder") == 0) {
        REQUIRE(json_array_size(json_object_get(doc, "classes")) >= 1);
    } else {
        size_t n = (size_t)json_integer_value(json_object_get(doc, "features"));
        const json_t *scale = json_object_get(doc, "scale");
        REQUIRE(n >= 1 && json_array_size(scale) == n && json_array_size(json_object_get(doc, "mean")) == n);
        for (size_t i = 0; i < n; i++)
            REQUIRE(json_real_value(json_array_get(scale, i)) > 0);
    }
    json_decref(doc);
    return 0;
}
