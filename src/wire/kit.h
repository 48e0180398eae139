/**
 * Numbers of sample kits: how they are written, and the digest by which they
 * are known where they must not be named. Pure.
 */
#ifndef TOCSIN_WIRE_KIT_H
#define TOCSIN_WIRE_KIT_H

#include <stdbool.h>
#include <stdint.h>

#define KIT_MAX 40
#define KIT_DIGEST_SIZE 16

/** 1 to 40 of A-Z a-z 0-9 - */
bool kit_valid(const char *kit);

/** As it is compared. kit is valid; out has KIT_MAX + 1 bytes. Returns out. */
char *kit_upper(char out[KIT_MAX + 1], const char *kit);

/** The same for every way of writing it. kit is valid. */
void kit_digest(uint8_t out[KIT_DIGEST_SIZE], const char *kit);

#endif
