#include "tocsin/enrol_rescue.h"

#include <unistd.h>

#include "common/say.h"

enum outcome rescue_begin(struct session *session,
                          const struct tocsin_enrolment *enrolment,
                          const char *authority)
{
    if (enrolment->role != TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR) {
        complain("--rescue: enrols an administrator, who then enrols others");
        return OUTCOME_USAGE;
    }
    if (session->home == NULL || session->key != NULL) {
        complain("--rescue: needs --home HOME, the broker's home on this "
                 "machine, and no --key");
        return OUTCOME_USAGE;
    }
    if (authority == NULL) {
        authority = session_home_file(session, "keys/authority.key");
        if (access(authority, F_OK) != 0) {
            complain("%s: is not there; where it was moved to say with "
                     "--authority FILE",
                     authority);
            return OUTCOME_LOCAL;
        }
    }
    session->rescue = authority;
    return OUTCOME_DONE;
}

void rescue_warn(const struct tocsin_enrolment *enrolment)
{
    complain("WARNING: no administrator has enrolled %s, but who has the home "
             "and the authority's key; it is recorded so, and everyone in %s "
             "who follows is told",
             enrolment->id, enrolment->division);
    complain("revoke the one whose key was lost: tocsin revoke ID --reason "
             "... --key %s",
             enrolment->bundle_path);
}
