/** What the files of apply share; nobody else includes it. */
#ifndef TOCSIN_DOMAIN_APPLY_PARTS_H
#define TOCSIN_DOMAIN_APPLY_PARTS_H

#include "domain/apply.h"

struct effect apply_issued(struct book *book, uint64_t sequence,
                           const Tocsin__V1__Fact *fact);
struct effect apply_expired(struct book *book, uint64_t sequence,
                            const Tocsin__V1__AlertExpired *expired);
struct effect apply_filed(struct book *book,
                          const Tocsin__V1__AlertFiled *filed);
struct effect apply_answered(struct book *book, uint64_t sequence,
                             const Tocsin__V1__Fact *fact);

/** Note with its owner that a command or answer is recorded. Returns the note.
 */
struct seen *apply_remember(struct book *book, struct seen **owner,
                            const uint8_t identity[IDENTITY_SIZE],
                            uint64_t sequence,
                            const ProtobufCBinaryData *digest);
/** Free *bytes and put a copy in their place; NULL when there are none. */
void apply_replace(uint8_t **bytes, size_t *size,
                   const ProtobufCBinaryData *with);

#endif
