/* A fake clock: wall and monotonic time stand still until the test moves them. One at a time per process; thread-safe.
 */
#pragma once

#include <stdint.h>

/** From now on aas_clock_wall_ms() is wall_ms and the monotonic clock stands at 1 s. */
void aas_test_clock_start(int64_t wall_ms);
/** Both clocks go on by ms. */
void aas_test_clock_advance(int64_t ms);
/** Only the wall clock jumps, as NTP or a person may do. */
void aas_test_clock_set_wall(int64_t wall_ms);
/** Back to the real clocks. */
void aas_test_clock_stop(void);
