/* database/init/init-mongo.js holds the collection table as a JSON literal: it must be the table's own.
 * `test_init_mongo --print` prints what should stand there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "aas/cleanup.h"
#include "aas/error.h"
#include "aas/json.h"
#include "aas/store_collections.h"
#include "aas/test_dir.h"

#define FILE_PATH "database/init/init-mongo.js"

static json_t *index_json(const struct aas_store_index *ix)
{
    char name[256] = "aas:";
    json_t *keys = json_array();
    for (size_t i = 0; i < AAS_STORE_INDEX_KEYS_MAX && ix->fields[i]; i++) {
        size_t at = strlen(name);
        (void)snprintf(name + at, sizeof name - at, "%s%s", i > 0 ? "," : "", ix->fields[i]);
        json_array_append_new(keys, json_string(ix->fields[i]));
    }
    if (!ix->unique)
        json_array_append_new(keys, json_string("_id"));
    for (size_t i = 0; i < AAS_STORE_INDEX_ALSO_MAX && ix->also[i] && !ix->unique; i++) {
        size_t at = strlen(name);
        (void)snprintf(name + at, sizeof name - at, "%s%s", i > 0 ? "," : "+", ix->also[i]);
        json_array_append_new(keys, json_string(ix->also[i]));
    }
    return json_pack("{s:s, s:o, s:b}", "name", name, "keys", keys, "unique", ix->unique);
}

static json_t *table_json(void)
{
    static const char *const kinds[] = {"string", "int", "number", "bool", "date"};
    json_t *all = json_array();
    for (int c = 0; c < AAS_COLL__COUNT; c++) {
        const struct aas_store_collection *coll = aas_store_collection((enum aas_collection)c);
        json_t *fields = json_object();
        json_t *indexes = json_array();
        for (const struct aas_store_field *f = coll->fields; f->path; f++)
            json_object_set_new(fields, f->path, json_string(kinds[f->kind]));
        for (const struct aas_store_index *ix = coll->indexes; ix->fields[0]; ix++)
            json_array_append_new(indexes, index_json(ix));
        json_array_append_new(all, json_pack("{s:s, s:b, s:o, s:o}", "name", coll->name, "revisions", coll->revisions,
                                             "fields", fields, "indexes", indexes));
    }
    return all;
}

static void print_table(void)
{
    json_t *all = table_json();
    size_t i;
    json_t *row;
    (void)printf("[\n");
    json_array_foreach(all, i, row)
    {
        AAS_AUTO_FREE char *text = json_dumps(row, 0);
        (void)printf("  %s%s\n", text ? text : "", i + 1 < json_array_size(all) ? "," : "");
    }
    (void)printf("]\n");
    json_decref(all);
}

static void test_script_holds_the_table(void **state)
{
    (void)state;
    AAS_AUTO_FREE char *text = aas_test_file_read(FILE_PATH, NULL);
    struct aas_error err = AAS_ERROR_NONE;
    assert_non_null(text);
    const char *begin = strstr(text, "/* table begin */");
    const char *end = strstr(text, "/* table end */");
    assert_true(begin && end && begin < end);
    begin += strlen("/* table begin */");
    json_t *stands = NULL;
    json_t *should = table_json();
    if (aas_json_parse(begin, (size_t)(end - begin), 0, 0, &stands, &err) != 0)
        fail_msg("%s", err.msg);
    assert_int_equal(json_array_size(stands), json_array_size(should));
    for (size_t i = 0; i < json_array_size(should); i++) {
        if (json_equal(json_array_get(stands, i), json_array_get(should, i)))
            continue;
        AAS_AUTO_FREE char *row = json_dumps(json_array_get(should, i), 0);
        fail_msg("%s should hold: %s", FILE_PATH, row);
    }
    json_decref(stands);
    json_decref(should);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--print") == 0) {
        print_table();
        return 0;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_script_holds_the_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
