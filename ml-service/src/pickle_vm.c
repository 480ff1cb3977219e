/* The pickle machine: a stack of values, a memo, 40 opcodes. Nothing is callable but the symbols of one table. Source
 * of the format: CPython's Lib/pickletools.py (documentation of the opcodes). */
#include "pickle_internal.h"

#include <stdlib.h>
#include <string.h>

#define STACK_MAX 1000000
#define MEMO_MAX  1000000

static const struct {
    const char *module, *name;
    enum pk_symbol symbol;
} symbols[] = {
    {"sklearn.preprocessing._label", "LabelEncoder", PK_SYM_LABEL_ENCODER},
    {"sklearn.preprocessing.label", "LabelEncoder", PK_SYM_LABEL_ENCODER},
    {"sklearn.preprocessing._data", "StandardScaler", PK_SYM_STANDARD_SCALER},
    {"sklearn.preprocessing.data", "StandardScaler", PK_SYM_STANDARD_SCALER},
    {"numpy", "dtype", PK_SYM_DTYPE},
    {"numpy", "ndarray", PK_SYM_NDARRAY},
    {"numpy.core.multiarray", "_reconstruct", PK_SYM_RECONSTRUCT},
    {"numpy._core.multiarray", "_reconstruct", PK_SYM_RECONSTRUCT},
    {"numpy.core.multiarray", "scalar", PK_SYM_SCALAR},
    {"numpy._core.multiarray", "scalar", PK_SYM_SCALAR},
    {"numpy.core.numeric", "_frombuffer", PK_SYM_FROMBUFFER},
    {"numpy._core.numeric", "_frombuffer", PK_SYM_FROMBUFFER},
    {"_codecs", "encode", PK_SYM_ENCODE},
    {"joblib.numpy_pickle", "NumpyArrayWrapper", PK_SYM_JOBLIB_ARRAY},
};

/* An unsigned little-endian number of n bytes. */
static int number(struct pk_reader *r, size_t n, uint64_t *ret)
{
    const char *p = pk_take(r, n);
    if (!p)
        return AAS_EPARSE;
    *ret = 0;
    for (size_t i = n; i-- > 0;)
        *ret = *ret << 8 | (unsigned char)p[i];
    return 0;
}

static int push(struct pk_reader *r, struct pk_value *v)
{
    if (!v)
        return r->err && r->err->code ? r->err->code : AAS_ENOMEM;
    int rc = pk_grow(r, &r->stack, &r->stack_cap, r->depth + 1, STACK_MAX);
    if (rc == 0)
        r->stack[r->depth++] = v;
    return rc;
}

/* Lowest place of the stack that opcodes may take from: values under a mark belong to somebody else. */
static size_t stack_floor(const struct pk_reader *r)
{
    return r->marks_count ? r->marks[r->marks_count - 1] : 0;
}

static struct pk_value *pop(struct pk_reader *r)
{
    if (r->depth <= stack_floor(r)) {
        AAS_IGNORE(pk_error(r, AAS_EPARSE, "the stack is empty"));
        return NULL;
    }
    return r->stack[--r->depth];
}

static struct pk_value *top(struct pk_reader *r)
{
    struct pk_value *v = pop(r);
    r->depth += v != NULL;
    return v;
}

static int push_int(struct pk_reader *r, enum pk_type type, int64_t i)
{
    struct pk_value *v = pk_new(r, type);
    if (v)
        v->i = i;
    return push(r, v);
}

static int push_bytes(struct pk_reader *r, enum pk_type type, size_t length_bytes)
{
    uint64_t n = 0;
    int rc = number(r, length_bytes, &n);
    const char *p = rc == 0 ? pk_take(r, n) : NULL;
    if (!p)
        return AAS_EPARSE;
    struct pk_value *v = pk_new(r, type);
    if (v) {
        v->bytes = p;
        v->len = n;
    }
    return push(r, v);
}

