/** What the files of keep share; nobody else includes it. */
#ifndef TOCSIN_DOMAIN_KEEP_PARTS_H
#define TOCSIN_DOMAIN_KEEP_PARTS_H

#include "domain/keep.h"

struct keeping {
    void (*each)(void *arg, Tocsin__V1__BookEntry *entry);
    void *arg;
    union keep_columns *columns; /* of the entry that is told */
};

void keep_tell(const struct keeping *keeping,
               Tocsin__V1__BookEntry__KindCase kind, void *message);
ProtobufCBinaryData keep_borrow(const void *bytes, size_t size);
char *keep_text(const char *text);

void keep_principal(const struct keeping *keeping,
                    const struct principal *principal);
/** false: it makes no sense. */
bool keep_take_principal(struct book *book,
                         const Tocsin__V1__KeptPrincipal *kept);

/** Nothing of a case that no order was ever given about. */
void keep_case(const struct keeping *keeping, const struct case_file *file);
/** Into the newest alert; false: it makes no sense. */
bool keep_take_case(const struct book *book, struct alert *alert,
                    const Tocsin__V1__KeptCase *kept);
void keep_found(const struct keeping *keeping, const struct found_child *found);
bool keep_take_found(struct book *book, const Tocsin__V1__KeptFound *kept);
void keep_supervisions(const struct keeping *keeping, const struct book *book);
bool keep_take_supervision(struct book *book,
                           const Tocsin__V1__KeptSupervision *kept);
/** Samples and matches of an alert, and samples of none. */
void keep_alert_samples(const struct keeping *keeping,
                        const struct alert *alert);
void keep_loose_samples(const struct keeping *keeping, const struct book *book);
/** newest: the newest alert, or NULL. */
bool keep_take_sample(struct book *book, struct alert *newest,
                      const Tocsin__V1__KeptSample *kept);
bool keep_take_match(const struct book *book, struct alert *newest,
                     const Tocsin__V1__KeptMatch *kept);
bool keep_take_case_entry(const struct book *book, struct alert *alert,
                          const Tocsin__V1__KeptCaseEntry *kept);

#endif
