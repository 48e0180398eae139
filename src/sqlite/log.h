/**
 * Is the log of a file whole? SQLite reads it up to the first page that does
 * not fit its checksum, and goes on as if nothing had been behind it: so it
 * must after a power cut, when that was never confirmed. Where a disk has
 * damaged it, it was.
 */
#ifndef TOCSIN_SQLITE_LOG_H
#define TOCSIN_SQLITE_LOG_H

#include "base/status.h"

/**
 * Before it is opened: nobody may have it open. Each commit was fsynced before
 * the next one began, so a power cut leaves no commit behind what does not fit
 * that another one follows.
 *
 * path:   of the file, not of its log.
 * Fails:  STATUS_CORRUPT, why names the log: confirmed commits are behind a
 *         damaged place. STATUS_DISK: it cannot be read.
 */
MUST_USE enum status sqlite_log_whole(const char *path, struct diag *why);

#endif
