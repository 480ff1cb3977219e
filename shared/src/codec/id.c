/* ULIDs; see aas/id.h. One process-wide counter under a mutex keeps random ids monotonic; the mutex is a leaf. */
#include "aas/id.h"

#include <errno.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define RANDOM_BYTES 10
#define MAX_TS_MS    ((INT64_C(1) << 48) - 1)

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static pthread_mutex_t last_lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t last_ts_ms = -1;
static uint8_t last_random[RANDOM_BYTES];

static int64_t clamp_ts(int64_t ts_ms)
{
    if (ts_ms < 0)
        return 0;
    return ts_ms > MAX_TS_MS ? MAX_TS_MS : ts_ms;
}

static void encode(int64_t ts_ms, const uint8_t random[RANDOM_BYTES], char ret_id[AAS_ID_SIZE])
{
    uint64_t ts = (uint64_t)ts_ms;
    for (int i = 9; i >= 0; i--) {
        ret_id[i] = alphabet[ts & 31];
        ts >>= 5;
    }
    /* 80 bits are 16 letters of 5 bits; two groups of 40 bits fit a machine word. */
    for (int group = 0; group < 2; group++) {
        uint64_t bits = 0;
        for (int i = 0; i < 5; i++)
            bits = bits << 8 | random[group * 5 + i];
        for (int i = 7; i >= 0; i--) {
            ret_id[10 + group * 8 + i] = alphabet[bits & 31];
            bits >>= 5;
        }
    }
    ret_id[AAS_ID_LEN] = '\0';
}

static void fill_random(uint8_t random[RANDOM_BYTES])
{
    ssize_t n;
    do {
        n = getrandom(random, RANDOM_BYTES, 0);
    } while (n < 0 && errno == EINTR);
    if (n == RANDOM_BYTES)
        return;
    /* Only a kernel without getrandom comes here. Ids must stay unique, not secret: mix clock and addresses. */
    struct timespec ts = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    const void *where = random;
    uint8_t digest[32];
    uint8_t seed[sizeof ts + sizeof where];
    memcpy(seed, &ts, sizeof ts);
    memcpy(seed + sizeof ts, &where, sizeof where);
    aas_sha256(seed, sizeof seed, digest);
    memcpy(random, digest, RANDOM_BYTES);
}

/* The random part plus one; false when it overflows (then the caller moves to the next millisecond). */
static bool increment(uint8_t random[RANDOM_BYTES])
{
    for (int i = RANDOM_BYTES - 1; i >= 0; i--) {
        if (++random[i] != 0)
            return true;
    }
    return false;
}

void aas_id_new(int64_t now_ms, char ret_id[AAS_ID_SIZE])
{
    int64_t ts = clamp_ts(now_ms);
    (void)pthread_mutex_lock(&last_lock);
    if (ts > last_ts_ms) {
        last_ts_ms = ts;
        fill_random(last_random);
    } else if (!increment(last_random)) {
        last_ts_ms = clamp_ts(last_ts_ms + 1);
        fill_random(last_random);
    }
    encode(last_ts_ms, last_random, ret_id);
    (void)pthread_mutex_unlock(&last_lock);
}

void aas_id_derive(int64_t ts_ms, const void *bytes, size_t len, char ret_id[AAS_ID_SIZE])
{
    uint8_t digest[32];
    aas_sha256(bytes, len, digest);
    encode(clamp_ts(ts_ms), digest, ret_id);
}

bool aas_id_parse(const char *s, int64_t *ret_ts_ms)
{
    uint64_t ts = 0;
    for (int i = 0; i < AAS_ID_LEN; i++) {
        const char *at = s[i] ? strchr(alphabet, s[i]) : NULL;
        if (!at || (i == 0 && s[i] > '7')) /* the first letter holds 3 bits: 48 bits are less than 10 letters */
            return false;
        if (i < 10)
            ts = ts << 5 | (uint64_t)(at - alphabet);
    }
    if (s[AAS_ID_LEN] != '\0')
        return false;
    if (ret_ts_ms)
        *ret_ts_ms = (int64_t)ts;
    return true;
}

void aas_id_floor(int64_t ts_ms, char ret_id[AAS_ID_SIZE])
{
    static const uint8_t zero[RANDOM_BYTES];
    encode(clamp_ts(ts_ms), zero, ret_id);
}

void aas_sha256(const void *bytes, size_t len, uint8_t ret_digest[32])
{
    (void)SHA256(bytes, len, ret_digest);
}

void aas_sha256_hex(const void *bytes, size_t len, char ret_hex[AAS_SHA256_HEX_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    uint8_t digest[32];
    aas_sha256(bytes, len, digest);
    for (int i = 0; i < 32; i++) {
        ret_hex[2 * i] = hex[digest[i] >> 4];
        ret_hex[2 * i + 1] = hex[digest[i] & 15];
    }
    ret_hex[64] = '\0';
}
