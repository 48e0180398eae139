/* The bundles that the gateway had before its key was replaced. */
#include <string.h>

#include "gatewayd/daemon.h"

static bool add_former(struct formers *formers, const char *id,
                       const struct tocsin_bundle *bundle)
{
    bool own = strcmp(bundle->inner.id, id) == 0 && bundle->inner.has_seed;

    if (own)
        memcpy(formers->secrets[formers->count++], bundle->inner.key.seed,
               KEY_SIZE);
    return own;
}

static enum status load_named(const struct place *place, const char *id,
                              struct formers *formers, struct diag *why)
{
    struct tocsin_bundle *bundle = NULL;
    struct tocsin_diag told = {0};
    enum status status = STATUS_OK;

    if (tocsin_bundle_load(&bundle, place->former_bundle, place->former_key,
                           &told) != TOCSIN_OK)
        return diag_set(why, STATUS_USAGE, "%s", told.text);
    if (!add_former(formers, id, bundle))
        status = diag_set(why, STATUS_USAGE,
                          "%s: is not a bundle of %s with its key",
                          place->former_bundle, id);
    tocsin_bundle_free(bundle);
    return status;
}

/* Those that nobody named are of use when they are there and its own. */
enum status formers_load(const struct place *place, const char *id,
                         struct formers *formers, struct diag *why)
{
    if (place->former_bundle != NULL)
        return load_named(place, id, formers, why);
    if (place->former_key != NULL)
        return diag_set(why, STATUS_USAGE,
                        "--former-key: of which bundle? give --former-bundle");
    for (int i = 1; i <= TOCSIN_FORMERS_MAX; i++) {
        struct tocsin_bundle *bundle = NULL;

        if (tocsin_bundle_load_former(&bundle, place->bundle, i, NULL) ==
            TOCSIN_OK)
            (void)add_former(formers, id, bundle);
        tocsin_bundle_free(bundle);
    }
    return STATUS_OK;
}
