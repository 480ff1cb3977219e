/* What parses has spans inside its text, and what goes into the state comes out as JSON. */
#undef NDEBUG /* the asserts are the test, in every preset */
#include <assert.h>
#include <stdlib.h>

#include "aas/json.h"
#include "live_frame.h"
#include "live_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct aas_str span, const char *text, size_t size)
{
    assert(!span.ptr || (span.ptr >= text && span.ptr + span.len <= text + size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct api_frame frame;
    struct aas_error err = AAS_ERROR_NONE;
    if (api_frame_parse(text, size, &frame, &err) != 0) {
        assert(err.msg[0]);
        return 0;
    }
    inside(frame.body, text, size);
    inside(frame.sensors, text, size);
    inside(frame.predictions, text, size);
    inside(frame.alarms, text, size);
    assert(frame.seq_at + frame.seq_len <= size);
    struct api_state *state = NULL;
    struct aas_buf out = AAS_BUF_INIT(8 << 20);
    json_t *json = NULL;
    int rc = api_state_create(&state);
    assert(rc == 0);
    AAS_IGNORE(api_state_apply(state, &frame));
    api_state_snapshot(state, 1, &out);
    /* jansson refuses what the reader lets pass (doubled keys, numbers that don't fit): only its structure counts */
    if (aas_json_parse(out.data, out.len, 8 << 20, 0, &json, &err) == 0)
        json_decref(json);
    assert(out.len > 0 && out.data[out.len - 1] == '}');
    aas_buf_fini(&out);
    api_state_destroy(state);
    return 0;
}
