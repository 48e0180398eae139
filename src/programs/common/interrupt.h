/** ^C, and SIGTERM: the first one ends what is done in order, the second one
 * the program. */
#ifndef TOCSIN_PROGRAM_INTERRUPT_H
#define TOCSIN_PROGRAM_INTERRUPT_H

#include <stdbool.h>

/** From here on. */
void interrupt_watch(void);
/** Has it come? */
bool interrupted(void);

#endif
