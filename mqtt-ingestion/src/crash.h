/* Points at which a test lets the daemon die as by kill -9 (AAS_TEST_CRASH_AT): exactly-once must hold wherever that
 * happens. Does nothing otherwise. */
#pragma once

/** "point" or "point:N" for the N-th time that it is passed; "" for never. Before threads; borrows. */
void ingest_crash_set(const char *at);
/** Die here, if this is the point. Any thread. */
void ingest_crash_point(const char *name);
