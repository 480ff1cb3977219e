/* ULIDs: 26 letters of Crockford base 32, 48 bits of milliseconds and 80 more bits, so that ids sort by time. Random
 * ones for what happens once; derived ones for what a retry may do again: the same input gives the same id, and
 * "duplicate" means "done". Source: github.com/ulid/spec. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AAS_ID_LEN  26
#define AAS_ID_SIZE 27 /* with NUL */

/** A new random id for the wall time now_ms (≥ 0). Monotonic within the process: ids of the same or an earlier
 * millisecond count up from the last one. Thread-safe. Never fails: the kernel's random source is asked without
 * blocking semantics. */
void aas_id_new(int64_t now_ms, char ret_id[AAS_ID_SIZE]);

/** The id derived from a time and bytes[0..len) (borrows): its random part is the first 80 bits of SHA-256(bytes).
 * Callers put a separator between the parts of bytes ("pump-1\0" "v3"). Thread-safe. */
void aas_id_derive(int64_t ts_ms, const void *bytes, size_t len, char ret_id[AAS_ID_SIZE]);

/** True when s is a ULID in capitals; its time goes to ret_ts_ms when not NULL. */
bool aas_id_parse(const char *s, int64_t *ret_ts_ms);

/** The smallest (random part all 0) id of a millisecond: lower bound of a range over ids. */
void aas_id_floor(int64_t ts_ms, char ret_id[AAS_ID_SIZE]);

/* Digests, here because ids need one anyway. */
#define AAS_SHA256_HEX_SIZE 65
void aas_sha256(const void *bytes, size_t len, uint8_t ret_digest[32]);
void aas_sha256_hex(const void *bytes, size_t len, char ret_hex[AAS_SHA256_HEX_SIZE]);
