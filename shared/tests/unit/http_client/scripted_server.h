/* A badly behaved HTTP server on raw sockets: what a path makes it answer is listed in scripted_server.c. */
#pragma once

#include <stdint.h>

struct scripted_server;

struct scripted_server *scripted_server_start(uint16_t port); /* 0: any */
uint16_t scripted_server_port(const struct scripted_server *s);
unsigned scripted_server_accepted(struct scripted_server *s);
unsigned scripted_server_requests(struct scripted_server *s);
void scripted_server_stop(struct scripted_server *s);
