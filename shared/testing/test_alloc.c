#include "aas/test_alloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_size_t calls, first, last;
static atomic_bool failed;

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

static bool must_fail(void)
{
    size_t call = atomic_fetch_add(&calls, 1) + 1;
    size_t from = atomic_load(&first);
    if (from == 0 || call < from || call > atomic_load(&last))
        return false;
    atomic_store(&failed, true);
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t n)
{
    return must_fail() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
    return must_fail() ? NULL : __real_calloc(count, n);
}

void *__wrap_realloc(void *p, size_t n)
{
    return must_fail() ? NULL : __real_realloc(p, n);
}

char *__wrap_strndup(const char *s, size_t n)
{
    size_t len = strnlen(s, n);
    char *copy = must_fail() ? NULL : __real_malloc(len + 1);
    if (copy) {
        memcpy(copy, s, len);
        copy[len] = '\0';
    }
    return copy;
}

char *__wrap_strdup(const char *s)
{
    return __wrap_strndup(s, strlen(s));
}

void aas_test_alloc_fail_from(size_t n)
{
    atomic_store(&calls, 0);
    atomic_store(&failed, false);
    atomic_store(&last, (size_t)-1);
    atomic_store(&first, n);
}

void aas_test_alloc_fail_once(size_t n)
{
    aas_test_alloc_fail_from(0);
    atomic_store(&last, n);
    atomic_store(&first, n);
}

bool aas_test_alloc_reset(void)
{
    bool was = atomic_load(&failed);
    aas_test_alloc_fail_from(0);
    return was;
}

size_t aas_test_alloc_calls(void)
{
    return atomic_load(&calls);
}
