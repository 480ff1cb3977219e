/* A hub with an acceptor in front, for tests of the hub. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <aas/ws_server.h>

#include "ws_peer.h"

#define WAIT_MS 10000

struct fixture {
    struct aas_ws_server *server;
    struct ws_acceptor *acceptor;
    atomic_int opened, closed, messages, ticks;
    char last[128];      /* the last message; written before messages is counted up */
    uint32_t admit_kind; /* 0: all */
};

/** Messages are commands for the hub: "echo:…", "close", "odd", "who". */
void fixture_setup(struct fixture *f, struct aas_ws_server_config config);
/** Also checks that what was opened was closed. */
void fixture_teardown(struct fixture *f);
void connect_to(const struct fixture *f, struct ws_peer *p);
void broadcast(struct fixture *f, uint32_t kind, uint64_t seq, const char *text);
void expect_text(struct ws_peer *p, const char *want);
struct aas_ws_stats stats(const struct fixture *f);
