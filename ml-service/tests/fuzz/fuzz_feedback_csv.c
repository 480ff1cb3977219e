/* Any bytes as a file of work orders: no crash, and an order has what it must have. */
#undef NDEBUG /* the asserts are the test, in every preset */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "feedback_csv.h"

static int on_order(void *arg, size_t line, const struct ml_work_order *o, const struct aas_error *err)
{
    (void)arg;
    assert(line > 1);
    if (o)
        assert(o->sensor_id[0] && o->label[0] && o->start >= 0 && o->comment && o->user);
    else
        assert(err->code != 0 && err->msg[0]);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct aas_error err = AAS_ERROR_NONE;
    int rc = ml_work_orders_parse((const char *)data, size, on_order, NULL, &err);
    assert(rc == 0 || err.code == rc);
    return 0;
}
