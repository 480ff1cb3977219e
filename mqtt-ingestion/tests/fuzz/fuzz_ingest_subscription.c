/* What a client of the stream sends: refused with a reason and without a change, or understood. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stream.h"
#include "subscription.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ingest_subscription s;
    struct aas_error err = AAS_ERROR_NONE;
    bool snapshot = false;
    ingest_subscription_init(&s);
    if (ingest_subscription_apply(&s, (const char *)data, size, &snapshot, &err) < 0) {
        assert(err.msg[0] != '\0' && !snapshot);
        assert(s.all && ingest_subscription_wants(&s, INGEST_FRAME_ALARM, "any"));
    } else {
        assert(snapshot);
        for (size_t i = 0; i < s.sensors_count; i++)
            assert(ingest_subscription_wants(&s, INGEST_FRAME_READINGS, s.sensors[i]) ==
                   ((s.kinds >> INGEST_FRAME_READINGS & 1) != 0));
    }
    ingest_subscription_fini(&s);
    return 0;
}
