/* Result codes of every Aastreli function. A function that can fail returns int: 0, or one negative value of this list
 * (a negated errno where one fits, else an own code from -1000). They compose with POSIX and need no state. */
#pragma once

#include <errno.h>

/** The result must be looked at, or ignored visibly. */
#define AAS_MUST_CHECK __attribute__((warn_unused_result))
/** Ignore a result on purpose: `AAS_IGNORE(aas_queue_push_latest(q, &x));`. GCC warns in spite of a `(void)` cast. */
#define AAS_IGNORE(expr)                                                                                               \
    do {                                                                                                               \
        __typeof__(expr) aas_ignored_ = (expr);                                                                        \
        (void)aas_ignored_;                                                                                            \
    } while (0)
/** Lets the compiler check a printf-like function: position of the format, position of the first argument. */
#define AAS_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

enum aas_err {
    AAS_OK = 0,
    /* negated errno: a system call's -errno is a valid code as it is, also one that is not listed here */
    AAS_EINVAL = -EINVAL,       /* an argument or a value from outside is not acceptable */
    AAS_ENOMEM = -ENOMEM,       /* allocation failed */
    AAS_ENOENT = -ENOENT,       /* no such thing */
    AAS_EEXIST = -EEXIST,       /* is there already */
    AAS_EIO = -EIO,             /* disk or socket failed */
    AAS_EAGAIN = -EAGAIN,       /* nothing now (try_pop on an empty queue); try again later */
    AAS_ETIMEDOUT = -ETIMEDOUT, /* the deadline passed */
    AAS_EACCES = -EACCES,       /* not permitted */
    AAS_EBUSY = -EBUSY,         /* somebody else holds it */
    AAS_ENOSPC = -ENOSPC,       /* disk full, or a bounded store is full */
    AAS_ECANCELED = -ECANCELED, /* given up on request */
    AAS_ERANGE = -ERANGE,       /* a well-formed number outside its range */
    AAS_ENOTSUP = -ENOTSUP,     /* known, but not supported here */
    /* own */
    AAS_EPARSE = -1000,        /* malformed input */
    AAS_ECONFLICT = -1001,     /* compare-and-set found another revision: read again, retry */
    AAS_EDUPLICATE = -1002,    /* the id or unique key is stored already; after a retry that means done */
    AAS_ECLOSED = -1003,       /* queue, connection or component was closed */
    AAS_EUNAVAILABLE = -1004,  /* a dependency is away (breaker open, not connected): retry later */
    AAS_EUPSTREAM = -1005,     /* a library or another service answered with a failure */
    AAS_ETOOBIG = -1006,       /* over a stated limit (buffer, body, message, count) */
    AAS_EFULL = -1007,         /* a bounded queue is full: overload, tell the caller to slow down */
    AAS_ECORRUPT = -1008,      /* stored bytes fail their checksum or their structure */
    AAS_EMISMATCH = -1009,     /* two things that must agree don't (schema hash, feature count, version) */
    AAS_EUNAUTHORIZED = -1010, /* who are you: no or bad credentials */
    AAS_EFORBIDDEN = -1011,    /* known, but the role does not suffice */
    AAS_ERATE = -1012,         /* rate limit reached */
    AAS_ECONFIG = -1013,       /* the configuration is wrong; a daemon exits with 2 */
};

/** A short constant English description of code, e.g. "malformed input"; for a negated errno the system's text. Never
 *  NULL; an unknown code gives "unknown error". Thread-safe; the pointer is valid for ever. */
const char *aas_strerror(int code);

/** The stable name of code, e.g. "AAS_EPARSE" or "ENOENT", for logs and tests; "?" for an unknown one. Thread-safe. */
const char *aas_errname(int code);
