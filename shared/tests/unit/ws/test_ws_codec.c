#include "ws_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <aas/buf.h>

/* What the decoder told, as text: `T"abc" B(3) P"x" O"" C1000"bye"`. */
static bool tell(void *arg, const struct ws_message *m)
{
    static const char letters[] = "TBPOC";
    struct aas_buf *out = arg;
    (void)aas_buf_append_char(out, letters[m->event]);
    if (m->event == WS_EVENT_CLOSE)
        (void)aas_buf_append_u64(out, m->code);
    if (m->len > 20)
        (void)aas_buf_printf(out, "(%zu)", m->len);
    else
        (void)aas_buf_printf(out, "\"%.*s\"", (int)m->len, m->data);
    (void)aas_buf_append_char(out, ' ');
    return true;
}

static void frame(struct aas_buf *out, unsigned first, const void *payload, size_t len)
{
    static const uint8_t mask[4] = {1, 2, 3, 0xf4};
    (void)aas_buf_append_char(out, (char)first);
    size_t width = len < 126 ? 0 : len <= 0xffff ? 2 : 8;
    (void)aas_buf_append_char(out, (char)(0x80 | (width == 0 ? len : width == 2 ? 126 : 127)));
    for (size_t i = 0; i < width; i++)
        (void)aas_buf_append_char(out, (char)((uint64_t)len >> (8 * (width - 1 - i))));
    (void)aas_buf_append(out, mask, 4);
    for (size_t i = 0; i < len; i++)
        (void)aas_buf_append_char(out, (char)(((const uint8_t *)payload)[i] ^ mask[i & 3]));
}

/* Feeds in pieces of `step` bytes; the code. */
static uint16_t feed(const struct aas_buf *in, size_t step, struct aas_buf *told, size_t max)
{
    struct ws_decoder d;
    ws_decoder_init(&d, max);
    uint16_t rc = 0;
    for (size_t at = 0; at < in->len && rc == 0; at += step) {
        size_t n = in->len - at < step ? in->len - at : step;
        uint8_t *piece = malloc(n); /* of its own, so that a read beyond it is seen */
        assert_non_null(piece);
        memcpy(piece, in->data + at, n);
        rc = ws_decoder_feed(&d, piece, n, tell, told);
        free(piece);
    }
    if (rc) {
        assert_non_null(d.fault);
        uint8_t more[] = {0x81, 0x80, 0, 0, 0, 0};
        size_t before = told->len;
        assert_int_equal(ws_decoder_feed(&d, more, sizeof more, tell, told), 0); /* ignored from here on */
        assert_int_equal(told->len, before);
    }
    ws_decoder_fini(&d);
    return rc;
}

struct part {
    unsigned first;
    const char *payload;
    size_t len; /* 0: strlen */
};

