#include "domain/apply_parts.h"
#include "domain/looks.h"

#include <stdlib.h>
#include <string.h>

#include "wire/keys.h"

#define COMMANDS_KEPT 8
/* Of a laboratory or a registry office, whose commands hang on nothing else: as
 * many as a desk lets wait at once. */
#define WORDS_KEPT 256

static void identify(uint8_t out[IDENTITY_SIZE], char kind, uint32_t who,
                     const void *what, size_t size)
{
    uint8_t bytes[96] = {(uint8_t)kind, (uint8_t)(who >> 24),
                         (uint8_t)(who >> 16), (uint8_t)(who >> 8),
                         (uint8_t)who};
    uint8_t hash[32];

    REQUIRE(size <= sizeof bytes - 5);
    if (size > 0)
        memcpy(bytes + 5, what, size);
    hash_bytes(hash, bytes, 5 + size);
    memcpy(out, hash, IDENTITY_SIZE);
}

void identity_of_command(uint8_t out[IDENTITY_SIZE], uint32_t principal,
                         const uint8_t *request_id, size_t size)
{
    identify(out, 'c', principal, request_id, size);
}

void identity_of_answer(uint8_t out[IDENTITY_SIZE], uint32_t node,
                        const uint8_t *answer_id, size_t size)
{
    identify(out, 'a', node, answer_id, size);
}

void identity_of_rung(uint8_t out[IDENTITY_SIZE], uint32_t node,
                      const char *alert_id, uint32_t revision,
                      Tocsin__V1__Rung rung)
{
    uint8_t bytes[ULID_SIZE + 5] = {0};

    memcpy(bytes, alert_id, strnlen(alert_id, ULID_SIZE));
    memcpy(bytes + ULID_SIZE, &revision, 4);
    bytes[ULID_SIZE + 4] = (uint8_t)rung;
    identify(out, 'r', node, bytes, sizeof bytes);
}

void identity_of_picture(uint8_t out[IDENTITY_SIZE], uint64_t sighting)
{
    identify(out, 'p', 0, &sighting, sizeof sighting);
}

void identity_of_found(uint8_t out[IDENTITY_SIZE], const char *found_id,
                       uint32_t revision)
{
    identify(out, 'f', revision, found_id, strnlen(found_id, ULID_SIZE));
}

struct seen *apply_remember(struct book *book, struct seen **owner,
                            const uint8_t identity[IDENTITY_SIZE],
                            uint64_t sequence,
                            const ProtobufCBinaryData *digest)
{
    struct seen *seen = must_calloc(1, sizeof *seen);

    seen->sequence = sequence;
    memcpy(seen->digest, digest->data,
           digest->len < sizeof seen->digest ? digest->len
                                             : sizeof seen->digest);
    memcpy(seen->identity, identity, IDENTITY_SIZE);
    seen->next = *owner;
    *owner = seen;
    (void)map_put(book->seen, identity, IDENTITY_SIZE, seen);
    return seen;
}

void apply_replace(uint8_t **bytes, size_t *size,
                   const ProtobufCBinaryData *with)
{
    free(*bytes);
    *bytes = with->len > 0 ? must_memdup(with->data, with->len) : NULL;
    *size = with->len;
}

/* ---- principals ---------------------------------------------------------- */

void apply_fill_principal(struct principal *principal,
                          const Tocsin__V1__Principal *from)
{
    free(principal->name);
    free(principal->name_en);
    principal->name = must_strdup(from->name);
    principal->name_en = must_strdup(from->name_en);
    free(principal->unit);
    principal->unit = NULL;
    principal->rank = TOCSIN__V1__RANK__RANK_UNSPECIFIED;
    if (from->officer != NULL) {
        principal->rank = from->officer->rank;
        principal->unit = must_strdup(from->officer->unit);
    }
    principal->role = from->role;
    principal->kind = from->kind;
    principal->has_point = from->point != NULL;
    if (principal->has_point) {
        principal->point.latitude = from->point->latitude;
        principal->point.longitude = from->point->longitude;
    }
    memcpy(principal->division, from->division, DIVISION_SIZE);
    REQUIRE(from->public_key.len == KEY_SIZE);
    memcpy(principal->key, from->public_key.data, KEY_SIZE);
    principal->revoked = false;
    apply_reachable(principal, from);
}

struct principal *apply_add_principal(struct book *book, const char *id)
{
    struct principal *principal = must_calloc(1, sizeof *principal);
    size_t count = book->principal_count++;

    if ((count & (count - 1)) == 0) {
        book->principals = must_realloc(book->principals, count * 2 + 1,
                                        sizeof *book->principals);
        book->roll =
            must_realloc(book->roll, count * 2 + 1, sizeof *book->roll);
    }
    book->principals[count] = principal;
    book->roll[count] = (struct roll_line){0};
    principal->number = (uint32_t)count + 1;
    strncpy(principal->id, id, ID_MAX);
    (void)map_put(book->by_id, id, strlen(id), principal);
    return principal;
}

