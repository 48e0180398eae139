/**
 * Divisions, prefixes and topics. A division is a GB/T 2260 code of 6 digits; a
 * prefix is what is left of it without trailing pairs of zeros ("", "44",
 * "4403", "440305"); a topic is a prefix on the feed ("a/4403/").
 */
#ifndef TOCSIN_WIRE_TOPIC_H
#define TOCSIN_WIRE_TOPIC_H

#include <stdbool.h>
#include <stddef.h>

#define DIVISION_SIZE 6
#define TOPIC_MAX 12 /* with the terminating zero */
#define OWN_TOPICS 9
#define BEACON_TOPIC "b/"

bool division_valid(const char *code);
/** Length of the prefix of a division: 0, 2, 4 or 6. */
size_t division_prefix(const char *code);
/** true when inner lies in outer; both valid codes. */
bool division_contains(const char *outer, const char *inner);
/** 0, 2, 4 or 6 digits. */
bool prefix_valid(const char *prefix);
/** true when inner begins with outer. */
bool prefix_contains(const char *outer, const char *inner);

/** Writes "a/<prefix>/" or "x/<prefix>/". */
void topic_make(char out[TOPIC_MAX], bool exercise, const char *prefix);

/**
 * The nine topics of a node of this division: 0 to 3 actual from its county
 * to the country, 4 to 7 the same for exercises, 8 the beacon.
 */
void topics_of(char out[OWN_TOPICS][TOPIC_MAX], const char *division);

#endif
