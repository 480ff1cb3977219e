/* The pull reader against jansson: whatever jansson takes, it takes too; what it takes, written again, reads the same.
 */
#undef NDEBUG /* the asserts are the test, in every preset */
#include <assert.h>
#include <jansson.h>

#include "aas/buf.h"
#include "aas/error.h"
#include "aas/json_pull.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Copy the document through the writer; false when the reader refuses it. */
static bool copy(const char *text, size_t len, struct aas_buf *buf, const char **ret_reason)
{
    struct aas_json_pull r;
    struct aas_json_writer w;
    aas_json_pull_init(&r, text, len, 60);
    aas_json_write_init(&w, buf);
    for (;;) {
        switch (aas_json_pull_next(&r)) {
        case AAS_JSON_ERROR:
            *ret_reason = r.reason;
            return false;
        case AAS_JSON_DONE:
            return aas_json_write_finish(&w) == 0;
        case AAS_JSON_OBJECT:
            aas_json_write_object(&w);
            break;
        case AAS_JSON_OBJECT_END:
            aas_json_write_object_end(&w);
            break;
        case AAS_JSON_ARRAY:
            aas_json_write_array(&w);
            break;
        case AAS_JSON_ARRAY_END:
            aas_json_write_array_end(&w);
            break;
        case AAS_JSON_KEY:
        case AAS_JSON_STRING: {
            static char plain[1u << 16];
            size_t n = 0;
            if (aas_json_pull_string(&r, plain, sizeof plain, &n) != 0)
                n = 0; /* \u0000, or longer than this test copies */
            if (r.event == AAS_JSON_KEY)
                aas_json_write_key_n(&w, plain, n);
            else
                aas_json_write_string_n(&w, plain, n);
            break;
        }
        case AAS_JSON_NUMBER:
            aas_json_write_double_exact(&w, r.num);
            break;
        case AAS_JSON_TRUE:
        case AAS_JSON_FALSE:
            aas_json_write_bool(&w, r.event == AAS_JSON_TRUE);
            break;
        case AAS_JSON_NULL:
            aas_json_write_null(&w);
            break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 60000)
        return 0;
    struct aas_buf once = AAS_BUF_INIT(1u << 20);
    struct aas_buf twice = AAS_BUF_INIT(1u << 20);
    const char *reason = NULL;
    bool taken = copy((const char *)data, size, &once, &reason);
    json_error_t where;
    json_t *doc = json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &where);
    assert(!doc || taken || (reason && reason[0] == 'n')); /* nested too deeply: jansson goes to 2,048 */
    json_decref(doc);
    if (taken) {
        bool again = copy(aas_buf_str(&once), once.len, &twice, &reason);
        assert(again && once.len == twice.len);
    }
    aas_buf_fini(&once);
    aas_buf_fini(&twice);
    return 0;
}
