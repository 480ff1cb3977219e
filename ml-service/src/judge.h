/* Requests for predictions from body to answer, apart from HTTP: one item and many. On the caller's thread; nothing is
 * allocated in the steady state. */
#pragma once

#include <stddef.h>

#include <aas/clock.h>
#include <aas/error.h>

#include "predictor.h"
#include "service.h"

struct aas_buf;

enum ml_explain_mode { ML_EXPLAIN_LATER, ML_EXPLAIN_ANOMALIES, ML_EXPLAIN_ALL };

#define ML_BATCH_MAX 1024

/** One item: judge, log, append the answer's JSON to out. now_ms stands where the item tells no time. field (cap
 *  ML_FIELD_BYTES) gets the path of what is wrong. Errors: AAS_EPARSE, AAS_EINVAL; AAS_EMISMATCH not this model's
 * input; AAS_EUNAVAILABLE no model, with the reason. */
int ml_judge_one(struct ml_service *svc, const char *body, size_t len, enum ml_explain_mode explain,
                 struct aas_buf *out, char *field, struct aas_error *err) AAS_MUST_CHECK;

/** {"items": […]} to {"predictions": […]} in order, a problem where an item failed. *ret_timed: every item told its
 *  times, so that a retry gives the same ids. */
int ml_judge_many(struct ml_service *svc, const char *body, size_t len, enum ml_explain_mode explain,
                  const char *request_id, struct aas_buf *out, char *field, bool *ret_timed,
                  struct aas_error *err) AAS_MUST_CHECK;