static int push_float(struct pk_reader *r)
{
    const char *p = pk_take(r, 8); /* big-endian, unlike everything else */
    uint64_t bits = 0;
    if (!p)
        return AAS_EPARSE;
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | (unsigned char)p[i];
    struct pk_value *v = pk_new(r, PK_FLOAT);
    if (v)
        memcpy(&v->f, &bits, sizeof(bits));
    return push(r, v);
}

static int push_long(struct pk_reader *r)
{
    uint64_t n = 0, bits = 0;
    int rc = number(r, 1, &n);
    if (rc < 0)
        return rc;
    if (n > 8)
        return pk_error(r, AAS_ENOTSUP, "an integer of more than 64 bits");
    rc = number(r, n, &bits);
    if (rc == 0 && n > 0 && n < 8 && bits >> (8 * n - 1))
        bits |= ~UINT64_C(0) << (8 * n);
    return rc < 0 ? rc : push_int(r, PK_INT, (int64_t)bits);
}

/* TUPLE of the n values on top, which leave the stack. */
static int push_tuple(struct pk_reader *r, size_t n)
{
    if (r->depth - stack_floor(r) < n)
        return pk_error(r, AAS_EPARSE, "the stack is too short for a tuple");
    struct pk_value *v = pk_new(r, PK_TUPLE);
    int rc = v ? 0 : AAS_ENOMEM;
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = pk_append(r, v, r->stack[r->depth - n + i]);
    if (rc < 0)
        return rc;
    r->depth -= n;
    return push(r, v);
}

static int pop_mark(struct pk_reader *r, size_t *ret_first)
{
    if (r->marks_count == 0)
        return pk_error(r, AAS_EPARSE, "no mark on the stack");
    *ret_first = r->marks[--r->marks_count];
    return 0;
}

static int tuple_from_mark(struct pk_reader *r)
{
    size_t first = 0;
    int rc = pop_mark(r, &first);
    return rc < 0 ? rc : push_tuple(r, r->depth - first);
}

/* APPEND(S), SETITEM(S): values from `first` on go to the list or dict under them. */
static int extend(struct pk_reader *r, size_t first, enum pk_type type)
{
    if (first <= stack_floor(r) || r->stack[first - 1]->type != type)
        return pk_error(r, AAS_EPARSE, type == PK_LIST ? "append to what isn't a list" : "item of what isn't a dict");
    struct pk_value *to = r->stack[first - 1];
    if (type == PK_DICT && (r->depth - first) % 2)
        return pk_error(r, AAS_EPARSE, "a key without a value");
    int rc = 0;
    for (size_t i = first; rc == 0 && i < r->depth; i++)
        rc = pk_append(r, to, r->stack[i]);
    r->depth = first;
    return rc;
}

static int extend_from_mark(struct pk_reader *r, enum pk_type type)
{
    size_t first = 0;
    int rc = pop_mark(r, &first);
    return rc < 0 ? rc : extend(r, first, type);
}

static int extend_by(struct pk_reader *r, size_t n, enum pk_type type)
{
    if (r->depth - stack_floor(r) < n + 1)
        return pk_error(r, AAS_EPARSE, "the stack is too short");
    return extend(r, r->depth - n, type);
}

static int remember(struct pk_reader *r, size_t where)
{
    struct pk_value *v = top(r);
    if (!v)
        return AAS_EPARSE;
    int rc = pk_grow(r, &r->memo, &r->memo_cap, where + 1, MEMO_MAX);
    if (rc < 0)
        return rc;
    r->memo_count += r->memo[where] == NULL;
    r->memo[where] = v;
    return 0;
}

static int recall(struct pk_reader *r, size_t length_bytes)
{
    uint64_t where = 0;
    int rc = number(r, length_bytes, &where);
    if (rc < 0)
        return rc;
    if (where >= r->memo_cap || !r->memo[where])
        return pk_error(r, AAS_EPARSE, "a memo that was never set");
    return push(r, r->memo[where]);
}

