/* NumPy's dtypes, arrays and scalars as they stand in pickles, and joblib's arrays, whose bytes lie raw between the
 * opcodes. Shapes are taken as a count: an encoder's and a scaler's arrays have one dimension. */
#include "pickle_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ELEMENTS_MAX 1000000
#define NESTED_MAX   3

static bool is_kind(char c)
{
    return c != '\0' && strchr("fiubUSO", c) != NULL;
}

/* dtype('f8', False, True): the letter says the kind, the number the bytes (characters for U). */
static int make_dtype(struct pk_reader *r, const struct pk_value *args, struct pk_value **ret)
{
    const struct pk_value *name = args->count ? args->items[0] : NULL;
    if (!name || name->type != PK_TEXT || name->len < 2 || name->len > 8 || !is_kind(name->bytes[0]))
        return pk_error(r, AAS_ENOTSUP, "an array of a type that isn't a number or text");
    uint32_t n = 0;
    for (size_t i = 1; i < name->len; i++) {
        if (name->bytes[i] < '0' || name->bytes[i] > '9')
            return pk_error(r, AAS_ENOTSUP, "an array of a type that isn't a number or text");
        n = n * 10 + (uint32_t)(name->bytes[i] - '0');
    }
    struct pk_value *v = pk_new(r, PK_DTYPE);
    if (!v)
        return AAS_ENOMEM;
    v->kind = name->bytes[0];
    v->item_bytes = v->kind == 'U' ? 4 * n : n;
    *ret = v;
    return 0;
}

int pk_build_dtype(struct pk_reader *r, struct pk_value *dtype, const struct pk_value *state)
{
    const struct pk_value *order = state->type == PK_TUPLE && state->count >= 2 ? state->items[1] : NULL;
    if (!order || order->type != PK_TEXT || order->len != 1)
        return pk_error(r, AAS_EPARSE, "a dtype without a byte order");
    if (!strchr("<>|=", order->bytes[0]))
        return pk_error(r, AAS_EPARSE, "a dtype of an unknown byte order");
    dtype->big_endian = order->bytes[0] == '>';
    return 0;
}

/* Elements of a shape: (), (n,), or more dimensions of which all but one are 1. */
static int count_of(struct pk_reader *r, const struct pk_value *shape, size_t *ret)
{
    size_t n = 1;
    if (shape->type == PK_INT) {
        n = shape->i >= 0 && shape->i <= ELEMENTS_MAX ? (size_t)shape->i : SIZE_MAX;
    } else if (shape->type == PK_TUPLE && shape->count <= 4) {
        for (size_t i = 0; i < shape->count; i++) {
            const struct pk_value *d = shape->items[i];
            if (d->type != PK_INT || d->i < 0 || d->i > ELEMENTS_MAX || (n > 1 && d->i > 1))
                return pk_error(r, AAS_ENOTSUP, "an array of more than one dimension, or too long");
            n *= (size_t)d->i;
        }
    } else {
        return pk_error(r, AAS_EPARSE, "an array without a shape");
    }
    if (n > ELEMENTS_MAX)
        return pk_error(r, AAS_ETOOBIG, "too long an array");
    *ret = n;
    return 0;
}

static bool size_fits_kind(const struct pk_value *d)
{
    switch (d->kind) {
    case 'f':
        return d->item_bytes == 4 || d->item_bytes == 8;
    case 'i':
    case 'u':
        return d->item_bytes == 1 || d->item_bytes == 2 || d->item_bytes == 4 || d->item_bytes == 8;
    case 'b':
        return d->item_bytes == 1;
    case 'U':
    case 'S':
        return d->item_bytes <= 4096;
    default:
        return true;
    }
}

/* Give the array its elements: raw bytes, or a list of objects. */
static int fill(struct pk_reader *r, struct pk_value *array, const struct pk_value *dtype, size_t count,
                const char *bytes, size_t len)
{
    if (dtype->type != PK_DTYPE || dtype->kind == 'O' || !size_fits_kind(dtype))
        return pk_error(r, AAS_ENOTSUP, "an array of a type that isn't a number or text");
    if (len != count * dtype->item_bytes)
        return pk_error(r, AAS_EPARSE, "an array whose bytes don't fit its shape");
    array->kind = dtype->kind;
    array->item_bytes = dtype->item_bytes;
    array->big_endian = dtype->big_endian;
    array->bytes = bytes;
    array->len = len;
    array->count = count;
    return 0;
}

static int fill_objects(struct pk_reader *r, struct pk_value *array, size_t count, const struct pk_value *list)
{
    if (list->type != PK_LIST || list->count != count)
        return pk_error(r, AAS_EPARSE, "an array of objects whose list doesn't fit its shape");
    int rc = 0;
    array->count = 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = pk_append(r, array, list->items[i]);
    array->kind = 'O';
    return rc;
}