static struct principal *enrol(struct book *book,
                               const Tocsin__V1__Principal *from)
{
    struct principal *principal = book_principal(book, from->id);

    if (principal == NULL)
        principal = apply_add_principal(book, from->id);
    else
        (void)map_remove(book->by_curve, principal->curve, KEY_SIZE);
    apply_fill_principal(principal, from);
    if (!key_curve_public(principal->key, principal->curve))
        memset(principal->curve, 0, KEY_SIZE); /* nobody proves this one */
    apply_invitation_used(book, principal->id);
    principal->enrolled = book->head;
    roll_enlist(book, principal);
    (void)map_put(book->by_curve, principal->curve, KEY_SIZE, principal);
    return principal;
}

static struct effect apply_founded(struct book *book,
                                   const Tocsin__V1__Founded *founded)
{
    struct effect effect = {.kind = EFFECT_FOUNDED};

    REQUIRE(!book->founded && founded->epoch.len == EPOCH_SIZE &&
            founded->authority.len == KEY_SIZE &&
            founded->broker_key.len == KEY_SIZE);
    book->founded = true;
    book->generation = 1;
    memcpy(book->epoch, founded->epoch.data, EPOCH_SIZE);
    memcpy(book->authority, founded->authority.data, KEY_SIZE);
    memcpy(book->broker_key, founded->broker_key.data, KEY_SIZE);
    effect.principal = enrol(book, founded->administrator);
    return effect;
}

static struct effect apply_enrolled(struct book *book,
                                    const Tocsin__V1__Enrolled *enrolled,
                                    int64_t time_ms)
{
    struct effect effect = {.kind = EFFECT_PRINCIPAL};

    effect.principal = enrol(book, enrolled->principal);
    effect.principal->changed_ms = time_ms;
    effect.generation_raised = enrolled->generation > book->generation;
    if (effect.generation_raised)
        book->generation = enrolled->generation;
    return effect;
}

static struct effect apply_revoked(struct book *book,
                                   const Tocsin__V1__Revoked *revoked,
                                   int64_t time_ms)
{
    struct effect effect = {.kind = EFFECT_PRINCIPAL};

    effect.principal = book_principal(book, revoked->id);
    REQUIRE(effect.principal != NULL);
    effect.principal->revoked = true;
    apply_invitation_used(book, revoked->id);
    effect.principal->changed_ms = time_ms;
    roll_enlist(book, effect.principal);
    effect.generation_raised = revoked->generation > book->generation;
    if (effect.generation_raised)
        book->generation = revoked->generation;
    return effect;
}

static struct effect apply_restored(struct book *book,
                                    const Tocsin__V1__Restored *restored)
{
    REQUIRE(restored->epoch.len == EPOCH_SIZE);
    book->restored = true;
    memcpy(book->epoch, restored->epoch.data, EPOCH_SIZE);
    if (restored->generation > book->generation)
        book->generation = restored->generation;
    if (restored->serial > book->serial)
        book->serial = restored->serial;
    return (struct effect){.kind = EFFECT_NONE};
}

/* ---- all ----------------------------------------------------------------- */

static struct effect apply_body(struct book *book, uint64_t sequence,
                                const Tocsin__V1__Fact *fact)
{
    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_FOUNDED:
        return apply_founded(book, fact->founded);
    case TOCSIN__V1__FACT__BODY_ENROLLED:
        return apply_enrolled(book, fact->enrolled, fact->time_ms);
    case TOCSIN__V1__FACT__BODY_REVOKED:
        return apply_revoked(book, fact->revoked, fact->time_ms);
    case TOCSIN__V1__FACT__BODY_ALERT_ISSUED:
        return apply_issued(book, sequence, fact);
    case TOCSIN__V1__FACT__BODY_ALERT_EXPIRED:
        return apply_expired(book, sequence, fact->alert_expired);
    case TOCSIN__V1__FACT__BODY_ANSWERED:
        return apply_answered(book, sequence, fact);
    case TOCSIN__V1__FACT__BODY_ANSWERED_TOGETHER:
        return apply_together(book, sequence, fact);
    case TOCSIN__V1__FACT__BODY_RING_WIDENED:
        return apply_widened(book, sequence, fact);
    case TOCSIN__V1__FACT__BODY_ALERT_FILED:
        return apply_filed(book, fact->alert_filed);
    case TOCSIN__V1__FACT__BODY_RESTORED:
        return apply_restored(book, fact->restored);
    case TOCSIN__V1__FACT__BODY_INVITED:
        return apply_invited(book, fact->time_ms, fact->invited);
    case TOCSIN__V1__FACT__BODY_CASE_CHANGED:
        return apply_case(book, sequence, fact);
    case TOCSIN__V1__FACT__BODY_FELL_SILENT:
        return apply_silent(book, sequence, fact);
    case TOCSIN__V1__FACT__BODY_PUT_UNDER_SUPERVISION:
        return apply_supervised(book, sequence, fact);
    case TOCSIN__V1__FACT__BODY_SUPERVISION_LIFTED:
        return apply_lifted(book, fact);
    case TOCSIN__V1__FACT__BODY_CASE_FORGOTTEN:
        return apply_forgotten(book, sequence, fact);
    case TOCSIN__V1__FACT__BODY_SIGHTING_PICTURED:
        return apply_pictured(book, sequence, fact);
    case TOCSIN__V1__FACT__BODY_LOOKED:
        return apply_looked(book, sequence, fact);
    case TOCSIN__V1__FACT__BODY_PURGED:
        return apply_purged(book, sequence, fact->purged);
    case TOCSIN__V1__FACT__BODY_FOUND_REGISTERED:
        return apply_found_registered(book, sequence, fact);
    case TOCSIN__V1__FACT__BODY_FOUND_RESOLVED:
        return apply_found_resolved(book, sequence, fact);
    case TOCSIN__V1__FACT__BODY_FOUND_FORGOTTEN:
        return apply_found_forgotten(book, fact);
    case TOCSIN__V1__FACT__BODY_FOUND_FILED:
        return apply_found_filed(book, fact->found_filed);
    case TOCSIN__V1__FACT__BODY_LAB_REPORTED:
        return apply_lab_reported(book, sequence, fact);
    case TOCSIN__V1__FACT__BODY_SAMPLE_CHECKED:
        return apply_sample_checked(book, fact);
    case TOCSIN__V1__FACT__BODY__NOT_SET:
    case _TOCSIN__V1__FACT__BODY__CASE_IS_INT_SIZE:
        break;
    }
    REQUIRE(!"a fact of a kind that this program does not know");
    return (struct effect){.kind = EFFECT_NONE};
}

