/** What a test tells hurt_disk.c through the file in TOCSIN_DISK_CONTROL. */
#ifndef TOCSIN_KIT_HURT_DISK_H
#define TOCSIN_KIT_HURT_DISK_H

#include <stdint.h>

/* Which operations a failure may hit: one bit each. */
enum hit {
    HIT_NAMES = 1,
    HIT_WRITES = 2,
    HIT_SYNCS = 4,
    HIT_GROWTH = 8, /* writes that make a file longer */
    HIT_READS = 16  /* of a place in a file, as SQLite reads its pages */
};

struct control {
    _Atomic uint64_t count;      /* operations so far that can be hit */
    _Atomic uint64_t fail_at;    /* this one fails; 0: none */
    _Atomic uint64_t error;      /* with this errno */
    _Atomic uint64_t lasting;    /* and all that follow */
    _Atomic uint64_t hits;       /* of these, enum hit */
    _Atomic uint64_t failed;     /* so many have failed */
    _Atomic uint64_t die_at;     /* before this one the process is killed */
    _Atomic uint64_t over;       /* writes of so many bytes are never hit */
    _Atomic uint64_t reads_from; /* reads of places before are never hit */
    _Atomic uint64_t reads_to;   /* nor of this one and behind it; 0: no end */
};

#endif
