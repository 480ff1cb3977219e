/* Work orders as CSV: what is read, what is refused per line, what refuses the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "feedback_csv.h"

struct seen {
    char text[2048];
};

static int on_order(void *arg, size_t line, const struct ml_work_order *o, const struct aas_error *err)
{
    struct seen *s = arg;
    size_t n = strlen(s->text);
    if (o)
        (void)snprintf(s->text + n, sizeof s->text - n, "%zu:%s %lld-%lld %s [%s][%s]\n", line, o->sensor_id,
                       (long long)o->start, (long long)o->end, o->label, o->comment, o->user);
    else
        (void)snprintf(s->text + n, sizeof s->text - n, "%zu! %s\n", line, err->msg);
    return 0;
}

static void files(void **state)
{
    (void)state;
    static const struct {
        const char *csv;
        int rc;
        const char *want; /* substring of the error, or all that was seen */
    } cases[] = {
        {"sensor_id,start,end,label\np1,1000,2000,leak\n", 0, "2:p1 1000-2000 leak [][]\n"},
        {"\xef\xbb\xbflabel;end;start;sensor_id;comment;order\r\nleak;2000;1000;p1;\"seal; \"\"old\"\"\";77\r\n\r\n", 0,
         "2:p1 1000-2000 leak [seal; \"old\"][]\n"},
        {"sensor_id,start,end,label,user\np1,1970-01-01T00:00:01Z,1970-01-01T01:00:02+01:00,leak,eva", 0,
         "2:p1 1000-2000 leak [][eva]\n"},
        {"sensor_id,start,end,label\np1,yesterday,2000,leak\n,1,2,leak\np2,1,2,\np3,1,2,ok\n", 0,
         "2! start \"yesterday\" is no RFC 3339 time with zone and no epoch milliseconds\n3! sensor_id is empty\n4! "
         "label "
         "is empty\n5:p3 1-2 ok [][]\n"},
        {"sensor_id,start,end,label,comment\np1,1,2,a,\"two\nlines\"\np2,3,4,b,\n", 0,
         "2:p1 1-2 a [two\nlines][]\n4:p2 3-4 b [][]\n"},
        {"sensor_id,start,end,label\np1,1,2\n", 0, "2! label is empty\n"},
        {"sensor_id,start,label\np1,1,a\n", AAS_EPARSE, "end is missing"},
        {"", AAS_EPARSE, "sensor_id is missing"},
        {"sensor_id,start,end,label\np1,1,2,\"a\n", AAS_EPARSE, "a quote isn't closed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen s = {""};
        struct aas_error err = AAS_ERROR_NONE;
        int rc = ml_work_orders_parse(cases[i].csv, strlen(cases[i].csv), on_order, &s, &err);
        assert_int_equal(rc, cases[i].rc);
        if (rc)
            assert_non_null(strstr(err.msg, cases[i].want));
        else
            assert_string_equal(s.text, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
