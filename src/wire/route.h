/** The broker's gates, and the way back to who came through one. */
#ifndef TOCSIN_WIRE_ROUTE_H
#define TOCSIN_WIRE_ROUTE_H

#include <stdint.h>

enum gate { GATE_COMMAND, GATE_FIELD, GATE_FEED, GATE_COUNT };

#define ROUTE_MAX 16

/** Which connection of a desk; made by libzmq, opaque. */
struct route {
    uint8_t size;
    uint8_t bytes[ROUTE_MAX];
};

enum sent { SENT, SENT_FULL, SENT_GONE };

/** "command", "field", "feed": also the ZAP domain. */
const char *gate_name(enum gate gate);

#endif
