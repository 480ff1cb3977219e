/* A time series in the making: rows of a sensor's buckets, raw or thinned to minimum, maximum and mean per slot. Pure:
 * no store, no clock. One owner. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <bson/bson.h>

#include "aas/buf.h"
#include "aas/error.h"

#define API_SERIES_POINTS    2000   /* that an automatic slot aims at */
#define API_SERIES_MAX_SLOTS 20000  /* that a given slot may make */
#define API_SERIES_MAX_ROWS  500000 /* of a raw answer */
#define API_SERIES_CHANNELS  128

struct api_series;

/** Rows with from <= t <= to count. slot_ms 0: raw. Errors: AAS_ENOMEM. */
int api_series_create(struct api_series **ret_series, int64_t from, int64_t to, int64_t slot_ms) AAS_MUST_CHECK;
void api_series_destroy(struct api_series *series);

/** A bucket of `sensor_data`. Values that are no number, and channels over the limit, are left out. Errors:
 * AAS_ECORRUPT for a bucket without t and v, AAS_ETOOBIG over the limits, AAS_ENOMEM. */
int api_series_add_bucket(struct api_series *series, const bson_t *doc, struct aas_error *err) AAS_MUST_CHECK;
/** A minute of `rollups`; not for raw ones. */
int api_series_add_rollup(struct api_series *series, const bson_t *doc, struct aas_error *err) AAS_MUST_CHECK;
size_t api_series_rows(const struct api_series *series);

/** The answer (series.schema.json) by time. Errors: AAS_ENOMEM, AAS_ETOOBIG. */
int api_series_write(struct api_series *series, const char *sensor_id, struct aas_buf *out) AAS_MUST_CHECK;

/** "raw" gives 0, "10s" 10000, "auto" the slot that makes at most API_SERIES_POINTS of a range. AAS_EINVAL. */
int api_series_resolution(const char *text, int64_t range_ms, int64_t *ret_slot_ms) AAS_MUST_CHECK;
/** 10000 as "10s", 0 as "raw". */
void api_series_resolution_text(int64_t slot_ms, char out[static 24]);
