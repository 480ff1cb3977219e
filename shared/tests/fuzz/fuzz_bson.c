/* Any bytes as a store document: what converts to JSON text is JSON that jansson reads, and equals the tree. */
#undef NDEBUG /* the asserts are the test, in every preset */
#include <assert.h>
#include <stdint.h>

#include "aas/buf.h"
#include "aas/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bson_t doc;
    if (size > 1u << 16 || !bson_init_static(&doc, data, size))
        return 0;
    struct aas_buf buf = AAS_BUF_INIT(1u << 20);
    AAS_AUTO_JSON json_t *tree = NULL;
    if (aas_json_write_bson(&buf, &doc, NULL) == 0) {
        json_error_t where;
        json_t *text = json_loadb(aas_buf_str(&buf), buf.len, JSON_ALLOW_NUL, &where);
        assert(text);
        json_decref(text);
    } else {
        assert(buf.len == 0);
    }
    if (aas_json_from_bson(&doc, &tree, NULL) == 0) {
        bson_t *back = NULL;
        int rc = aas_json_to_bson(tree, aas_json_store_dates, &back, NULL);
        if (rc == 0)
            bson_destroy(back);
    }
    aas_buf_fini(&buf);
    return 0;
}
