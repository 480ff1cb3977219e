/* POST /import: back-fill from CSV or JSON lines. A dry run tells what would be taken and what not, row by row; the
 * real run sends the rows through the log like any message, so that validation, duplicates and the ledger are the same.
 * On a worker. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/error.h"
#include "validate.h"

struct ingest_subscriber;

struct ingest_import_options {
    const char *sensor_id; /* of all rows; NULL: a column or field names it */
    bool dry_run;
    struct ingest_rules rules;
    int64_t now_ms;
    struct ingest_subscriber *subscriber; /* not needed for a dry run */
};

/** CSV: a header with timestamp (or time, ts), sensor_id (or sensor, asset, machine) and channels; label columns are
 * left out; blank cells are missing values. *ret_report (new): {dry_run, rows, accepted, rejected, errors:[{line,
 * reason}], sensors:{id:{rows, from, to, channels}}}. Errors: AAS_EINVAL a header without time or sensor; those of the
 * log, after which the accepted rows so far are in (send the file again: duplicates are found). */
int ingest_import_csv(const char *text, size_t len, const struct ingest_import_options *o, json_t **ret_report,
                      struct aas_error *err) AAS_MUST_CHECK;
/** JSON: one message per line, or one JSON list in all. Same report. */
int ingest_import_json(const char *text, size_t len, const struct ingest_import_options *o, json_t **ret_report,
                       struct aas_error *err) AAS_MUST_CHECK;
