#include "guess.h"

#include <stdbool.h>
#include <string.h>

#include "aas/str.h"

/* Words of a name; the first row that fits decides, so the special stand in front of the general. */
static const struct {
    const char *word, *unit;
} units[] = {
    {"imbalance", "%"},
    {"unbalance", "%"},
    {"winding", "degC"},
    {"temperature", "degC"},
    {"temp", "degC"},
    {"thermocouple", "degC"},
    {"vibration", "mm/s"},
    {"velocity", "mm/s"},
    {"accelerometer1rms", "g"},
    {"accelerometer2rms", "g"},
    {"acceleration", "m/s2"},
    {"acc", "g"},
    {"speed", "rpm"},
    {"rpm", "rpm"},
    {"frequency", "Hz"},
    {"freq", "Hz"},
    {"pressure", "bar"},
    {"voltage", "V"},
    {"volt", "V"},
    {"current", "A"},
    {"power", "kW"},
    {"torque", "Nm"},
    {"flow", "m3/h"},
    {"humidity", "%"},
    {"level", "%"},
    {"load", "%"},
    {"position", "mm"},
    {"noise", "dB"},
};

static const char *const types[] = {"pump",  "motor",    "fan",       "compressor", "turbine", "gearbox",
                                    "mixer", "conveyor", "generator", "chiller",    "valve",   "ahu"};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The next run of letters and digits. */
static bool next_word(struct aas_str *rest, struct aas_str *ret_word)
{
    while (rest->len > 0 && !is_letter(rest->ptr[0])) {
        rest->ptr++;
        rest->len--;
    }
    *ret_word = (struct aas_str){rest->ptr, 0};
    while (rest->len > 0 && is_letter(rest->ptr[0])) {
        ret_word->len++;
        rest->ptr++;
        rest->len--;
    }
    return ret_word->len > 0;
}

/* A word, or a word with a number behind it: pump2. */
static bool word_is(struct aas_str word, const char *name)
{
    size_t n = strlen(name);
    if (word.len < n || !aas_str_eq_nocase((struct aas_str){word.ptr, n}, aas_str_from(name)))
        return false;
    for (size_t i = n; i < word.len; i++) {
        if (word.ptr[i] < '0' || word.ptr[i] > '9')
            return false;
    }
    return true;
}

static bool has_word(const char *text, size_t len, const char *name)
{
    struct aas_str rest = {text, len}, word;
    while (next_word(&rest, &word)) {
        if (word_is(word, name))
            return true;
    }
    return false;
}

const char *ingest_guess_unit(const char *channel, size_t len)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (has_word(channel, len, units[i].word))
            return units[i].unit;
    }
    return NULL;
}

const char *ingest_guess_type(const char *sensor_id, size_t len)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (has_word(sensor_id, len, types[i]))
            return types[i];
    }
    return NULL;
}
