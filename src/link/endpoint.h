/** What an endpoint says of its network. */
#ifndef TOCSIN_LINK_ENDPOINT_H
#define TOCSIN_LINK_ENDPOINT_H

#include <stdbool.h>
#include <string.h>

/** An address in brackets. ZMQ_IPV6 is set for that alone: with it libzmq takes
 *  no IPv4 address of a name that has both, and no IPv4 socket for the others.
 */
static inline bool endpoint_is_ipv6(const char *endpoint)
{
    return strncmp(endpoint, "tcp://[", strlen("tcp://[")) == 0;
}

#endif