/* (version, shape, dtype, is_fortran, bytes or list). One dimension has the same bytes in both orders. */
int pk_build_array(struct pk_reader *r, struct pk_value *array, const struct pk_value *state)
{
    size_t count = 0;
    if (array->kind != '\0' || state->type != PK_TUPLE || state->count != 5 || state->items[2]->type != PK_DTYPE)
        return pk_error(r, AAS_EPARSE, "an array's state is malformed");
    int rc = count_of(r, state->items[1], &count);
    if (rc < 0)
        return rc;
    const struct pk_value *dtype = state->items[2], *data = state->items[4];
    if (dtype->kind == 'O')
        return fill_objects(r, array, count, data);
    if (data->type != PK_BYTES)
        return pk_error(r, AAS_EPARSE, "an array without bytes");
    return fill(r, array, dtype, count, data->bytes, data->len);
}

static int new_array(struct pk_reader *r, const struct pk_value *dtype, const struct pk_value *shape,
                     const struct pk_value *bytes, struct pk_value **ret)
{
    size_t count = 1;
    if (bytes->type != PK_BYTES)
        return pk_error(r, AAS_EPARSE, "an array without bytes");
    int rc = shape ? count_of(r, shape, &count) : 0;
    if (rc < 0)
        return rc;
    struct pk_value *v = pk_new(r, PK_ARRAY);
    rc = v ? fill(r, v, dtype, count, bytes->bytes, bytes->len) : AAS_ENOMEM;
    if (rc == 0)
        *ret = v;
    return rc;
}

/* _codecs.encode(text, 'latin1'): how protocol 2 writes bytes. Every character is below 256. */
static int encode_latin1(struct pk_reader *r, const struct pk_value *args, struct pk_value **ret)
{
    const struct pk_value *text = args->count ? args->items[0] : NULL;
    if (!text || text->type != PK_TEXT)
        return pk_error(r, AAS_EPARSE, "encode without text");
    struct pk_value *v = pk_new(r, PK_BYTES);
    char *out = v ? malloc(text->len + 1) : NULL;
    if (!out)
        return pk_error(r, AAS_ENOMEM, "out of memory");
    v->owned = out;
    v->bytes = out;
    for (size_t i = 0; i < text->len; i++) {
        unsigned char c = (unsigned char)text->bytes[i];
        if (c >= 0x80) {
            bool two =
                (c == 0xc2 || c == 0xc3) && i + 1 < text->len && ((unsigned char)text->bytes[i + 1] & 0xc0) == 0x80;
            if (!two)
                return pk_error(r, AAS_EPARSE, "text that latin1 hasn't");
            c = (unsigned char)((c & 3) << 6 | ((unsigned char)text->bytes[++i] & 0x3f));
        }
        out[v->len++] = (char)c;
    }
    *ret = v;
    return 0;
}

int pk_call(struct pk_reader *r, const struct pk_value *callee, const struct pk_value *args,
            struct pk_value **ret_value)
{
    switch (callee->symbol) {
    case PK_SYM_DTYPE:
        return make_dtype(r, args, ret_value);
    case PK_SYM_ENCODE:
        return encode_latin1(r, args, ret_value);
    case PK_SYM_RECONSTRUCT: /* empty; BUILD gives it its elements */
        *ret_value = pk_new(r, PK_ARRAY);
        return *ret_value ? 0 : AAS_ENOMEM;
    case PK_SYM_SCALAR:
        if (args->count == 2)
            return new_array(r, args->items[0], NULL, args->items[1], ret_value);
        break;
    case PK_SYM_FROMBUFFER: /* (bytes, dtype, shape, order) */
        if (args->count == 4)
            return new_array(r, args->items[1], args->items[2], args->items[0], ret_value);
        break;
    default:
        break;
    }
    return pk_error(r, AAS_EFORBIDDEN, "a call that no LabelEncoder or StandardScaler needs");
}

/* An array of objects is a pickle of its own in the middle of the file. */
static int nested_pickle(struct pk_reader *r, struct pk_value **ret)
{
    if (r->nested >= NESTED_MAX)
        return pk_error(r, AAS_ETOOBIG, "pickles are nested too deep");
    struct pk_reader sub = {.bytes = r->bytes, .len = r->len, .at = r->at, .nested = r->nested + 1, .err = r->err};
    sub.values = r->values;
    int rc = pk_run(&sub, ret);
    r->at = sub.at;
    r->values = sub.values;
    struct pk_value **end = &sub.all; /* its values live as long as the outer reader */
    while (*end)
        end = &(*end)->all_next;
    *end = r->all;
    r->all = sub.all;
    sub.all = NULL;
    pk_fini(&sub);
    return rc;
}

