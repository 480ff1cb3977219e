/* POST /simulate: simulated machines that publish through the broker like real ones, so that a demonstration takes the
 * whole way. One thread steps all of them; a publisher client of its own. One mutex over the list of simulations. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "aas/error.h"
#include "aas/id.h"
#include "config.h"

struct ingest_simulator;
struct ingest_topics;

#define INGEST_SIM_SENSORS_MAX 1000
#define INGEST_SIM_RATE_MAX    1000.0

int ingest_simulator_create(struct ingest_simulator **ret_sim, const struct ingest_config *config,
                            const struct ingest_topics *topics, struct aas_error *err) AAS_MUST_CHECK;
int ingest_simulator_start(struct ingest_simulator *s, struct aas_error *err) AAS_MUST_CHECK;
/** Ends all simulations. NULL is fine. */
void ingest_simulator_stop(struct ingest_simulator *s);
void ingest_simulator_destroy(struct ingest_simulator *s);

/** Start what a request (simulate.schema.json; borrows) asks for; *ret_answer is the simulation (new). Errors:
 * AAS_EINVAL with *ret_field naming the field; AAS_ENOTSUP the machine can't have the fault; AAS_EFULL too many
 * sensors. */
int ingest_simulator_add(struct ingest_simulator *s, const json_t *request, json_t **ret_answer, const char **ret_field,
                         struct aas_error *err) AAS_MUST_CHECK;
/** AAS_ENOENT. */
int ingest_simulator_remove(struct ingest_simulator *s, const char *id) AAS_MUST_CHECK;
size_t ingest_simulator_running(struct ingest_simulator *s);
