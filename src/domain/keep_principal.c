/* Principals, written down and taken back. */
#include "domain/keep_parts.h"

#include <string.h>

#include "domain/apply_parts.h"

struct silence_columns {
    uint64_t sequence[SILENCES_KEPT];
    int64_t ms[SILENCES_KEPT];
    Tocsin__V1__KeptSilence of_alert[SILENCES_KEPT];
    Tocsin__V1__KeptSilence *of_alerts[SILENCES_KEPT];
};

static void keep_silences(Tocsin__V1__KeptPrincipal *kept,
                          struct silence_columns *columns,
                          const struct principal *principal)
{
    const struct silences *silences = &principal->silences;
    const struct silences *noted = &principal->noted;

    for (int i = 0; i < noted->count; i++) {
        columns->sequence[i] = noted->list[i].sequence;
        columns->ms[i] = noted->list[i].time_ms;
    }
    for (int i = 0; i < silences->count; i++) {
        Tocsin__V1__KeptSilence *out = &columns->of_alert[i];

        tocsin__v1__kept_silence__init(out);
        out->report = silences->list[i].report;
        out->sequence = silences->list[i].sequence;
        out->time_ms = silences->list[i].time_ms;
        columns->of_alerts[i] = out;
    }
    kept->n_silent_sequence = kept->n_silent_ms = noted->count;
    kept->silent_sequence = columns->sequence;
    kept->silent_ms = columns->ms;
    kept->n_silences = silences->count;
    kept->silences = columns->of_alerts;
}

void keep_principal(const struct keeping *keeping,
                    const struct principal *principal)
{
    Tocsin__V1__KeptPrincipal kept = TOCSIN__V1__KEPT_PRINCIPAL__INIT;
    Tocsin__V1__Principal inner = TOCSIN__V1__PRINCIPAL__INIT;
    Tocsin__V1__Point point = TOCSIN__V1__POINT__INIT;
    Tocsin__V1__Officer officer = TOCSIN__V1__OFFICER__INIT;
    struct silence_columns silences;

    inner.id = keep_text(principal->id);
    inner.role = principal->role;
    inner.kind = principal->kind;
    inner.name = principal->name;
    inner.name_en = principal->name_en;
    inner.division = keep_text(principal->division);
    if (principal->unit != NULL) {
        officer.rank = principal->rank;
        officer.unit = principal->unit;
        inner.officer = &officer;
    }
    inner.public_key = keep_borrow(principal->key, KEY_SIZE);
    if (principal->has_point) {
        point.latitude = principal->point.latitude;
        point.longitude = principal->point.longitude;
        inner.point = &point;
    }
    if (principal->reachable != NULL) {
        inner.address = principal->reachable->address;
        inner.gateway = keep_text(principal->reachable->gateway);
        if (inner.address[0] != '\0')
            inner.tls_fingerprint =
                keep_borrow(principal->reachable->tls_fingerprint, 32);
    }
    kept.principal = &inner;
    kept.revoked = principal->revoked;
    kept.enrolled = principal->enrolled;
    kept.curve = keep_borrow(principal->curve, KEY_SIZE);
    keep_silences(&kept, &silences, principal);
    kept.changed_ms = principal->changed_ms;
    keep_tell(keeping, TOCSIN__V1__BOOK_ENTRY__KIND_PRINCIPAL, &kept);
}

/* A key that was given up may belong to somebody else now. */
static void take_curve(struct book *book, struct principal *principal)
{
    const struct principal *other =
        map_get(book->by_curve, principal->curve, KEY_SIZE);

    if (other == NULL || other->enrolled < principal->enrolled)
        (void)map_put(book->by_curve, principal->curve, KEY_SIZE, principal);
}

static bool silences_are_sound(const struct book *book,
                               const Tocsin__V1__KeptPrincipal *kept)
{
    bool sound = kept->n_silent_sequence <= SILENCES_KEPT &&
                 kept->n_silent_ms == kept->n_silent_sequence &&
                 times_are_sound(kept->silent_ms, kept->n_silent_ms) &&
                 kept->n_silences <= kept->n_silent_sequence;

    for (size_t i = 0; sound && i < kept->n_silent_sequence; i++)
        sound = kept->silent_sequence[i] <= book->head;
    for (size_t i = 0; sound && i < kept->n_silences; i++)
        sound = kept->silences[i]->report <= book->head &&
                kept->silences[i]->sequence <= book->head &&
                times_are_sound(&kept->silences[i]->time_ms, 1);
    return sound;
}

static void take_silences(struct principal *principal,
                          const Tocsin__V1__KeptPrincipal *kept)
{
    struct silences *silences = &principal->silences;
    struct silences *noted = &principal->noted;

    noted->count = (uint8_t)kept->n_silent_sequence;
    for (size_t i = 0; i < kept->n_silent_sequence; i++) {
        noted->list[i].sequence = kept->silent_sequence[i];
        noted->list[i].time_ms = kept->silent_ms[i];
    }
    if (kept->n_silences == 0) {
        *silences = *noted; /* of an earlier version: each counts by itself */
        return;
    }
    silences->count = (uint8_t)kept->n_silences;
    for (size_t i = 0; i < kept->n_silences; i++)
        silences->list[i] = (struct silence){kept->silences[i]->report,
                                             kept->silences[i]->sequence,
                                             kept->silences[i]->time_ms};
}

bool keep_take_principal(struct book *book,
                         const Tocsin__V1__KeptPrincipal *kept)
{
    const Tocsin__V1__Principal *from = kept->principal;
    struct principal *principal;

    if (from == NULL || from->id[0] == '\0' || strlen(from->id) > ID_MAX ||
        book_principal(book, from->id) != NULL ||
        !division_valid(from->division) || from->public_key.len != KEY_SIZE ||
        kept->curve.len != KEY_SIZE || kept->enrolled > book->head ||
        strlen(from->gateway) > ID_MAX || !silences_are_sound(book, kept) ||
        !times_are_sound(&kept->changed_ms, 1))
        return false;
    principal = apply_add_principal(book, from->id);
    apply_fill_principal(principal, from);
    memcpy(principal->curve, kept->curve.data, KEY_SIZE);
    principal->revoked = kept->revoked;
    principal->enrolled = kept->enrolled;
    principal->changed_ms = kept->changed_ms;
    take_silences(principal, kept);
    take_curve(book, principal);
    roll_enlist(book, principal);
    return true;
}
