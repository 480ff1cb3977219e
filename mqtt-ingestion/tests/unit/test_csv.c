/* The strict CSV parser: what it reads, what it refuses and where. */
#include "csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct csv_parser parser;

/** All records of text, fields joined by '|', records by ';', then '!' and line:reason after an error. */
static const char *read_all(const char *text, size_t len)
{
    static char out[4096];
    size_t n = 0, at = 0;
    csv_init(&parser);
    for (bool ended = false; !ended;) {
        size_t used = 0;
        bool more = at < len;
        enum csv_event event = more ? csv_feed(&parser, text + at, len - at, &used) : csv_finish(&parser);
        at += used;
        ended = !more && event == CSV_MORE;
        if (event == CSV_ERROR) {
            (void)snprintf(out + n, sizeof out - n, "!%llu:%s", (unsigned long long)parser.line, parser.reason);
            return out;
        }
        for (size_t i = 0; event == CSV_RECORD && i < parser.fields_count; i++) {
            size_t field_len;
            const char *field = csv_field(&parser, i, &field_len);
            n += (size_t)snprintf(out + n, sizeof out - n, "%s%c", field, i + 1 < parser.fields_count ? '|' : ';');
        }
    }
    out[n] = '\0';
    return out;
}

static void test_tables(void **state)
{
    (void)state;
    static const struct {
        const char *in, *expected;
    } rows[] = {
        {"", ""},
        {"a", "a;"},
        {"a,b\n1,2\n", "a|b;1|2;"},
        {"a,b\r\n1,2\r\n", "a|b;1|2;"},
        {"a,,\n", "a||;"},
        {"\n\na\n\n\r\nb\n\n", "a;b;"},
        {"\xef\xbb\xbf"
         "a\n",
         "a;"},
        {"\xef"
         "a\n",
         "\xef"
         "a;"},
        {"\"a,b\",\"c\"\"d\"\n", "a,b|c\"d;"},
        {"\"1\r\n2\",3\n4\n", "1\r\n2|3;4;"},
        {"\"\"\n", ";"},
        {"\"\"\r\n\"\"", ";;"},
        {"a\n\"x", "a;!2:the file ends inside a quoted field"},
        {"\"x\ny\"z\n", "!1:text after a closing quote"},
        {"a\n\nb\"c\n", "a;!3:a quote inside an unquoted field"},
        {"a\rb\n", "!1:a carriage return without a line feed"},
        {"a\r", "!1:a carriage return without a line feed"},
        {"\xef\xbb", "!1:the file ends inside a byte order mark"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(read_all(rows[i].in, strlen(rows[i].in)), rows[i].expected);
    assert_string_equal(read_all("a\0b\n", 4), "!1:a NUL byte");
}

static void test_bounds(void **state)
{
    (void)state;
    static char text[CSV_MAX_RECORD_BYTES + 2];
    memset(text, 'x', sizeof text);
    text[CSV_MAX_RECORD_BYTES - 1] = '\n';
    size_t used;
    csv_init(&parser);
    assert_int_equal(csv_feed(&parser, text, sizeof text, &used), CSV_RECORD); /* full to the last byte */
    assert_int_equal(used, CSV_MAX_RECORD_BYTES);
    text[CSV_MAX_RECORD_BYTES - 1] = 'x';
    csv_init(&parser);
    assert_int_equal(csv_feed(&parser, text, sizeof text, &used), CSV_ERROR);
    assert_int_equal(csv_feed(&parser, "\na\n", 3, &used), CSV_ERROR); /* and it stays there */
    assert_int_equal(used, 0);

    memset(text, ',', CSV_MAX_FIELDS);
    text[CSV_MAX_FIELDS - 1] = '\n';
    csv_init(&parser);
    assert_int_equal(csv_feed(&parser, text, CSV_MAX_FIELDS, &used), CSV_RECORD);
    assert_int_equal(parser.fields_count, CSV_MAX_FIELDS);
    text[CSV_MAX_FIELDS - 1] = ',';
    text[CSV_MAX_FIELDS] = '\n';
    csv_init(&parser);
    assert_int_equal(csv_feed(&parser, text, CSV_MAX_FIELDS + 1, &used), CSV_ERROR);
}

static void test_quote_refuses_small_buffers(void **state)
{
    (void)state;
    char dst[8];
    assert_int_equal(csv_quote(dst, 3, "abc", 3), 3);
    assert_int_equal(csv_quote(dst, 2, "abc", 3), 0);
    assert_int_equal(csv_quote(dst, sizeof dst, "a\"b", 3), 6);
    assert_memory_equal(dst, "\"a\"\"b\"", 6);
    assert_int_equal(csv_quote(dst, 2, "", 0), 2);
    for (size_t cap = 0; cap < 6; cap++)
        assert_int_equal(csv_quote(dst, cap, "a\"b", 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_quote_refuses_small_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
