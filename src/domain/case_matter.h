/** What the files that decide about orders share; nobody else includes it. */
#ifndef TOCSIN_DOMAIN_CASE_MATTER_H
#define TOCSIN_DOMAIN_CASE_MATTER_H

#include "domain/decide_case.h"

/** An order about a case that may be seen, and the fact in the making. */
struct matter {
    const struct book *book;
    const struct order *order;
    const struct principal *actor;
    struct alert *alert;
    const struct case_file *file;
    const Tocsin__V1__CaseOrder *asked;
    Tocsin__V1__CaseChanged *changed;
    struct verdict *verdict;
};

/** Refuse; always false. */
bool matter_deny(const struct matter *matter, const char *who);
bool matter_conflict(const struct matter *matter, const char *what);

bool matter_is_lead(const struct matter *matter);
bool matter_owns_duty(const struct matter *matter, Tocsin__V1__Duty duty);

/** By somebody who may; false: refused. */
bool decide_note_sample(const struct matter *matter);
bool decide_match(const struct matter *matter);

#endif
