#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "aas/test_dir.h"
#include "docs.h"

static void swagger_ui(void **state)
{
    char dir[AAS_TEST_PATH_BYTES];
    char path[AAS_TEST_PATH_BYTES];
    struct api_docs *docs = NULL;
    const char *type = NULL;
    size_t len = 0;
    (void)state;
    assert_int_equal(aas_test_dir_make(dir), 0);
    assert_int_equal(aas_test_file_write(aas_test_path(path, dir, "swagger-ui.css"), "a{}", 3), 0);
    assert_int_equal(api_docs_create(&docs, dir), 0); /* half of it is not enough */
    assert_non_null(strstr(api_docs_page(docs, &len), "GET /sensors"));
    assert_null(api_docs_file(docs, "swagger-ui.css", &type, &len));
    assert_null(api_docs_file(docs, "init.js", &type, &len));
    api_docs_destroy(docs);
    assert_int_equal(aas_test_file_write(aas_test_path(path, dir, "swagger-ui-bundle.js"), "1;", 2), 0);
    assert_int_equal(api_docs_create(&docs, dir), 0);
    assert_non_null(strstr(api_docs_page(docs, &len), "docs/swagger-ui-bundle.js"));
    assert_memory_equal(api_docs_file(docs, "swagger-ui.css", &type, &len), "a{}", 3);
    assert_int_equal(len, 3);
    assert_string_equal(type, "text/css");
    assert_non_null(strstr(api_docs_file(docs, "init.js", &type, &len), "validatorUrl: null"));
    assert_null(api_docs_file(docs, "../test", &type, &len));
    api_docs_destroy(docs);
    aas_test_dir_remove(dir);
}

static void without_a_directory(void **state)
{
    struct api_docs *docs = NULL;
    size_t len = 0;
    (void)state;
    assert_int_equal(api_docs_create(&docs, ""), 0);
    assert_non_null(strstr(api_docs_page(docs, &len), "openapi.json"));
    assert_true(len > 1000);
    api_docs_destroy(docs);
    api_docs_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(swagger_ui), cmocka_unit_test(without_a_directory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
