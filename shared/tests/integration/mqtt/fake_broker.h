/* A broker that does exactly what the test says, byte by byte, on the test's own thread: for what a real one would
 * never do, and for watching what the client sends and when. Packets of MQTT 5 and 3.1.1 (OASIS MQTT 5.0 section 2, 3).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_broker {
    int listen_fd, fd; /* fd: the connection, -1 without */
    uint16_t port;
    int version; /* of the last CONNECT: 5 or 4 */
};

struct fake_packet {
    uint8_t type; /* first byte >> 4 */
    uint8_t flags;
    size_t len; /* of what follows the fixed header */
    uint8_t body[4096];
};

enum {
    FAKE_CONNECT = 1,
    FAKE_CONNACK,
    FAKE_PUBLISH,
    FAKE_PUBACK,
    FAKE_SUBSCRIBE = 8,
    FAKE_SUBACK,
    FAKE_PINGREQ = 12,
    FAKE_DISCONNECT = 14
};

void fake_start(struct fake_broker *b);
void fake_stop(struct fake_broker *b);
/** Wait for a connection (10 s) and read its CONNECT. */
void fake_accept(struct fake_broker *b);
/** Close the connection. */
void fake_close(struct fake_broker *b);
/** Read one packet; false when the connection has ended, or none came within ms. */
bool fake_read(struct fake_broker *b, struct fake_packet *ret, int ms);
/** Nothing arrives for ms: not one byte, and not the end of the connection. */
bool fake_silent(struct fake_broker *b, int ms);
/** Answer CONNECT with a reason code (0: accepted). */
void fake_connack(struct fake_broker *b, uint8_t code);
/** Read SUBSCRIBE and answer it with a code. */
void fake_suback(struct fake_broker *b, uint8_t code);
/** Accept, CONNACK 0, SUBACK 1. */
void fake_welcome(struct fake_broker *b);
/** Send PUBLISH QoS 1 with message id mid, topic t and the payload. */
void fake_publish(struct fake_broker *b, uint16_t mid, bool dup, const char *payload);
/** Read a PUBACK and return its message id; 0: something else, or nothing. */
unsigned fake_puback(struct fake_broker *b, int ms);
void fake_send(struct fake_broker *b, const void *bytes, size_t n);
