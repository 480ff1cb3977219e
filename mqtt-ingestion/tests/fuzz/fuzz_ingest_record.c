/* A record of the log: what decodes encodes to the same bytes, and its count is what the reading decoder sees. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aas/buf.h"
#include "aas/reading.h"
#include "record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct aas_reading_batch batch;
    struct ingest_message m;
    enum ingest_drop_reason reason;
    uint64_t n;
    if (!batch.readings && aas_reading_batch_init(&batch, 256, 2048) < 0)
        return 0;
    if (ingest_dropped_decode(data, size, &reason, &n) == 0) {
        uint8_t again[INGEST_DROPPED_BYTES];
        ingest_dropped_encode(reason, n, again);
        assert(memcmp(again, data, size) == 0);
    }
    if (ingest_message_decode(data, size, &m) < 0)
        return 0;
    struct aas_buf buf = AAS_BUF_INIT(1 << 22);
    assert(ingest_message_encode(&m, &buf) == 0 && buf.len == size && memcmp(buf.data, data, size) == 0);
    aas_buf_fini(&buf);
    int rc = aas_reading_decode(m.payload, m.payload_len, "c", 1, &batch, NULL);
    if (rc != AAS_ETOOBIG)
        assert(ingest_message_count(m.payload, m.payload_len) == batch.seen);
    return 0;
}