static int push_symbol(struct pk_reader *r, const char *module, size_t module_len, const char *name, size_t name_len)
{
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        if (strlen(symbols[i].module) != module_len || strncmp(symbols[i].module, module, module_len) != 0 ||
            strlen(symbols[i].name) != name_len || strncmp(symbols[i].name, name, name_len) != 0)
            continue;
        struct pk_value *v = pk_new(r, PK_SYMBOL);
        if (v)
            v->symbol = symbols[i].symbol;
        return push(r, v);
    }
    return aas_error_set(r->err, AAS_EFORBIDDEN,
                         "the pickle asks for %.*s.%.*s: only LabelEncoder and StandardScaler are read, nothing is run",
                         (int)(module_len > 60 ? 60 : module_len), module, (int)(name_len > 60 ? 60 : name_len), name);
}

static int global(struct pk_reader *r)
{
    const char *module = r->bytes + r->at, *end = r->bytes + r->len;
    const char *first = memchr(module, '\n', (size_t)(end - module));
    const char *second = first ? memchr(first + 1, '\n', (size_t)(end - first - 1)) : NULL;
    if (!second)
        return pk_error(r, AAS_EPARSE, "a symbol without an end");
    r->at = (size_t)(second + 1 - r->bytes);
    return push_symbol(r, module, (size_t)(first - module), first + 1, (size_t)(second - first - 1));
}

static int stack_global(struct pk_reader *r)
{
    const struct pk_value *name = pop(r), *module = name ? pop(r) : NULL;
    if (!module || module->type != PK_TEXT || name->type != PK_TEXT)
        return pk_error(r, AAS_EPARSE, "a symbol whose name isn't text");
    return push_symbol(r, module->bytes, module->len, name->bytes, name->len);
}

static int new_object(struct pk_reader *r)
{
    const struct pk_value *args = pop(r), *class = args ? pop(r) : NULL;
    if (!class || class->type != PK_SYMBOL || args->type != PK_TUPLE || args->count != 0 ||
        (class->symbol != PK_SYM_LABEL_ENCODER && class->symbol != PK_SYM_STANDARD_SCALER &&
         class->symbol != PK_SYM_JOBLIB_ARRAY))
        return pk_error(r, AAS_EFORBIDDEN, "an object of a class that isn't read");
    struct pk_value *v = pk_new(r, PK_OBJECT);
    if (v)
        v->symbol = class->symbol;
    return push(r, v);
}

static int call(struct pk_reader *r)
{
    const struct pk_value *args = pop(r), *callee = args ? pop(r) : NULL;
    if (!callee || callee->type != PK_SYMBOL || args->type != PK_TUPLE)
        return pk_error(r, AAS_EFORBIDDEN, "a call of something that isn't a known function");
    struct pk_value *v = NULL;
    int rc = pk_call(r, callee, args, &v);
    return rc < 0 ? rc : push(r, v);
}

static int build(struct pk_reader *r)
{
    struct pk_value *state = pop(r), *object = state ? top(r) : NULL;
    if (!object)
        return pk_error(r, AAS_EPARSE, "a state without an object");
    if (object->type == PK_DTYPE)
        return pk_build_dtype(r, object, state);
    if (object->type == PK_ARRAY)
        return pk_build_array(r, object, state);
    if (object->type != PK_OBJECT || state->type != PK_DICT || object->count)
        return pk_error(r, AAS_EPARSE, "a state that doesn't fit its object");
    if (object->symbol == PK_SYM_JOBLIB_ARRAY)
        return pk_read_joblib_array(r, object, state);
    return pk_append(r, object, state);
}

static int skip(struct pk_reader *r, size_t n)
{
    return pk_take(r, n) ? 0 : AAS_EPARSE;
}

static int mark(struct pk_reader *r)
{
    if (r->marks_count == sizeof(r->marks) / sizeof(r->marks[0]))
        return pk_error(r, AAS_ETOOBIG, "marks are nested too deep");
    r->marks[r->marks_count++] = r->depth;
    return 0;
}

