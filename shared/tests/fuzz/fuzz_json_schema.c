/* Any schema on any document: {"schema": …, "doc": …}. A violation always has a sentence, and the same answer comes
 * twice. */
#undef NDEBUG /* the asserts are the test, in every preset */
#include <assert.h>
#include <stdint.h>

#include "aas/error.h"
#include "aas/json.h"
#include "aas/json_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AAS_AUTO_JSON json_t *both = NULL;
    if (size > 4096 || aas_json_parse((const char *)data, size, 0, 0, &both, NULL) != 0)
        return 0;
    struct aas_schema *schema = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    const json_t *source = json_object_get(both, "schema");
    const json_t *doc = json_object_get(both, "doc");
    if (!source || !doc)
        return 0;
    if (aas_schema_create(source, &schema, &err) != 0) {
        assert(err.msg[0] != '\0');
        return 0;
    }
    char field[32];
    int rc = aas_schema_check(schema, doc, field, sizeof field, &err);
    assert(rc == 0 || err.msg[0] != '\0');
    assert(aas_schema_check(schema, doc, field, sizeof field, NULL) == rc);
    aas_schema_destroy(schema);
    return 0;
}
