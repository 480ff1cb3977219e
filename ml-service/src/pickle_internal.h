/* What the parts of the pickle reader share: pickle_vm.c (opcodes), pickle_numpy.c (arrays), pickle.c (meaning). */
#pragma once

#include "pickle.h"

#include <stdbool.h>
#include <stdint.h>

enum pk_type {
    PK_NONE,
    PK_BOOL,
    PK_INT,
    PK_FLOAT,
    PK_BYTES,
    PK_TEXT,
    PK_TUPLE,
    PK_LIST,
    PK_DICT, /* items: key, value, key, value, … */
    PK_SYMBOL,
    PK_OBJECT, /* of class `symbol`; state in items[0], if any */
    PK_DTYPE,
    PK_ARRAY
};

enum pk_symbol {
    PK_SYM_LABEL_ENCODER,
    PK_SYM_STANDARD_SCALER,
    PK_SYM_DTYPE,
    PK_SYM_NDARRAY,
    PK_SYM_RECONSTRUCT,
    PK_SYM_SCALAR,
    PK_SYM_FROMBUFFER,
    PK_SYM_ENCODE,
    PK_SYM_JOBLIB_ARRAY,
    PK_SYM__COUNT
};

struct pk_value {
    enum pk_type type;
    enum pk_symbol symbol;     /* SYMBOL, OBJECT */
    int64_t i;                 /* BOOL, INT */
    double f;                  /* FLOAT */
    const char *bytes;         /* BYTES, TEXT; ARRAY: elements */
    size_t len;                /* of bytes */
    struct pk_value **items;   /* TUPLE, LIST, DICT, OBJECT; ARRAY of objects */
    size_t count, cap;         /* of items; ARRAY: elements in count */
    char kind;                 /* DTYPE, ARRAY: f i u b U S O */
    uint32_t item_bytes;       /* DTYPE, ARRAY */
    bool big_endian;           /* DTYPE, ARRAY */
    struct pk_value *all_next; /* every value, for freeing */
    char *owned;               /* memory that bytes point into, or NULL */
};

struct pk_reader {
    const char *bytes;
    size_t len, at;
    struct pk_value *all;
    size_t values;
    struct pk_value **stack, **memo;
    size_t depth, stack_cap, memo_cap, memo_count;
    size_t marks[256];
    size_t marks_count;
    unsigned nested;       /* pickles within pickles */
    struct aas_error *err; /* may be NULL */
};

/** A value that the reader owns; NULL without memory or over the count (error set). */
struct pk_value *pk_new(struct pk_reader *r, enum pk_type type);
/** Make room for `need` entries, at most max; new ones are NULL. Errors: AAS_ENOMEM, AAS_ETOOBIG. */
int pk_grow(struct pk_reader *r, struct pk_value ***list, size_t *cap, size_t need, size_t max) AAS_MUST_CHECK;
/** Append to items. Errors: AAS_ENOMEM, AAS_ETOOBIG. */
int pk_append(struct pk_reader *r, struct pk_value *to, struct pk_value *item) AAS_MUST_CHECK;
/** Value under a text key of a DICT, or NULL. */
const struct pk_value *pk_get(const struct pk_value *dict, const char *key);
int pk_error(struct pk_reader *r, int code, const char *text) AAS_MUST_CHECK;
/** n bytes at the reader's place, which moves behind them; NULL: there are fewer (error set). */
const char *pk_take(struct pk_reader *r, size_t n);

/** Run opcodes until STOP; *ret_value is the reader's. */
int pk_run(struct pk_reader *r, struct pk_value **ret_value) AAS_MUST_CHECK;
void pk_fini(struct pk_reader *r);

/** REDUCE: `callee(args)` for a symbol; BUILD on dtype and array; the bytes behind joblib's array wrapper. */
int pk_call(struct pk_reader *r, const struct pk_value *callee, const struct pk_value *args,
            struct pk_value **ret_value) AAS_MUST_CHECK;
int pk_build_dtype(struct pk_reader *r, struct pk_value *dtype, const struct pk_value *state) AAS_MUST_CHECK;
int pk_build_array(struct pk_reader *r, struct pk_value *array, const struct pk_value *state) AAS_MUST_CHECK;
int pk_read_joblib_array(struct pk_reader *r, struct pk_value *wrapper, const struct pk_value *state) AAS_MUST_CHECK;

/** Element i of a numeric array as a number. False: not a numeric array, or no such element. */
bool pk_array_number(const struct pk_value *array, size_t i, double *ret);
/** Element i of a text, bytes, object or integer array as new JSON text; NULL: it can't be. */
json_t *pk_array_text(const struct pk_value *array, size_t i);
