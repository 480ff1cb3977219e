/* What a sensor that registers itself probably is: units by the usual names of channels, the type by a word in its id.
 * Guesses are shown as "new" until somebody confirms them; no range is guessed, as a wrong one would reject data. Pure.
 */
#pragma once

#include <stddef.h>

/** The unit of a channel by its name, e.g. "degC" for motor_temperature; NULL: no idea. Static. */
const char *ingest_guess_unit(const char *channel, size_t len);
/** The type by a word of the id, e.g. "pump" for pump-01; NULL: no idea. Static. */
const char *ingest_guess_type(const char *sensor_id, size_t len);
