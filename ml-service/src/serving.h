/* The routing table of one moment: which model answers for which sensor type. Immutable and reference-counted; the
 * registry swaps whole tables, so that a request never sees half of a change. */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include <aas/ref.h>

#include "model.h"
#include "prediction.h"

struct ml_route {
    char type[65];
    struct ml_model *champion;   /* never NULL */
    struct ml_model *challenger; /* NULL: none */
    double ab_pct;               /* share of sensors that the challenger serves */
    struct ml_model *shadow;     /* NULL: none */
};

struct ml_serving {
    struct aas_ref ref;
    int64_t rev; /* of the roles document */
    size_t count;
    struct ml_route routes[];
};

/** The model that one request gets; borrowed from the table. */
struct ml_choice {
    struct ml_model *model;
    enum ml_role role;
    struct ml_model *shadow; /* NULL: none */
};

/** A table of n routes without models (zeroed), one reference. NULL: no memory. */
struct ml_serving *ml_serving_new(size_t n);
struct ml_serving *ml_serving_get(struct ml_serving *s);
/** NULL is fine. Gives the models back with the last reference. */
void ml_serving_put(struct ml_serving *s);

/** The route of a sensor type, that of "*" where it has none ("" means "*"); NULL: nobody serves it. */
const struct ml_route *ml_serving_route(const struct ml_serving *s, const char *type);
/** Who answers: sticky per sensor and challenger, so that a sensor doesn't move between models while a share is rising.
 *  False: no route. */
bool ml_serving_choose(const struct ml_serving *s, const char *type, const char *sensor_id, struct ml_choice *ret);
/** GET /serving's body (new; NULL: no memory). */
json_t *ml_serving_json(const struct ml_serving *s);
