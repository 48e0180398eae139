/* status and spool: how a gateway stands, read beside the running one. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "gatewayd/daemon.h"
#include "sqlite/aside.h"

static const char *state_word(Tocsin__V1__FateState state)
{
    switch (state) {
    case TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING:
        return "waiting";
    case TOCSIN__V1__FATE_STATE__FATE_STATE_RECORDED:
        return "recorded";
    case TOCSIN__V1__FATE_STATE__FATE_STATE_REFUSED:
        return "refused";
    case TOCSIN__V1__FATE_STATE__FATE_STATE_REVOKED:
        return "revoked";
    case TOCSIN__V1__FATE_STATE__FATE_STATE_UNSPECIFIED:
    case _TOCSIN__V1__FATE_STATE_IS_INT_SIZE:
        break;
    }
    return "unknown";
}

static const char *picture_word(Tocsin__V1__PictureState state)
{
    switch (state) {
    case TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_UNSPECIFIED:
        return "none";
    case TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_EXPECTED:
        return "expected";
    case TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_WAITING:
        return "waiting";
    case TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_RECORDED:
        return "recorded";
    case TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_REFUSED:
        return "refused";
    case TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_REVOKED:
        return "revoked";
    case _TOCSIN__V1__PICTURE_STATE_IS_INT_SIZE:
        break;
    }
    return "unknown";
}

static const char *rung_word(Tocsin__V1__Rung rung)
{
    switch (rung) {
    case TOCSIN__V1__RUNG__RUNG_READ:
        return "read";
    case TOCSIN__V1__RUNG__RUNG_NEGATIVE:
        return "negative";
    case TOCSIN__V1__RUNG__RUNG_SIGHTING:
        return "sighting";
    case TOCSIN__V1__RUNG__RUNG_INTERCEPTED:
        return "intercepted";
    default:
        return "unknown";
    }
}

static const char *what_word(const struct fate *fate)
{
    return fate->kind == FATE_FOUND ? "found" : rung_word(fate->rung);
}

static enum status open_spool(const struct place *place, struct spool **out,
                              struct diag *why)
{
    char path[PATH_ROOM];

    *out = NULL;
    if (snprintf(path, sizeof path, "%s/spool.db", place->store) >= PATH_ROOM)
        return diag_set(why, STATUS_USAGE, "%s: the path is too long",
                        place->store);
    return spool_look(out, path, why);
}

static int complain_of(const struct diag *why)
{
    fprintf(stderr, "tocsin-gateway: %s\n", why->text);
    return why->status == STATUS_USAGE ? EXIT_USAGE : EXIT_LOCAL;
}

/* ---- spool -----------------------------------------------------------------
 */

static bool print_json(void *to, const struct fate *fate)
{
    char id[33];

    (void)to;
    printf("{\"row\":%" PRId64
           ",\"device\":\"%s\",\"answerId\":\"%s\",\"%s\":\"%s\","
           "\"revision\":%u,\"rung\":\"%s\",\"state\":\"%s\",\"takenMs\":"
           "%" PRId64 ",\"settledMs\":%" PRId64 ",\"sequence\":%" PRIu64
           ",\"status\":%d,\"field\":\"%s\",\"picture\":\"%s\"}\n",
           fate->row, fate->device, hex_encode(id, fate->answer_id, 16),
           fate->kind == FATE_FOUND ? "foundId" : "alertId", fate->alert_id,
           fate->revision, what_word(fate), state_word(fate->state),
           fate->taken_ms, fate->settled_ms, fate->sequence, (int)fate->status,
           fate->field, picture_word(fate->picture.state));
    return true;
}

static bool print_line(void *to, const struct fate *fate)
{
    char taken[CLOCK_TEXT_MAX];

    (void)to;
    printf("%-9s %-20s %-11s %s  %s", state_word(fate->state), fate->device,
           what_word(fate), fate->alert_id, clock_text(fate->taken_ms, taken));
    if (fate->sequence > 0)
        printf("  #%" PRIu64, fate->sequence);
    if (fate->reason[0] != '\0')
        printf("  %s: %s", fate->field, fate->reason);
    if (fate->picture.size > 0)
        printf("  picture %s, %u bytes", picture_word(fate->picture.state),
               fate->picture.size);
    printf("\n");
    return true;
}

int command_spool(const struct place *place, bool json)
{
    struct spool *spool;
    struct diag why = {0};
    enum status status = open_spool(place, &spool, &why);

    if (status == STATUS_OK)
        status = spool_each(spool, json ? print_json : print_line, NULL, &why);
    spool_close(spool);
    return status == STATUS_OK ? EXIT_DONE : complain_of(&why);
}