static int protocol(struct pk_reader *r)
{
    uint64_t version = 0;
    int rc = number(r, 1, &version);
    if (rc == 0 && (version < 2 || version > 5))
        rc = pk_error(r, AAS_ENOTSUP, "protocols 2 to 5 are read");
    return rc;
}

static int push_signed32(struct pk_reader *r)
{
    uint64_t v = 0;
    int rc = number(r, 4, &v);
    return rc < 0 ? rc : push_int(r, PK_INT, (int32_t)(uint32_t)v);
}

static int push_unsigned(struct pk_reader *r, size_t n)
{
    uint64_t v = 0;
    int rc = number(r, n, &v);
    return rc < 0 ? rc : push_int(r, PK_INT, (int64_t)v);
}

static int put(struct pk_reader *r, size_t length_bytes)
{
    uint64_t where = 0;
    int rc = number(r, length_bytes, &where);
    return rc < 0 ? rc : remember(r, where);
}

/* One opcode but STOP. */
static int step(struct pk_reader *r, unsigned char op)
{
    switch (op) {
    case 0x80:
        return protocol(r);
    case 0x95:
        return skip(r, 8); /* FRAME */
    case '(':
        return mark(r);
    case '0':
        return pop(r) ? 0 : AAS_EPARSE;
    case 'N':
        return push(r, pk_new(r, PK_NONE));
    case 0x88:
        return push_int(r, PK_BOOL, 1);
    case 0x89:
        return push_int(r, PK_BOOL, 0);
    case 'J':
        return push_signed32(r);
    case 'K':
        return push_unsigned(r, 1);
    case 'M':
        return push_unsigned(r, 2);
    case 0x8a:
        return push_long(r);
    case 'G':
        return push_float(r);
    case 'C':
        return push_bytes(r, PK_BYTES, 1);
    case 'B':
        return push_bytes(r, PK_BYTES, 4);
    case 0x8e:
    case 0x96:
        return push_bytes(r, PK_BYTES, 8); /* BINBYTES8, BYTEARRAY8 */
    case 0x8c:
        return push_bytes(r, PK_TEXT, 1);
    case 'X':
        return push_bytes(r, PK_TEXT, 4);
    case 0x8d:
        return push_bytes(r, PK_TEXT, 8);
    case ')':
        return push(r, pk_new(r, PK_TUPLE));
    case ']':
        return push(r, pk_new(r, PK_LIST));
    case '}':
        return push(r, pk_new(r, PK_DICT));
    case 't':
        return tuple_from_mark(r);
    case 0x85:
        return push_tuple(r, 1);
    case 0x86:
        return push_tuple(r, 2);
    case 0x87:
        return push_tuple(r, 3);
    case 'a':
        return extend_by(r, 1, PK_LIST);
    case 'e':
        return extend_from_mark(r, PK_LIST);
    case 's':
        return extend_by(r, 2, PK_DICT);
    case 'u':
        return extend_from_mark(r, PK_DICT);
    case 'q':
        return put(r, 1);
    case 'r':
        return put(r, 4);
    case 0x94:
        return remember(r, r->memo_count); /* MEMOIZE */
    case 'h':
        return recall(r, 1);
    case 'j':
        return recall(r, 4);
    case 'c':
        return global(r);
    case 0x93:
        return stack_global(r);
    case 0x81:
        return new_object(r);
    case 'R':
        return call(r);
    case 'b':
        return build(r);
    default:
        return pk_error(r, AAS_ENOTSUP, "an opcode that no LabelEncoder or StandardScaler needs");
    }
}

int pk_run(struct pk_reader *r, struct pk_value **ret_value)
{
    for (;;) {
        const char *op = pk_take(r, 1);
        if (!op)
            return AAS_EPARSE;
        if (*op == '.')
            break;
        int rc = step(r, (unsigned char)*op);
        if (rc < 0)
            return rc;
    }
    if (r->marks_count != 0 || r->depth != 1)
        return pk_error(r, AAS_EPARSE, "the pickle ends with something left on the stack");
    *ret_value = r->stack[--r->depth];
    return 0;
}
