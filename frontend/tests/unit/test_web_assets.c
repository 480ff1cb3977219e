#include "assets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <aas/test_dir.h>

#define MAX_BYTES ((size_t)1 << 20)

/* gzip of "hello"; its last four bytes are the length */
static const char gz_hello[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0";

static int setup(void **state)
{
    static char dir[AAS_TEST_PATH_BYTES];
    *state = dir;
    return aas_test_dir_make(dir);
}

static int teardown(void **state)
{
    aas_test_dir_remove(*state);
    return 0;
}

static void put(const char *dir, const char *name, const void *bytes, size_t len, time_t mtime)
{
    char path[AAS_TEST_PATH_BYTES];
    (void)aas_test_path(path, dir, name);
    assert_int_equal(aas_test_file_write(path, bytes, len), 0);
    const struct timespec times[2] = {{.tv_sec = mtime}, {.tv_sec = mtime}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void make_dir(const char *dir, const char *name)
{
    char path[AAS_TEST_PATH_BYTES];
    assert_int_equal(mkdir(aas_test_path(path, dir, name), 0755), 0);
}

static struct web_assets *load(const char *dir)
{
    struct web_assets *assets = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    int rc = web_assets_load(&assets, dir, MAX_BYTES, &err);
    if (rc)
        print_error("%s\n", err.msg);
    assert_int_equal(rc, 0);
    return assets;
}

static void files_and_their_forms(void **state)
{
    const char *dir = *state;
    make_dir(dir, "assets");
    put(dir, "index.html", "hello", 5, 100);
    put(dir, "index.html.gz", gz_hello, sizeof gz_hello - 1, 100);
    put(dir, "index.html.br", "brotli", 6, 101);
    put(dir, "assets/app-12345678.js", "code", 4, 100);
    put(dir, "assets/app-12345678.js.gz", gz_hello, sizeof gz_hello - 1, 100); /* of another length than code */
    put(dir, "assets/app-12345678.js.br", "old", 3, 99);                       /* older */
    put(dir, "data.gz", gz_hello, sizeof gz_hello - 1, 100);                   /* nothing's form */
    put(dir, ".secret", "x", 1, 100);
    put(dir, "empty.txt", "", 0, 100);
    char target[AAS_TEST_PATH_BYTES], link[AAS_TEST_PATH_BYTES];
    assert_int_equal(symlink(aas_test_path(target, dir, "index.html"), aas_test_path(link, dir, "link.html")), 0);

    struct web_assets *assets = load(dir);
    assert_int_equal(assets->count, 4);
    const struct web_asset *index = web_assets_find(assets, "/");
    assert_ptr_equal(index, web_assets_find(assets, "/index.html"));
    assert_int_equal(index->available, 7);
    assert_memory_equal(index->body[WEB_IDENTITY].bytes, "hello", 5);
    assert_memory_equal(index->body[WEB_BROTLI].bytes, "brotli", 6);
    assert_int_equal(index->body[WEB_GZIP].len, sizeof gz_hello - 1);
    assert_string_not_equal(index->body[WEB_IDENTITY].etag, index->body[WEB_BROTLI].etag);
    assert_false(index->immutable);
    const struct web_asset *app = web_assets_find(assets, "/assets/app-12345678.js");
    assert_non_null(app);
    assert_int_equal(app->available, 1);
    assert_true(app->immutable);
    assert_non_null(web_assets_find(assets, "/data.gz"));
    assert_int_equal(web_assets_find(assets, "/empty.txt")->body[WEB_IDENTITY].len, 0);
    static const char *const none[] = {
        "/index.html.gz",        "/.secret",    "/link.html", "/assets", "/assets/", "", "/../index.html", "index.html",
        "/assets/../index.html", "//index.html"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_null(web_assets_find(assets, none[i]));

    char etag[WEB_ETAG_BYTES];
    memcpy(etag, index->body[WEB_IDENTITY].etag, sizeof etag);
    put(dir, "index.html", "hallo", 5, 100);
    assert_memory_equal(index->body[WEB_IDENTITY].bytes, "hello", 5); /* in memory */
    struct web_assets *again = load(dir);
    assert_string_not_equal(web_assets_find(again, "/")->body[WEB_IDENTITY].etag, etag);
    assert_ptr_equal(web_assets_ref(again), again);
    web_assets_unref(again);
    web_assets_unref(again);
    web_assets_unref(assets);
    web_assets_unref(NULL);
}

static void what_is_wrong_is_said(void **state)
{
    const char *dir = *state;
    struct web_assets *assets = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    char path[AAS_TEST_PATH_BYTES];
    assert_int_equal(web_assets_load(&assets, aas_test_path(path, dir, "nowhere"), MAX_BYTES, &err), AAS_ENOENT);
    assert_non_null(strstr(err.msg, "npm run build"));
    make_dir(dir, "empty");
    assert_int_equal(web_assets_load(&assets, aas_test_path(path, dir, "empty"), MAX_BYTES, &err), AAS_ENOENT);
    assert_non_null(strstr(err.msg, "has no index.html"));
    put(dir, "empty/index.html", "hello", 5, 100);
    put(dir, "empty/big.bin", path, sizeof path, 100);
    assert_int_equal(web_assets_load(&assets, path, 100, &err), AAS_ETOOBIG);
    assert_non_null(strstr(err.msg, "AAS_WEB_MAX_BYTES"));
    assert_null(assets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_and_their_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_said, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
