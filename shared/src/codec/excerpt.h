/* A short piece of foreign text for an error message; private to the codec layer. */
#pragma once

#include <stddef.h>

#define AAS_EXCERPT_BYTES 48

/** The first AAS_EXCERPT_BYTES - 4 bytes of text[0..len) at most, cut between characters (an answer must stay valid
 * UTF-8), with control characters as '?', "…" after a cut, NUL-terminated. Returns dst. */
const char *aas_excerpt(const char *text, size_t len, char dst[AAS_EXCERPT_BYTES]);
