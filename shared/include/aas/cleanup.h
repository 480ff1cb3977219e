/* Cleanup attributes for temporaries: `AAS_AUTO_FREE char *text = NULL;` is released when it leaves its scope, on every
 * path. Always initialise the variable. To hand ownership on: `return AAS_STEAL(text);`. */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/** Run fn(&variable) at the end of the scope. */
#define AAS_AUTO(fn) __attribute__((cleanup(fn)))

/** Define `static inline void fn_ptr(type *p)` that calls fn(*p) when it isn't NULL, for AAS_AUTO(fn_ptr). */
#define AAS_DEFINE_AUTO(type, fn)                                                                                      \
    static inline void fn##_ptr(type *p)                                                                               \
    {                                                                                                                  \
        if (*p)                                                                                                        \
            fn(*p);                                                                                                    \
    }

/** The value of pointer variable p, which becomes NULL: ownership leaves the scope. */
#define AAS_STEAL(p)                                                                                                   \
    ({                                                                                                                 \
        __typeof__(p) aas_stolen_ = (p);                                                                               \
        (p) = NULL;                                                                                                    \
        aas_stolen_;                                                                                                   \
    })

static inline void aas_cleanup_free(void *p)
{
    free(*(void **)p);
}
static inline void aas_cleanup_close(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}
static inline void aas_cleanup_fclose(FILE **f)
{
    if (*f)
        (void)fclose(*f);
}
static inline void aas_cleanup_closedir(DIR **d)
{
    if (*d)
        (void)closedir(*d);
}

#define AAS_AUTO_FREE     AAS_AUTO(aas_cleanup_free)
#define AAS_AUTO_CLOSE    AAS_AUTO(aas_cleanup_close) /* int fd = -1 means none */
#define AAS_AUTO_FCLOSE   AAS_AUTO(aas_cleanup_fclose)
#define AAS_AUTO_CLOSEDIR AAS_AUTO(aas_cleanup_closedir)
