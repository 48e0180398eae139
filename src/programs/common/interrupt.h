/** ^C, SIGTERM, and SIGHUP of a shell that is closed: the first one ends what
 * is done in order, the second one the program. Who no longer reads what is
 * said ends nothing. */
#ifndef TOCSIN_PROGRAM_INTERRUPT_H
#define TOCSIN_PROGRAM_INTERRUPT_H

#include <stdbool.h>

/** From here on. */
void interrupt_watch(void);
/** Has it come? */
bool interrupted(void);

/** Until the next call: the first one ends the program, and these are its last
 *  words on stderr, a line or more. Borrowed; NULL: none any more. Nothing is
 *  changed where it is watched for. */
void interrupt_tell(const char *text);

#endif
