#include "ws_fixture.h"

#include <stdio.h>
#include <string.h>

#include <aas/error.h>

static void on_open(void *ctx, struct aas_ws_conn *conn)
{
    struct fixture *f = ctx;
    aas_ws_conn_set_data(conn, f);
    atomic_fetch_add(&f->opened, 1);
}

static void on_close(void *ctx, struct aas_ws_conn *conn)
{
    struct fixture *f = ctx;
    assert_ptr_equal(aas_ws_conn_data(conn), f);
    atomic_fetch_add(&f->closed, 1);
}

/* Commands for the hub, by message. */
static void on_message(void *ctx, struct aas_ws_conn *conn, const char *data, size_t len, bool binary)
{
    struct fixture *f = ctx;
    (void)snprintf(f->last, sizeof f->last, "%s%.*s", binary ? "binary:" : "", (int)(len < 100 ? len : 100), data);
    atomic_fetch_add(&f->messages, 1);
    if (strncmp(data, "echo:", len < 5 ? len : 5) == 0)
        aas_ws_conn_send_text(conn, data, len);
    else if (len == 5 && memcmp(data, "close", 5) == 0)
        aas_ws_conn_close(conn, 4001, "as you wish");
    else if (len == 3 && memcmp(data, "odd", 3) == 0) /* a reason that ends in half a character */
        aas_ws_conn_close(conn, 1008, "cut: \xc3");
    else if (len == 3 && memcmp(data, "who", 3) == 0)
        aas_ws_conn_send_text(conn, aas_ws_conn_peer(conn), strlen(aas_ws_conn_peer(conn)));
}

static bool admit(void *ctx, const struct aas_ws_conn *conn, const struct aas_ws_frame *frame)
{
    const struct fixture *f = ctx;
    (void)conn;
    return f->admit_kind == 0 || aas_ws_frame_meta(frame)->kind == f->admit_kind;
}

static void on_tick(void *ctx)
{
    struct fixture *f = ctx;
    atomic_fetch_add(&f->ticks, 1);
}

void fixture_setup(struct fixture *f, struct aas_ws_server_config config)
{
    static const char *const protocols[] = {"aastreli.v1", NULL};
    memset(f, 0, sizeof *f);
    config.name = "test";
    config.subprotocols = protocols;
    config.callbacks = (struct aas_ws_callbacks){
        .on_open = on_open, .on_message = on_message, .on_close = on_close, .filter = admit, .on_tick = on_tick};
    config.ctx = f;
    assert_int_equal(aas_ws_server_create(&f->server, &config, NULL), 0);
    assert_int_equal(aas_ws_server_start(f->server, NULL), 0);
    f->acceptor = ws_acceptor_start(f->server);
}

void fixture_teardown(struct fixture *f)
{
    if (f->acceptor)
        ws_acceptor_stop(f->acceptor);
    aas_ws_server_stop(f->server, 1000);
    aas_ws_server_destroy(f->server);
    assert_int_equal(atomic_load(&f->opened), atomic_load(&f->closed));
}

void connect_to(const struct fixture *f, struct ws_peer *p)
{
    assert_true(ws_peer_open(p, ws_acceptor_port(f->acceptor), NULL, 0));
}

void broadcast(struct fixture *f, uint32_t kind, uint64_t seq, const char *text)
{
    struct aas_ws_frame *frame =
        aas_ws_frame_create(text, strlen(text), &(struct aas_ws_frame_meta){.kind = kind, .seq = seq, .key = "s1"});
    assert_non_null(frame);
    aas_ws_server_broadcast(f->server, frame);
    aas_ws_frame_unref(frame);
}

void expect_text(struct ws_peer *p, const char *want)
{
    const struct peer_frame *got = ws_peer_receive(p, WAIT_MS);
    assert_non_null(got);
    assert_int_equal(got->opcode, 1);
    assert_true(got->fin);
    assert_false(got->masked);
    assert_string_equal(got->payload, want);
}

struct aas_ws_stats stats(const struct fixture *f)
{
    struct aas_ws_stats s;
    aas_ws_server_stats(f->server, &s);
    return s;
}