/* ---- status ----------------------------------------------------------------
 */

struct stand {
    char aside[ASIDE_NAME_MAX]; /* a damaged file; "": none */
    struct tocsin_standing centre;
    struct spool_counts spool;
};

static enum status read_stand(const struct place *place, struct stand *out,
                              struct diag *why)
{
    struct tocsin_bundle *bundle = NULL;
    struct tocsin_store *store = NULL;
    struct spool *spool = NULL;
    struct tocsin_diag told = {0};
    enum status status = open_spool(place, &spool, why);

    if (status == STATUS_OK)
        status = spool_count(spool, &out->spool, why);
    spool_close(spool);
    if (status != STATUS_OK)
        return status;
    if (tocsin_bundle_load(&bundle, place->bundle, place->own_key, &told) !=
            TOCSIN_OK ||
        tocsin_store_open(&store, place->store, bundle, &told) != TOCSIN_OK ||
        tocsin_store_standing(store, &out->centre, &told) != TOCSIN_OK)
        status = diag_set(why, STATUS_SYSTEM, "%s", told.text);
    tocsin_store_close(store);
    tocsin_bundle_free(bundle);
    (void)sqlite_lies_aside(place->store, out->aside);
    return status;
}

static const char *word(bool yes)
{
    return yes ? "yes" : "no";
}

static void print_stand(const struct stand *stand)
{
    const struct tocsin_standing *centre = &stand->centre;
    char text[CLOCK_TEXT_MAX];

    printf("running    %s\n", centre->other_version
                                  ? "yes, but of another version than this "
                                    "program: start it anew"
                                  : word(centre->running));
    printf("connected  %s\n",
           centre->other_version ? "not known" : word(centre->connected));
    if (centre->revoked)
        printf("admitted   no: its key is revoked or replaced; what waits is "
               "kept\n");
    printf("picture    %s%s\n",
           centre->complete ? "same as the centre's, " : "last known whole ",
           centre->picture_ms == 0 ? "never"
                                   : clock_text(centre->picture_ms, text));
    if (centre->disk_full)
        printf("disk       FULL: handhelds are served from memory, of which "
               "nothing is kept; make room, it goes on by itself\n");
    if (stand->aside[0] != '\0')
        printf("damaged    %s lies aside: it has children's data, and no "
               "sealed case is called purged while it does\n",
               stand->aside);
    printf("alerts     %u%s\n", centre->live,
           centre->disk_full ? " on the disk" : "");
    printf("waiting    %" PRIu64, stand->spool.waiting);
    if (stand->spool.waiting > 0)
        printf(", the oldest since %s",
               clock_text(stand->spool.oldest_ms, text));
    printf("\nrecorded   %" PRIu64 "\nrefused    %" PRIu64
           "\nrevoked    %" PRIu64 "\npictures   %" PRIu64 " waiting, %" PRIu64
           " bytes\n",
           stand->spool.recorded, stand->spool.refused, stand->spool.revoked,
           stand->spool.pictures, stand->spool.picture_bytes);
}

static const char *flag(bool yes)
{
    return yes ? "true" : "false";
}

int command_status(const struct place *place, bool json)
{
    struct stand stand = {0};
    struct diag why = {0};

    if (read_stand(place, &stand, &why) != STATUS_OK)
        return complain_of(&why);
    if (!json) {
        print_stand(&stand);
        return EXIT_DONE;
    }
    printf("{\"running\":%s,\"otherVersion\":%s,\"connected\":%s,\"complete\":%"
           "s,\"revoked\":%s,"
           "\"diskFull\":%s,\"damaged\":\"%s\",\"pictureMs\":%" PRId64
           ",\"alerts\":%u,\"waiting\":%" PRIu64 ",\"oldestMs\":%" PRId64
           ",\"recorded\":%" PRIu64 ",\"refused\":%" PRIu64
           ",\"revokedAnswers\":%" PRIu64 ",\"pictures\":%" PRIu64
           ",\"pictureBytes\":%" PRIu64 "}\n",
           flag(stand.centre.running), flag(stand.centre.other_version),
           flag(stand.centre.connected), flag(stand.centre.complete),
           flag(stand.centre.revoked), flag(stand.centre.disk_full),
           stand.aside, stand.centre.picture_ms, stand.centre.live,
           stand.spool.waiting, stand.spool.oldest_ms, stand.spool.recorded,
           stand.spool.refused, stand.spool.revoked, stand.spool.pictures,
           stand.spool.picture_bytes);
    return EXIT_DONE;
}