static const struct {
    const char *name;
    struct part parts[5];
    uint16_t want;
    const char *told;
} cases[] = {
    {"a text", {{0x81, "hello", 0}}, 0, "T\"hello\" "},
    {"an empty text", {{0x81, "", 0}}, 0, "T\"\" "},
    {"binary may be anything", {{0x82, "\xff\xfe", 0}}, 0, "B\"\xff\xfe\" "},
    {"two texts", {{0x81, "a", 0}, {0x81, "b", 0}}, 0, "T\"a\" T\"b\" "},
    {"fragments", {{0x01, "ab", 0}, {0x00, "", 0}, {0x00, "c", 0}, {0x80, "d", 0}}, 0, "T\"abcd\" "},
    {"a character across fragments", {{0x01, "\xc3", 0}, {0x80, "\xa4", 0}}, 0, "T\"\xc3\xa4\" "},
    {"empty fragments", {{0x01, "", 0}, {0x80, "", 0}}, 0, "T\"\" "},
    {"a ping between fragments", {{0x01, "a", 0}, {0x89, "p", 0}, {0x80, "b", 0}}, 0, "P\"p\" T\"ab\" "},
    {"pong", {{0x8a, "", 0}}, 0, "O\"\" "},
    {"close without a code", {{0x88, "", 0}, {0x81, "late", 0}}, 0, "C1005\"\" "},
    {"close with code and reason",
     {{0x88,
       "\x03\xe8"
       "bye",
       0}},
     0,
     "C1000\"bye\" "},
    {"close 4999", {{0x88, "\x13\x87", 0}}, 0, "C4999\"\" "},
    {"close of one byte", {{0x88, "\x03", 0}}, 1002, ""},
    {"close 999", {{0x88, "\x03\xe7", 0}}, 1002, ""},
    {"close 1004", {{0x88, "\x03\xec", 0}}, 1002, ""},
    {"close 1005", {{0x88, "\x03\xed", 0}}, 1002, ""},
    {"close 1006", {{0x88, "\x03\xee", 0}}, 1002, ""},
    {"close 1015", {{0x88, "\x03\xf7", 0}}, 1002, ""},
    {"close 2999", {{0x88, "\x0b\xb7", 0}}, 1002, ""},
    {"close 5000", {{0x88, "\x13\x88", 0}}, 1002, ""},
    {"close reason is no UTF-8", {{0x88, "\x03\xe8\xff", 0}}, 1007, ""},
    {"text is no UTF-8", {{0x81, "a\xff", 0}}, 1007, ""},
    {"a surrogate", {{0x81, "\xed\xa0\x80", 0}}, 1007, ""},
    {"half a character at the end", {{0x01, "a", 0}, {0x80, "\xc3", 0}}, 1007, ""},
    {"RSV1", {{0xc1, "a", 0}}, 1002, ""},
    {"RSV2", {{0xa1, "a", 0}}, 1002, ""},
    {"RSV3", {{0x91, "a", 0}}, 1002, ""},
    {"opcode 3", {{0x83, "a", 0}}, 1002, ""},
    {"opcode 11", {{0x8b, "a", 0}}, 1002, ""},
    {"opcode 15", {{0x8f, "", 0}}, 1002, ""},
    {"a ping in fragments", {{0x09, "a", 0}}, 1002, ""},
    {"a continuation of nothing", {{0x80, "a", 0}}, 1002, ""},
    {"a continuation after the end", {{0x01, "a", 0}, {0x80, "b", 0}, {0x80, "c", 0}}, 1002, "T\"ab\" "},
    {"a text inside fragments", {{0x01, "a", 0}, {0x81, "b", 0}}, 1002, ""},
};

static void decodes_whatever_the_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        AAS_AUTO_BUF struct aas_buf in = AAS_BUF_INIT(1 << 20);
        for (const struct part *p = cases[i].parts; p < cases[i].parts + 5 && p->payload; p++)
            frame(&in, p->first, p->payload, strlen(p->payload));
        for (size_t step = 1; step <= in.len; step++) {
            AAS_AUTO_BUF struct aas_buf told = AAS_BUF_INIT(1 << 20);
            uint16_t rc = feed(&in, step, &told, 1000);
            if (rc != cases[i].want || strcmp(aas_buf_str(&told), cases[i].told) != 0)
                print_error("%s, steps of %zu: %u, told %s\n", cases[i].name, step, rc, aas_buf_str(&told));
            assert_int_equal(rc, cases[i].want);
            assert_string_equal(aas_buf_str(&told), cases[i].told);
        }
    }
}

