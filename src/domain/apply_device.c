/* Handhelds in the book: who is invited, and how gateways are reached. */
#include <stdlib.h>
#include <string.h>

#include "domain/apply_parts.h"

void apply_reachable(struct principal *principal,
                     const Tocsin__V1__Principal *from)
{
    struct reachable *reachable = principal->reachable;

    if (reachable != NULL)
        free(reachable->address);
    free(reachable);
    principal->reachable = NULL;
    if (from->address[0] == '\0' && from->gateway[0] == '\0')
        return;
    reachable = must_calloc(1, sizeof *reachable);
    reachable->address = must_strdup(from->address);
    strncpy(reachable->gateway, from->gateway, ID_MAX);
    if (from->tls_fingerprint.len == sizeof reachable->tls_fingerprint)
        memcpy(reachable->tls_fingerprint, from->tls_fingerprint.data,
               sizeof reachable->tls_fingerprint);
    principal->reachable = reachable;
}

static void drop(struct book *book, struct invitation *invitation)
{
    size_t after =
        book->invitation_count - (size_t)(invitation - book->invitations) - 1;

    free(invitation->name);
    free(invitation->name_en);
    memmove(invitation, invitation + 1, after * sizeof *invitation);
    book->invitation_count--;
}

void apply_invitation_used(struct book *book, const char *device)
{
    struct invitation *invitation = book_invitation(book, device);

    if (invitation != NULL)
        drop(book, invitation);
}

void apply_add_invitation(struct book *book, const Tocsin__V1__Invited *invited)
{
    size_t count = book->invitation_count;
    struct invitation *invitation;

    if ((count & (count - 1)) == 0)
        book->invitations = must_realloc(book->invitations, count * 2 + 1,
                                         sizeof *book->invitations);
    invitation = &book->invitations[book->invitation_count++];
    memset(invitation, 0, sizeof *invitation);
    strncpy(invitation->device, invited->device, ID_MAX);
    strncpy(invitation->gateway, invited->gateway, ID_MAX);
    invitation->name = must_strdup(invited->name);
    invitation->name_en = must_strdup(invited->name_en);
    REQUIRE(invited->secret_key.len == KEY_SIZE);
    memcpy(invitation->secret_key, invited->secret_key.data, KEY_SIZE);
    invitation->expires_ms = invited->expires_ms;
    invitation->rekey = invited->rekey;
}

/* In one pass: thousands that were given out in one day are over in one. */
static void drop_those_over(struct book *book, int64_t now_ms)
{
    size_t kept = 0;

    for (size_t i = 0; i < book->invitation_count; i++) {
        struct invitation *invitation = &book->invitations[i];

        if (invitation->expires_ms >= now_ms) {
            book->invitations[kept++] = *invitation;
            continue;
        }
        free(invitation->name);
        free(invitation->name_en);
    }
    book->invitation_count = kept;
}

struct effect apply_invited(struct book *book, int64_t now_ms,
                            const Tocsin__V1__Invited *invited)
{
    apply_invitation_used(book, invited->device);
    drop_those_over(book, now_ms);
    if (invited->withdrawn[0] == '\0')
        apply_add_invitation(book, invited);
    /* nothing to publish; who is named keeps the note of the command */
    return (struct effect){.kind = EFFECT_NONE,
                           .principal = book_principal(book, invited->gateway)};
}
