/* What decodes encodes, and decodes again to the same; what is refused has a reason and a count. */
#undef NDEBUG /* the asserts are the test, in every preset */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "aas/buf.h"
#include "aas/error.h"
#include "aas/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *channel = data[0] & 1 ? "topic_channel" : NULL;
    struct aas_reading_batch a;
    struct aas_reading_batch b;
    struct aas_error err = AAS_ERROR_NONE;
    struct aas_buf buf = AAS_BUF_INIT(1u << 20);
    int rc = aas_reading_batch_init(&a, 64, 1024);
    rc = rc ? rc : aas_reading_batch_init(&b, 64, 1024);
    assert(rc == 0);
    const char *text = (const char *)data + 1;
    if (aas_reading_decode(text, size - 1, channel, channel ? strlen(channel) : 0, &a, &err) != 0) {
        assert(a.len == 0 && a.seen >= 1 && err.msg[0] != '\0');
    } else {
        rc = aas_reading_encode(a.readings, a.len, a.values, &buf);
        assert(rc == 0);
        rc = aas_reading_decode(aas_buf_str(&buf), buf.len, NULL, 0, &b, &err);
        assert(rc == 0 && a.len == b.len && a.values_len == b.values_len);
        for (size_t i = 0; i < a.len; i++)
            assert(a.readings[i].ts_ms == b.readings[i].ts_ms && a.readings[i].seq == b.readings[i].seq);
        for (size_t i = 0; i < a.values_len; i++)
            assert(a.values[i].value == b.values[i].value || (isnan(a.values[i].value) && isnan(b.values[i].value)));
    }
    aas_buf_fini(&buf);
    aas_reading_batch_fini(&a);
    aas_reading_batch_fini(&b);
    return 0;
}
