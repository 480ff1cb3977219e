/* See excerpt.h. */
#include "excerpt.h"

#include <string.h>

const char *aas_excerpt(const char *text, size_t len, char dst[AAS_EXCERPT_BYTES])
{
    static const char more[] = "…";
    size_t keep = len;
    if (keep > AAS_EXCERPT_BYTES - sizeof more) {
        keep = AAS_EXCERPT_BYTES - sizeof more;
        while (keep > 0 && ((unsigned char)text[keep] & 0xc0) == 0x80)
            keep--;
    }
    for (size_t i = 0; i < keep; i++)
        dst[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
    if (keep < len)
        memcpy(dst + keep, more, sizeof more);
    else
        dst[keep] = '\0';
    return dst;
}