/* The wrapper becomes the array. Raw bytes are preceded by their padding, when the wrapper speaks of alignment. */
int pk_read_joblib_array(struct pk_reader *r, struct pk_value *wrapper, const struct pk_value *state)
{
    const struct pk_value *shape = pk_get(state, "shape"), *dtype = pk_get(state, "dtype");
    const struct pk_value *alignment = pk_get(state, "numpy_array_alignment_bytes");
    size_t count = 0;
    if (!shape || !dtype || dtype->type != PK_DTYPE)
        return pk_error(r, AAS_EPARSE, "joblib's array has no shape or type");
    int rc = count_of(r, shape, &count);
    if (rc < 0)
        return rc;
    if (dtype->kind == 'O') {
        struct pk_value *array = NULL;
        rc = nested_pickle(r, &array);
        if (rc < 0)
            return rc;
        if (array->type != PK_ARRAY || array->kind != 'O' || array->count != count)
            return pk_error(r, AAS_EPARSE, "joblib's array of objects holds something else");
        wrapper->type = PK_ARRAY;
        wrapper->kind = 'O';
        for (size_t i = 0; rc == 0 && i < count; i++)
            rc = pk_append(r, wrapper, array->items[i]);
        return rc;
    }
    if (alignment && alignment->type == PK_INT) {
        const char *padding = pk_take(r, 1);
        if (!padding || !pk_take(r, (unsigned char)*padding))
            return AAS_EPARSE;
    }
    const char *bytes = pk_take(r, count * dtype->item_bytes);
    if (!bytes)
        return AAS_EPARSE;
    wrapper->type = PK_ARRAY;
    return fill(r, wrapper, dtype, count, bytes, count * dtype->item_bytes);
}

static uint64_t element_bits(const struct pk_value *a, size_t i)
{
    const unsigned char *p = (const unsigned char *)a->bytes + i * a->item_bytes;
    uint64_t bits = 0;
    for (uint32_t k = 0; k < a->item_bytes; k++)
        bits |= (uint64_t)p[a->big_endian ? a->item_bytes - 1 - k : k] << (8 * k);
    return bits;
}

static int64_t element_int(const struct pk_value *a, size_t i)
{
    uint64_t bits = element_bits(a, i);
    unsigned width = 8 * a->item_bytes;
    if (a->kind == 'i' && width < 64 && bits >> (width - 1))
        bits |= ~UINT64_C(0) << width;
    return (int64_t)bits;
}

bool pk_array_number(const struct pk_value *a, size_t i, double *ret)
{
    if (a->type != PK_ARRAY || i >= a->count)
        return false;
    if (a->kind == 'f' && a->item_bytes == 8) {
        uint64_t bits = element_bits(a, i);
        memcpy(ret, &bits, sizeof(*ret));
    } else if (a->kind == 'f') {
        uint32_t bits = (uint32_t)element_bits(a, i);
        float f;
        memcpy(&f, &bits, sizeof(f));
        *ret = (double)f;
    } else if (a->kind == 'i' || a->kind == 'u' || a->kind == 'b') {
        *ret = a->kind == 'u' ? (double)element_bits(a, i) : (double)element_int(a, i);
    } else {
        return false;
    }
    return true;
}

/* UCS-4 as UTF-8; zeros at the end are padding. */
static json_t *unicode_text(const struct pk_value *a, size_t i)
{
    char out[4096 * 4 + 1];
    size_t n = 0;
    struct pk_value chars = *a;
    chars.item_bytes = 4;
    chars.kind = 'u';
    size_t per = a->item_bytes / 4;
    for (size_t k = 0; k < per; k++) {
        uint32_t c = (uint32_t)element_bits(&chars, i * per + k);
        if (c == 0)
            break;
        if (c < 0x80) {
            out[n++] = (char)c;
        } else if (c < 0x800) {
            out[n++] = (char)(0xc0 | c >> 6);
            out[n++] = (char)(0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
            out[n++] = (char)(0xe0 | c >> 12);
            out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
            out[n++] = (char)(0x80 | (c & 0x3f));
        } else {
            out[n++] = (char)(0xf0 | (c >> 18 & 7));
            out[n++] = (char)(0x80 | (c >> 12 & 0x3f));
            out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
            out[n++] = (char)(0x80 | (c & 0x3f));
        }
    }
    return json_stringn(out, n); /* NULL when it isn't UTF-8: surrogates, beyond U+10FFFF */
}

json_t *pk_array_text(const struct pk_value *a, size_t i)
{
    char number[32];
    if (a->type != PK_ARRAY || i >= a->count)
        return NULL;
    const struct pk_value *v = a->kind == 'O' ? a->items[i] : NULL;
    switch (a->kind) {
    case 'U':
        return unicode_text(a, i);
    case 'S':
        return json_stringn(a->bytes + i * a->item_bytes, strnlen(a->bytes + i * a->item_bytes, a->item_bytes));
    case 'b':
        return json_string(element_int(a, i) ? "True" : "False"); /* as Python's str() */
    case 'i':
        (void)snprintf(number, sizeof(number), "%lld", (long long)element_int(a, i));
        return json_string(number);
    case 'u':
        (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)element_bits(a, i));
        return json_string(number);
    case 'O':
        if (v->type == PK_TEXT)
            return json_stringn(v->bytes, v->len);
        if (v->type == PK_BOOL)
            return json_string(v->i ? "True" : "False");
        if (v->type == PK_INT) {
            (void)snprintf(number, sizeof(number), "%lld", (long long)v->i);
            return json_string(number);
        }
        return v->type == PK_ARRAY && v->count == 1 && v->kind != 'O' ? pk_array_text(v, 0) : NULL;
    default:
        return NULL;
    }
}