static void raw_heads(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        uint16_t want;
    } heads[] = {
        {"\x81\x05hello", 7, 1002},                         /* unmasked */
        {"\x81\x00", 2, 1002},                              /* unmasked and empty */
        {"\x89\xfe\x00\x7e\x01\x02\x03\x04", 8, 1002},      /* a ping of 126 bytes */
        {"\x88\xff", 2, 1002},                              /* a close of who knows how many */
        {"\x81\xfe\x00\x7d\x01\x02\x03\x04", 8, 1002},      /* 125 in two bytes */
        {"\x81\xff\0\0\0\0\0\0\xff\xff\1\2\3\4", 14, 1002}, /* 65535 in eight */
        {"\x81\xff\x80\0\0\0\0\0\0\0\1\2\3\4", 14, 1002},   /* the topmost bit */
        {"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\1\2\3\4", 14, 1009},
        {"\x81\xfe\x03\xe9\x01\x02\x03\x04", 8, 1009}, /* 1001 bytes, told by the head alone */
    };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        for (size_t step = 1; step <= heads[i].len; step++) {
            AAS_AUTO_BUF struct aas_buf in = AAS_BUF_INIT(64), told = AAS_BUF_INIT(64);
            assert_int_equal(aas_buf_append(&in, heads[i].bytes, heads[i].len), 0);
            uint16_t rc = feed(&in, step, &told, 1000);
            if (rc != heads[i].want)
                print_error("head %zu, steps of %zu: %u\n", i, step, rc);
            assert_int_equal(rc, heads[i].want);
            assert_int_equal(told.len, 0);
        }
}

static void sizes_up_to_the_limit(void **state)
{
    (void)state;
    static const size_t sizes[] = {125, 126, 127, 65535, 65536, 70000};
    char *text = malloc(70001);
    assert_non_null(text);
    memset(text, 'x', 70001);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        AAS_AUTO_BUF struct aas_buf in = AAS_BUF_INIT(1 << 20), told = AAS_BUF_INIT(64), want = AAS_BUF_INIT(64);
        frame(&in, 0x81, text, sizes[i]);
        assert_int_equal(feed(&in, 4096, &told, 70000), 0);
        (void)aas_buf_printf(&want, "T(%zu) ", sizes[i]);
        assert_string_equal(aas_buf_str(&told), aas_buf_str(&want));
    }
    AAS_AUTO_BUF struct aas_buf in = AAS_BUF_INIT(1 << 20), told = AAS_BUF_INIT(64);
    frame(&in, 0x01, text, 40000); /* the sum of fragments counts */
    frame(&in, 0x80, text, 30001);
    assert_int_equal(feed(&in, 4096, &told, 70000), 1009);
    free(text);
}

static void frames_are_encoded_in_the_shortest_form(void **state)
{
    (void)state;
    uint8_t h[WS_HEADER_BYTES];
    assert_int_equal(ws_frame_header(WS_OP_TEXT, 125, h), 2);
    assert_memory_equal(h, "\x81\x7d", 2);
    assert_int_equal(ws_frame_header(WS_OP_TEXT, 126, h), 4);
    assert_memory_equal(h, "\x81\x7e\x00\x7e", 4);
    assert_int_equal(ws_frame_header(WS_OP_TEXT, 65535, h), 4);
    assert_int_equal(ws_frame_header(WS_OP_PING, 65536, h), 10);
    assert_memory_equal(h, "\x89\x7f\0\0\0\0\0\1\0\0", 10);
}

static bool refuse(void *arg, const struct ws_message *m)
{
    (void)m;
    ++*(int *)arg;
    return false;
}

static void false_ends_the_decoding(void **state)
{
    (void)state;
    struct ws_decoder d;
    AAS_AUTO_BUF struct aas_buf in = AAS_BUF_INIT(64);
    int calls = 0;
    ws_decoder_init(&d, 100);
    frame(&in, 0x81, "a", 1);
    frame(&in, 0x81, "b", 1);
    assert_int_equal(ws_decoder_feed(&d, (uint8_t *)in.data, in.len, refuse, &calls), 0);
    assert_int_equal(calls, 1);
    ws_decoder_fini(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_whatever_the_pieces), cmocka_unit_test(raw_heads),
        cmocka_unit_test(sizes_up_to_the_limit),       cmocka_unit_test(frames_are_encoded_in_the_shortest_form),
        cmocka_unit_test(false_ends_the_decoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
