/* MongoDB driver. */
#include "store_internal.h"

int store_mongo_open(struct store_driver **ret, const char *url, struct aas_error *err)
{
    (void)ret;
    (void)url;
    return aas_error_set(err, AAS_ENOTSUP, "this build has no MongoDB driver");
}
