/* The replayer reads every file of the public data sets: as many rows, the asset, and values as the manifest says. The
 * sets stay outside the repository; without them the test skips. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "csv.h"
#include "sim_table.h"

#define DATA "../shared/data/" /* from the source directory, where tests run */

/* One row of a manifest: run, split, file, asset, fault, rows, … */
static void check_run(const char *set, const struct csv_parser *row)
{
    char path[512];
    size_t len;
    struct sim_table *t = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    (void)snprintf(path, sizeof path, DATA "%s/%s", set, csv_field(row, 2, &len));
    int rc = sim_table_load(&t, path, NULL, 0, &err);
    if (rc)
        fail_msg("%s", err.msg);
    assert_int_equal(t->n_rows, strtoul(csv_field(row, 5, &len), NULL, 10));
    assert_int_equal(t->n_sensors, 1);
    assert_string_equal(t->sensors[0], csv_field(row, 3, &len));
    assert_true(t->n_channels >= 8 && t->n_channels <= 52);
    size_t values = 0;
    for (size_t i = 0; i < t->n_rows * t->n_channels; i++)
        values += isfinite(t->values[i]) != 0;
    assert_true(values > t->n_rows * t->n_channels * 9 / 10);
    for (size_t i = 1; i < t->n_rows; i++)
        assert_true(t->rows[i].ts_ms >= t->rows[i - 1].ts_ms);
    sim_table_destroy(t);
}

static size_t check_set(const char *set)
{
    char path[256], line[4096];
    static struct csv_parser p;
    size_t runs = 0, used;
    bool header = true;
    (void)snprintf(path, sizeof path, DATA "%s/manifest.csv", set);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    csv_init(&p);
    while (fgets(line, sizeof line, f)) {
        enum csv_event ev = csv_feed(&p, line, strlen(line), &used);
        assert_int_equal(ev, CSV_RECORD);
        if (!header) {
            check_run(set, &p);
            runs++;
        }
        header = false;
    }
    (void)fclose(f);
    return runs;
}

static void every_file_is_read(void **state)
{
    (void)state;
    assert_true(check_set("skab") >= 20);
    assert_true(check_set("tep") >= 22);
    assert_true(check_set("lbnl_ahu") >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_file_is_read)};
    if (access(DATA "skab/manifest.csv", R_OK) != 0) {
        puts("SKIPPED: the public data sets are not beside the checkout (" DATA ")");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
