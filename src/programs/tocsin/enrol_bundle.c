#include "tocsin/enrol_bundle.h"

#include <unistd.h>

#include <tocsin/bundle.h>

#include "common/say.h"

bool bundle_undo(const char *path, const struct new_bundle *made)
{
    struct tocsin_diag why = {0};

    if (made->swap != NULL)
        certificate_step_back(made->swap);
    if (made->former == NULL) {
        if (made->fresh)
            (void)unlink(path);
        return false;
    }
    if (tocsin_enrol_undo(path, made->former, &why) == TOCSIN_OK)
        return true;
    complain("%s", why.text);
    complain("the old key is still good: move %s back to %s", made->former,
             path);
    return false;
}

void bundle_in_doubt(const char *path, const struct new_bundle *made)
{
    if (made->swap != NULL && made->swap->aside)
        complain("%s is a new certificate, too: the one before, and its key, "
                 "are %s and %s",
                 made->swap->paths.certificate, made->swap->former.certificate,
                 made->swap->former.key);
    if (made->former == NULL)
        return;
    complain("nobody knows yet which key is good: the new one is in %s, the "
             "old one in %s",
             path, made->former);
    complain("once the broker answers, enrol it again with --rekey; or try "
             "both, and if the old key is the good one move %s back to %s",
             made->former, path);
}
