/**
 * How calls of libtocsin fail: a status to act on and words to read.
 *
 * Library for those who write a terminal or a centre. All calls of one handle
 * belong on one thread; different handles are independent. Every why may be
 * NULL; it is written only when a call fails. Times that end in _ms are
 * milliseconds since 1970 in UTC, those of timeout_ms and the like
 * milliseconds.
 */
#ifndef TOCSIN_STATUS_H
#define TOCSIN_STATUS_H

#ifdef __cplusplus
#define TOCSIN_API extern "C" __attribute__((visibility("default")))
#else
#define TOCSIN_API __attribute__((visibility("default")))
#endif
#define TOCSIN_MUST_USE __attribute__((warn_unused_result))

enum tocsin_status {
    TOCSIN_OK = 0,
    TOCSIN_REFUSED,     /* the broker or a file's permissions said no */
    TOCSIN_USAGE,       /* wrong arguments or a document that cannot be */
    TOCSIN_UNREACHABLE, /* no answer from the broker in time */
    TOCSIN_LOCAL,       /* disk, memory, a damaged store */
    TOCSIN_MISSING      /* no such alert, file or picture */
};

struct tocsin_diag {
    enum tocsin_status status;
    char text[512]; /* empty when nothing was said */
};

/** "0.1.0" */
TOCSIN_API const char *tocsin_version(void);

#endif
