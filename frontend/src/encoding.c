#include "encoding.h"

#include <aas/num.h>
#include <aas/str.h>

static const char *const names[WEB_ENCODING__COUNT] = {"identity", "gzip", "br"};

const char *web_encoding_name(enum web_encoding encoding)
{
    return names[encoding];
}

/* "q=0.5" among the parameters, in thousandths; 1000 when absent, 0 when malformed. */
static int quality(struct aas_str parameters)
{
    struct aas_str part;
    while (aas_str_split(&parameters, ';', &part)) {
        part = aas_str_trim(part);
        if (part.len < 2 || (part.ptr[0] | 0x20) != 'q' || part.ptr[1] != '=')
            continue;
        double q = 0;
        if (aas_num_parse_double(part.ptr + 2, part.len - 2, &q) != 0 || q < 0 || q > 1)
            return 0;
        return (int)(q * 1000 + 0.5);
    }
    return 1000;
}

enum web_encoding web_encoding_choose(const char *accept, unsigned available)
{
    int q[WEB_ENCODING__COUNT] = {-1, -1, -1}, any = -1;
    struct aas_str rest = aas_str_from(accept ? accept : ""), item;
    while (aas_str_split(&rest, ',', &item)) {
        struct aas_str parameters = item, name;
        (void)aas_str_split(&parameters, ';', &name);
        name = aas_str_trim(name);
        int value = name.len + (size_t)(name.ptr - item.ptr) < item.len ? quality(parameters) : 1000;
        for (int e = 0; e < WEB_ENCODING__COUNT; e++)
            if (aas_str_eq_nocase(name, aas_str_from(names[e])) ||
                (e == WEB_GZIP && aas_str_eq_nocase(name, AAS_STR_LIT("x-gzip"))))
                q[e] = value;
        if (aas_str_eq_c(name, "*"))
            any = value;
    }
    enum web_encoding best = WEB_IDENTITY;
    int best_q = q[WEB_IDENTITY] >= 0 ? q[WEB_IDENTITY] : any >= 0 ? any : 1; /* unnamed: acceptable, but last */
    for (int e = WEB_GZIP; e < WEB_ENCODING__COUNT; e++) {
        int value = q[e] >= 0 ? q[e] : any >= 0 ? any : 0;
        if ((available & (1u << e)) && value > 0 && value >= best_q) {
            best = (enum web_encoding)e;
            best_q = value;
        }
    }
    return best;
}
