/* Every allocation of the WebSocket modules may fail: an error comes back, and nothing leaks (ASan looks). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <aas/error.h>
#include <aas/test_alloc.h>
#include <aas/ws_client.h>

#include "ws_server_internal.h"

#define MOST_CALLS 50

static int make_server(void)
{
    static const char *const protocols[] = {"a", "b", NULL};
    struct aas_ws_server *server = NULL;
    int rc = aas_ws_server_create(
        &server, &(struct aas_ws_server_config){.name = "x", .subprotocols = protocols, .max_clients = 10}, NULL);
    aas_ws_server_destroy(server);
    return rc;
}

static int make_client(void)
{
    struct aas_ws_client *client = NULL;
    const struct aas_ws_client_config config = {
        .url = "ws://[::1]:80/a?b", .subprotocols = "a", .authorization = "Bearer x"};
    int rc = aas_ws_client_create(&client, &config, NULL);
    aas_ws_client_destroy(client);
    return rc;
}

static int make_frame(void)
{
    struct aas_ws_frame *frame = aas_ws_frame_create("abc", 3, NULL);
    aas_ws_frame_unref(frame);
    return frame ? 0 : AAS_ENOMEM;
}

static atomic_int users;

static void free_user(void *user)
{
    (void)user;
    atomic_fetch_add(&users, 1);
}

/* The hub is not running: the socket and the user must be gone either way. */
static int hand_over(void)
{
    struct aas_ws_server *server = NULL;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    int rc = aas_ws_server_create(&server, &(struct aas_ws_server_config){.max_clients = 10}, NULL);
    int before = atomic_load(&users);
    if (rc == 0) {
        rc = ws_server_adopt(server, fds[0], "dGhlIHNhbXBsZSBub25jZQ==", NULL, server, free_user, "peer", NULL);
        assert_int_equal(atomic_load(&users), before + 1);
    } else {
        (void)close(fds[0]);
    }
    char byte;
    assert_int_equal(recv(fds[1], &byte, 1, MSG_DONTWAIT), 0); /* the other end is closed */
    (void)close(fds[1]);
    aas_ws_server_destroy(server);
    return rc == AAS_EUNAVAILABLE ? 0 : rc; /* as far as it can get without a thread */
}

static bool go_on(void *arg, const struct ws_message *m)
{
    (void)arg;
    return m->event != WS_EVENT_CLOSE;
}

static int decode(void)
{
    uint8_t bytes[] = {0x01, 0x81, 0, 0, 0, 0, 'a', 0x80, 0x81, 0, 0, 0, 0, 'b'};
    struct ws_decoder d;
    ws_decoder_init(&d, 100);
    uint16_t rc = ws_decoder_feed(&d, bytes, sizeof bytes, go_on, NULL);
    ws_decoder_fini(&d);
    return rc == 0 ? 0 : rc == 1011 ? AAS_ENOMEM : AAS_EINVAL;
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    static int (*const things[])(void) = {make_server, make_client, make_frame, hand_over, decode};
    for (size_t i = 0; i < sizeof things / sizeof things[0]; i++) {
        size_t n = 1;
        for (;; n++) {
            aas_test_alloc_fail_from(n);
            int rc = things[i]();
            if (!aas_test_alloc_reset()) {
                assert_int_equal(rc, 0);
                break;
            }
            assert_int_equal(rc, AAS_ENOMEM);
            assert_true(n < MOST_CALLS);
        }
        assert_true(n > 1); /* at least one failed */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