/* Of a principal only the newest commands are known again, so that a book does
 * not grow with every key that was ever renewed. */
static void forget_older(struct book *book, struct principal *principal,
                         int most)
{
    struct seen **at = &principal->seen;

    for (int kept = 0; *at != NULL && kept < most; kept++)
        at = &(*at)->next;
    while (*at != NULL) {
        struct seen *older = *at;

        *at = older->next;
        (void)map_remove(book->seen, older->identity, IDENTITY_SIZE);
        free(older);
    }
}

static void remember_command(struct book *book, uint64_t sequence,
                             const Tocsin__V1__Fact *fact,
                             const struct principal *actor,
                             const struct effect *effect)
{
    uint8_t identity[IDENTITY_SIZE];
    struct seen *seen;

    identity_of_command(identity, actor->number, fact->request_id.data,
                        fact->request_id.len);
    if (effect->kind == EFFECT_ALERT) {
        seen = apply_remember(book, &effect->alert->seen, identity, sequence,
                              &fact->request_digest);
        seen->alert = effect->alert;
        seen->revision = effect->alert->revision;
        seen->nodes = effect->alert->nodes;
    } else if (effect->kind == EFFECT_CASE || effect->kind == EFFECT_PURGED ||
               effect->kind == EFFECT_LOOKED ||
               (effect->kind == EFFECT_LABORATORY && effect->alert != NULL)) {
        (void)apply_remember(book, &effect->alert->seen, identity, sequence,
                             &fact->request_digest);
    } else if (effect->kind == EFFECT_FOUND) {
        (void)apply_remember(book, &effect->found->seen, identity, sequence,
                             &fact->request_digest);
    } else if (effect->principal != NULL) {
        seen = apply_remember(book, &effect->principal->seen, identity,
                              sequence, &fact->request_digest);
        seen->nodes = (uint32_t)effect->answer;
        forget_older(book, effect->principal,
                     effect->kind == EFFECT_LABORATORY ||
                             effect->kind == EFFECT_CHECKED
                         ? WORDS_KEPT
                         : COMMANDS_KEPT);
    }
}

int64_t apply_at_ms(const Tocsin__V1__Fact *fact, int64_t at_ms)
{
    return at_ms != 0 ? at_ms : fact->time_ms;
}

bool tells_by_itself(const Tocsin__V1__Fact *fact)
{
    return fact->body_case == TOCSIN__V1__FACT__BODY_ANSWERED ||
           fact->body_case == TOCSIN__V1__FACT__BODY_FOUND_REGISTERED;
}

struct effect book_apply(struct book *book, uint64_t sequence,
                         const Tocsin__V1__Fact *fact)
{
    const struct principal *actor;
    struct effect effect;

    REQUIRE(sequence == book->head + 1);
    REQUIRE(book->founded || fact->body_case == TOCSIN__V1__FACT__BODY_FOUNDED);
    book->head = sequence;
    effect = apply_body(book, sequence, fact);
    actor = book_principal(book, fact->principal);
    if (fact->request_id.len > 0 && actor != NULL && !tells_by_itself(fact))
        remember_command(book, sequence, fact, actor, &effect);
    return effect;
}
