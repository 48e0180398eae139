/** Pictures that no alert shows: put and never named, or replaced. */
#ifndef TOCSIN_TOCSIND_SWEEP_H
#define TOCSIN_TOCSIND_SWEEP_H

#include "domain/book.h"

/** Deletes what no alert names and is older than a day. Gives their number. */
unsigned sweep_pictures(const char *folder, const struct book *book,
                        int64_t now_ms);

#endif
