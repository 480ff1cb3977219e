/* Any bytes as an item of /predict: no crash, and what is accepted is within its bounds. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ml_input in;
    struct aas_json_pull r;
    struct aas_error err = AAS_ERROR_NONE;
    aas_json_pull_init(&r, (const char *)data, size, 16);
    if (ml_input_read(&r, &in, &err) != 0) {
        assert(err.code != 0);
        return 0;
    }
    assert(in.kind != ML_INPUT_NONE && in.n > 0);
    size_t cells = in.kind == ML_INPUT_ROWS ? in.n * in.width : in.kind == ML_INPUT_FEATURES ? in.n : 0;
    for (size_t i = 0; in.kind == ML_INPUT_COLUMNS && i < in.columns_count; i++) {
        assert(in.columns[i].n == in.n);
        cells += in.n;
    }
    assert(cells == in.values_len);
    return 0;
}
