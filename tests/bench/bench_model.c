/* Microseconds per prediction of a model file: our own walk over the trees against the library's in-place prediction.
 *   bench_model MODEL.json [ROUNDS] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "aas/clock.h"
#include "aas/error.h"
#include <string.h>
#include "aas/num.h"
#include "aas/rng.h"
#include "aas/test_dir.h"
#include "aas/xgb.h"
#include "xgb_internal.h"

static double time_us(const struct aas_xgb *m, bool walk, const float *x, size_t rows, size_t rounds, float *out)
{
    size_t cols = aas_xgb_info(m)->features;
    struct aas_mono start = aas_clock_mono();
    for (size_t i = 0; i < rounds; i++)
        if ((walk ? aas_xgb_predict(m, x, rows, cols, out, NULL) : aas_xgb_by_library(m, false, x, rows, out, NULL)) !=
            0)
            return NAN;
    return (double)aas_mono_diff_ns(aas_clock_mono(), start) / 1e3 / (double)rounds;
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {1, 8, 64, 256};
    size_t len;
    int64_t budget = 20000;
    struct aas_xgb *m = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    char *text = argc > 1 ? aas_test_file_read(argv[1], &len) : NULL;
    if (!text || (argc > 2 && aas_num_parse_i64(argv[2], strlen(argv[2]), &budget) != 0) || budget < 256) {
        (void)fprintf(stderr, "usage: bench_model MODEL.json [ROUNDS >= 256]\n");
        return 2;
    }
    struct aas_mono start = aas_clock_mono();
    int rc = aas_xgb_load(text, len, &m, &err);
    free(text);
    if (rc) {
        (void)fprintf(stderr, "bench_model: %s\n", err.msg);
        return 1;
    }
    const struct aas_xgb_info *info = aas_xgb_info(m);
    printf("loaded in %lld ms, %zu features, %zu groups, own walk %s\n",
           (long long)aas_mono_diff_ms(aas_clock_mono(), start), info->features, info->groups,
           info->walked ? "in use" : "not usable");
    float *x = malloc(256 * info->features * sizeof *x), *out = malloc(256 * info->outputs * sizeof *out);
    struct aas_rng rng;
    aas_rng_seed(&rng, 1);
    for (size_t i = 0; x && i < 256 * info->features; i++)
        x[i] = (float)aas_rng_normal(&rng);
    for (size_t i = 0; x && out && i < sizeof sizes / sizeof *sizes; i++) {
        size_t rounds = (size_t)budget / sizes[i];
        double walk = time_us(m, true, x, sizes[i], rounds, out), library = time_us(m, false, x, sizes[i], rounds, out);
        printf("rows %4zu  own %8.2f us/row  library %8.2f us/row  ratio %.2f\n", sizes[i], walk / (double)sizes[i],
               library / (double)sizes[i], library / walk);
    }
    free(x);
    free(out);
    aas_xgb_destroy(m);
    return 0;
}
