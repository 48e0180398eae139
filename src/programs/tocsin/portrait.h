/** An alert and its answers in words, for a screen. */
#ifndef TOCSIN_PROGRAM_PORTRAIT_H
#define TOCSIN_PROGRAM_PORTRAIT_H

#include "tocsin/pool.h"
#include <tocsin/v1/desk.pb-c.h>

void portrait_alert(const Tocsin__V1__Alert *alert, struct pool *pool);
void portrait_withdrawal(const Tocsin__V1__Withdrawal *withdrawal);
void portrait_answer(const Tocsin__V1__Sighting *sighting);
/** Whether its picture is here, when it names one. */
void portrait_picture(const Tocsin__V1__Sighting *sighting);

/** One line of an opened answer: officer, what, where, how. */
char *answer_words(const Tocsin__V1__Answer *answer, struct pool *pool);

#endif
