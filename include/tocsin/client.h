/**
 * A principal's connection to one of the desks: question out, answer in.
 *
 * Blocking, with a time-out; safe to repeat, since a request keeps its id.
 */
#ifndef TOCSIN_CLIENT_H
#define TOCSIN_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include <tocsin/bundle.h>
#include <tocsin/status.h>
#include <tocsin/v1/desk.pb-c.h>

struct tocsin_client;

/**
 * Connect to the desk of the bundle's role. Returns at once; the first call
 * waits for the handshake. The bundle is borrowed and must outlive the client.
 *
 * Gives:  *out, to be closed with tocsin_client_close; NULL on failure.
 * Fails:  TOCSIN_LOCAL; TOCSIN_USAGE (an address or a key that is none).
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_client_open(struct tocsin_client **out,
                   const struct tocsin_bundle *bundle, struct tocsin_diag *why);
TOCSIN_API void tocsin_client_close(struct tocsin_client *client);

/**
 * Ask and wait. request_id is filled in when it is empty, and empty again once
 * there is an answer: without one, call again, on this client or another, and
 * it is the same request. Until then its bytes are the library's. It is sent
 * again after 2 s without an answer, after every reconnect, and after the time
 * that BUSY or UNAVAILABLE names, until timeout_ms are over.
 *
 * Gives:  *reply, valid until the next call; any status but these two. A reply
 *         INVALID, DENIED and so on is TOCSIN_OK here: look at its status.
 * Fails:  TOCSIN_UNREACHABLE (why has the reason of one that was UNAVAILABLE),
 *         TOCSIN_REFUSED (the handshake: key unknown or revoked), TOCSIN_USAGE
 *         (the request is too large).
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_client_call(struct tocsin_client *client, Tocsin__V1__Request *request,
                   const Tocsin__V1__Reply **reply, int timeout_ms,
                   struct tocsin_diag *why);

/** The same for a packed Request that has its request_id; its bytes are
 * borrowed until there is an answer. */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_client_call_packed(struct tocsin_client *client, const uint8_t *request,
                          size_t size, const Tocsin__V1__Reply **reply,
                          int timeout_ms, struct tocsin_diag *why);

/**
 * Ask many things with a window of requests under way. next fills *request
 * (heap memory, taken over) and returns 1, or 0 when there are no more; done
 * gets each reply with the number of its request, from 0. timeout_ms is how
 * long to wait without any reply. Fails as tocsin_client_call; what was under
 * way may have been recorded. Neither callback asks on this client
 * (TOCSIN_USAGE) or closes it; reply is valid within its call.
 */
struct tocsin_pipeline {
    int (*next)(void *arg, uint8_t **request, size_t *size);
    void (*done)(void *arg, size_t number, const Tocsin__V1__Reply *reply);
    void *arg;
};
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_client_pipeline(struct tocsin_client *client,
                       const struct tocsin_pipeline *pipeline, int timeout_ms,
                       struct tocsin_diag *why);

#endif
