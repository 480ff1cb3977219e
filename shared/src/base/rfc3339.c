/* RFC 3339 time stamps: parsing and formatting without the C library's calendar, whose zone rules are the process's. */
#include "aas/clock.h"

#include <string.h>

#define DAY_MS   INT64_C(86400000)
#define MIN_MS   INT64_C(-62167219200000) /* 0000-01-01T00:00:00Z */
#define MAX_MS   INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */
#define ERA_DAYS 146097                   /* 400 Gregorian years */

/* Days since 1970-01-01 of a Gregorian date. Years start in March here, so that the leap day is a year's last. */
static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t month_from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_from_days(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
    int64_t doe = days - era * ERA_DAYS;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / (ERA_DAYS - 1)) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

struct cursor {
    const char *s;
    size_t len, at;
};

static bool number(struct cursor *c, int width, int *ret)
{
    int v = 0;
    for (int i = 0; i < width; i++, c->at++) {
        if (c->at >= c->len || c->s[c->at] < '0' || c->s[c->at] > '9')
            return false;
        v = v * 10 + (c->s[c->at] - '0');
    }
    *ret = v;
    return true;
}

static bool accept(struct cursor *c, const char *any)
{
    if (c->at >= c->len || c->s[c->at] == '\0' || !strchr(any, c->s[c->at]))
        return false;
    c->at++;
    return true;
}

struct parts {
    int year, month, day, hour, minute, second, ms, offset_min;
};

static int fail(const struct cursor *c, const char *why, struct aas_error *err)
{
    int shown = c->len > 40 ? 40 : (int)c->len;
    return aas_error_set(err, AAS_EPARSE, "time \"%.*s\": %s; expected like 2026-01-31T08:30:00.250Z", shown, c->s,
                         why);
}

static int parse_clock(struct cursor *c, struct parts *p, struct aas_error *err)
{
    if (!number(c, 2, &p->hour) || !accept(c, ":") || !number(c, 2, &p->minute) || !accept(c, ":") ||
        !number(c, 2, &p->second))
        return fail(c, "the time of day is not hh:mm:ss", err);
    if (p->hour > 23 || p->minute > 59 || p->second > 60)
        return fail(c, "no such time of day", err);
    if (accept(c, ".")) {
        int scale = 100, digits = 0;
        for (; c->at < c->len && c->s[c->at] >= '0' && c->s[c->at] <= '9'; c->at++, digits++) {
            p->ms += (c->s[c->at] - '0') * scale;
            scale /= 10;
        }
        if (digits == 0)
            return fail(c, "no digits after the decimal point", err);
    }
    return 0;
}

static int parse_zone(struct cursor *c, struct parts *p, struct aas_error *err)
{
    if (accept(c, "Zz"))
        return 0;
    if (c->at >= c->len)
        return fail(c, "the zone is missing (Z or +hh:mm)", err);
    bool west = c->s[c->at] == '-';
    int hours, minutes;
    if (!accept(c, "+-") || !number(c, 2, &hours) || !accept(c, ":") || !number(c, 2, &minutes))
        return fail(c, "the zone is not Z or +hh:mm", err);
    if (hours > 23 || minutes > 59)
        return fail(c, "no such zone offset", err);
    p->offset_min = (west ? -1 : 1) * (hours * 60 + minutes);
    return 0;
}

int aas_rfc3339_parse(const char *s, size_t len, int64_t *ret_ms, struct aas_error *err)
{
    struct cursor c = {s, len, 0};
    struct parts p = {0};
    if (!number(&c, 4, &p.year) || !accept(&c, "-") || !number(&c, 2, &p.month) || !accept(&c, "-") ||
        !number(&c, 2, &p.day))
        return fail(&c, "the date is not yyyy-mm-dd", err);
    if (p.month < 1 || p.month > 12 || p.day < 1 || p.day > days_in_month(p.year, p.month))
        return fail(&c, "no such date", err);
    if (!accept(&c, "Tt "))
        return fail(&c, "no T between date and time", err);
    int rc = parse_clock(&c, &p, err);
    if (rc == 0)
        rc = parse_zone(&c, &p, err);
    if (rc)
        return rc;
    if (c.at != c.len)
        return fail(&c, "something follows the zone", err);
    int64_t minutes = days_from_date(p.year, p.month, p.day) * 1440 + p.hour * 60 + p.minute - p.offset_min;
    if (p.second == 60 && ((minutes % 1440) + 1440) % 1440 != 1439)
        return fail(&c, "second 60 is only at 23:59:60 UTC", err);
    int64_t ms = (minutes * 60 + p.second) * 1000 + p.ms;
    if (ms < MIN_MS || ms > MAX_MS)
        return fail(&c, "outside the years 0000 to 9999", err);
    *ret_ms = ms;
    return 0;
}

static void put2(char *out, int v)
{
    out[0] = (char)('0' + v / 10 % 10);
    out[1] = (char)('0' + v % 10);
}

size_t aas_rfc3339_format(int64_t ms, char out[static AAS_RFC3339_BYTES])
{
    if (ms < MIN_MS)
        ms = MIN_MS;
    if (ms > MAX_MS)
        ms = MAX_MS;
    int64_t days = ms / DAY_MS, in_day = ms % DAY_MS;
    if (in_day < 0) {
        in_day += DAY_MS;
        days--;
    }
    int year, month, day;
    date_from_days(days, &year, &month, &day);
    memcpy(out, "0000-00-00T00:00:00.000Z", AAS_RFC3339_BYTES);
    put2(out, year / 100);
    put2(out + 2, year % 100);
    put2(out + 5, month);
    put2(out + 8, day);
    put2(out + 11, (int)(in_day / 3600000));
    put2(out + 14, (int)(in_day / 60000 % 60));
    put2(out + 17, (int)(in_day / 1000 % 60));
    out[20] = (char)('0' + in_day / 100 % 10);
    put2(out + 21, (int)(in_day % 100));
    return AAS_RFC3339_BYTES - 1;
}
