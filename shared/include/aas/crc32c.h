/* CRC-32C (Castagnoli, polynomial 0x1EDC6F41, reflected; RFC 3720 appendix B.4): the write-ahead log's checksum. Uses
 * the CPU's instruction where there is one (SSE4.2, ARMv8 CRC), tables otherwise; both give the same. Thread-safe. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Continue crc over n bytes; start with 0. aas_crc32c(0, "123456789", 9) == 0xE3069283. */
uint32_t aas_crc32c(uint32_t crc, const void *bytes, size_t n);
/** The table version, for tests and where the instruction is missing. */
uint32_t aas_crc32c_soft(uint32_t crc, const void *bytes, size_t n);
