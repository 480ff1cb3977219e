/* The store's one table: which collections there are, which of their fields are indexed, and how. Drivers create from
 * it, filters are checked against it, and a test compares database/init/init-mongo.js with it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum aas_collection {
    AAS_COLL_SENSORS,
    AAS_COLL_SENSOR_DATA,
    AAS_COLL_ROLLUPS,
    AAS_COLL_PREDICTIONS,
    AAS_COLL_FEEDBACK,
    AAS_COLL_MODELS,
    AAS_COLL_FAULTS,
    AAS_COLL_ALARMS,
    AAS_COLL_USERS,
    AAS_COLL_TOKENS,
    AAS_COLL_AUDIT,
    AAS_COLL_QUARANTINE,
    AAS_COLL_SETTINGS,
    AAS_COLL_JOBS,
    AAS_COLL__COUNT
};

enum aas_field_kind { AAS_KIND_STR, AAS_KIND_INT, AAS_KIND_NUM, AAS_KIND_BOOL, AAS_KIND_TIME };

/** A field that filters, sorts and tallies may name. The path may be dotted. In a document it is of its kind, or null,
 * or absent; anything else is refused when it is written. A TIME is a BSON date. */
struct aas_store_field {
    const char *path; /* NULL ends the list */
    enum aas_field_kind kind;
};

#define AAS_STORE_FIELDS_MAX     12
#define AAS_STORE_INDEXES_MAX    10
#define AAS_STORE_INDEX_KEYS_MAX 3
#define AAS_STORE_INDEX_ALSO_MAX 4

/** An index over up to three declared fields, in order; _id always follows as the tie-break. A unique one ignores
 * documents that lack its first field (sparse), and that field may not be null. */
struct aas_store_index {
    const char *fields[AAS_STORE_INDEX_KEYS_MAX]; /* fields[0] NULL ends the list */
    bool unique;
    /* Kept in the index behind _id, so that a walk along it can test them without reading documents. */
    const char *also[AAS_STORE_INDEX_ALSO_MAX];
};

struct aas_store_collection {
    const char *name;
    bool revisions; /* documents carry `rev` and may be replaced; without it they are inserted and removed only */
    struct aas_store_field fields[AAS_STORE_FIELDS_MAX + 1];
    struct aas_store_index indexes[AAS_STORE_INDEXES_MAX + 1];
};

/** The table's row. Never NULL for a member of the enum. */
const struct aas_store_collection *aas_store_collection(enum aas_collection c);
/** By name; -1 when there is none. */
int aas_store_collection_by_name(const char *name);
/** The declared field of that path, or NULL. `_id` is no declared field. */
const struct aas_store_field *aas_store_field(const struct aas_store_collection *c, const char *path);
