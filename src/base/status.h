/**
 * The second kind of wrong: the world failed us (disk, memory, bytes, peers).
 *
 * A status climbs to the one place that can act on it; a diag climbs with it
 * and every layer puts what it was doing in front.
 */
#ifndef TOCSIN_BASE_STATUS_H
#define TOCSIN_BASE_STATUS_H

#include <stdarg.h>
#include <stddef.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#define STATUS_MAP(X)                                                          \
    X(OK, "ok")                                                                \
    X(NOMEM, "out of memory")                                                  \
    X(MALFORMED, "bytes do not decode")                                        \
    X(TOO_BIG, "too large")                                                    \
    X(FORGED, "signature or seal does not verify")                             \
    X(DISK, "storage failed")                                                  \
    X(FULL, "no space left")                                                   \
    X(CORRUPT, "stored data is damaged")                                       \
    X(MISSING, "not there")                                                    \
    X(EXISTS, "exists already")                                                \
    X(NETWORK, "network failed")                                               \
    X(TIMEOUT, "no answer in time")                                            \
    X(REFUSED, "refused by the peer")                                          \
    X(BUSY, "busy")                                                            \
    X(USAGE, "wrong usage")                                                    \
    X(SYSTEM, "the operating system refused")

enum status {
#define X(name, text) STATUS_##name,
    STATUS_MAP(X)
#undef X
};

#define DIAG_TEXT_MAX 512

/** Words for the person who has to act. Zero-initialised: nothing said. */
struct diag {
    enum status status;
    char text[DIAG_TEXT_MAX];
};

const char *status_text(enum status status);

/** Say what failed; returns status. why may be NULL. */
enum status diag_set(struct diag *why, enum status status, const char *format,
                     ...) PRINTF(3, 4);

/** Put what the caller was doing in front; returns status. why may be NULL. */
enum status diag_wrap(struct diag *why, enum status status, const char *format,
                      ...) PRINTF(3, 4);

/** Like diag_set, followed by strerror(errno). */
enum status diag_errno(struct diag *why, enum status status, const char *format,
                       ...) PRINTF(3, 4);

/** The third kind of wrong: our own broken promise. Ends the process. */
#define REQUIRE(claim)                                                         \
    ((claim) ? (void)0 : broken_promise(#claim, __FILE__, __LINE__))
_Noreturn void broken_promise(const char *claim, const char *file, int line);

/** Allocate or end the process: running out of memory is cured by a restart. */
void *must_calloc(size_t count, size_t size);
void *must_realloc(void *old, size_t count, size_t size);
void *must_memdup(const void *bytes, size_t size);
char *must_strdup(const char *text);

#endif
