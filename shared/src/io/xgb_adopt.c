/* Whether a model may be served by our own walk: only where it gives the library's answers to the last bit. */
#include "xgb_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <aas/cleanup.h>
#include <aas/err.h>
#include <aas/rng.h>

#include "xgb_forest.h"

#define TRIAL_ROWS 64

/* Values around 0 at several scales, as scaled and raw features have them, one in eight missing. */
static void fill(float *x, size_t n)
{
    struct aas_rng rng;
    aas_rng_seed(&rng, 1);
    for (size_t i = 0; i < n; i++) {
        double scale = pow(10, (double)aas_rng_below(&rng, 5) - 1);
        x[i] = aas_rng_below(&rng, 8) == 0 ? NAN : (float)(aas_rng_normal(&rng) * scale);
    }
}

static bool agrees(const struct aas_xgb *m, const struct xgb_forest *f, bool margin, const float *x)
{
    size_t width = margin ? m->info.groups : m->info.outputs;
    AAS_AUTO_FREE float *theirs = malloc(TRIAL_ROWS * width * sizeof *theirs);
    AAS_AUTO_FREE float *ours = malloc(TRIAL_ROWS * width * sizeof *ours);
    if (!theirs || !ours || width != m->info.groups || aas_xgb_by_library(m, margin, x, TRIAL_ROWS, theirs, NULL) < 0)
        return false;
    xgb_forest_margin(f, x, TRIAL_ROWS, ours);
    if (!margin)
        xgb_forest_link(f, ours, TRIAL_ROWS);
    return memcmp(theirs, ours, TRIAL_ROWS * width * sizeof *ours) == 0;
}

/* The file's JSON text: itself, or for UBJ what the library writes. */
static struct xgb_forest *build(const struct aas_xgb *m, const char *bytes, size_t len)
{
    bst_ulong json_len = len;
    const char *json = bytes;
    bool is_json = bytes[1] == '"' || bytes[1] == ' ' || bytes[1] == '\n' || bytes[1] == '\r' || bytes[1] == '\t';
    if (!is_json && XGBoosterSaveModelToBuffer(m->booster, "{\"format\":\"json\"}", &json_len, &json) != 0)
        return NULL;
    return xgb_forest_create(json, json_len, m->info.groups, m->info.features);
}

void aas_xgb_adopt_forest(struct aas_xgb *m, const char *bytes, size_t len)
{
    struct xgb_forest *f = build(m, bytes, len);
    AAS_AUTO_FREE float *x = f ? malloc(TRIAL_ROWS * m->info.features * sizeof *x) : NULL;
    if (x)
        fill(x, TRIAL_ROWS * m->info.features);
    if (x && agrees(m, f, true, x) && agrees(m, f, false, x)) {
        m->forest = f;
        m->info.walked = true;
        return;
    }
    xgb_forest_destroy(f);
}
