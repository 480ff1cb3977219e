/* A MongoDB to test with: the one of AAS_TEST_MONGODB_URI, else the stand-in that ferretdb/build.sh builds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aas/error.h"

struct mongo_server;

/** 0; or 77 with the reason on stderr when neither can be had; else 1. */
int mongo_server_start(struct mongo_server **ret) AAS_MUST_CHECK;
/** A URL of database db on it, with options ("a=b&c=d", or "") added. */
const char *mongo_server_url(const struct mongo_server *m, const char *db, const char *options, char *out, size_t size);
/** Is it the stand-in, that may be killed? */
bool mongo_server_is_ours(const struct mongo_server *m);
/** Send a signal to the stand-in; SIGKILL also waits for its end. Start it again on the same port and files. */
void mongo_server_signal(struct mongo_server *m, int sig);
bool mongo_server_restart(struct mongo_server *m);
/** End it, or drop database db of the given server. */
void mongo_server_stop(struct mongo_server *m, const char *db);
