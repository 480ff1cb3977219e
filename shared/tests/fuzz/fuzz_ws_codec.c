/* The WebSocket decoder: whatever comes, in one piece or byte by byte, it tells the same. */
#include "ws_codec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MESSAGE 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool digest(void *arg, const struct ws_message *m)
{
    uint64_t *h = arg;
    *h = (*h ^ ((uint64_t)m->event << 32 | (uint64_t)m->code << 16 | m->len)) * 1099511628211U;
    for (size_t i = 0; i < m->len; i++)
        *h = (*h ^ (uint8_t)m->data[i]) * 1099511628211U;
    if (m->len > MAX_MESSAGE)
        abort();
    return true;
}

static uint64_t decode(const uint8_t *data, size_t size, size_t step)
{
    struct ws_decoder d;
    uint64_t h = 1;
    uint16_t rc = 0;
    uint8_t *copy = malloc(size + 1);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    ws_decoder_init(&d, MAX_MESSAGE);
    for (size_t at = 0; at < size && rc == 0; at += step)
        rc = ws_decoder_feed(&d, copy + at, size - at < step ? size - at : step, digest, &h);
    ws_decoder_fini(&d);
    free(copy);
    return h ^ (uint64_t)rc << 48;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t whole = decode(data, size, size + 1);
    if (decode(data, size, 1) != whole || decode(data, size, 7) != whole)
        abort();
    return 0;
}
