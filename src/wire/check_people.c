/* The limits of who is enrolled, and of handhelds that are invited. */
#include "wire/check.h"

#include <string.h>

#include "wire/bundle.h"
#include "wire/topic.h"

bool principal_id_valid(const char *id)
{
    size_t size = strlen(id);

    return size >= 1 && size <= ID_MAX && id[0] != '.' && id[0] != '_' &&
           id[0] != '-' &&
           strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                      "0123456789._-") == size;
}

static bool check_kind(const Tocsin__V1__Principal *principal,
                       struct complaint *complaint)
{
    bool checkpoint = principal->role == TOCSIN__V1__ROLE__ROLE_CHECKPOINT;

    if (!checkpoint)
        return principal->kind ==
                   TOCSIN__V1__NODE_KIND__NODE_KIND_UNSPECIFIED ||
               complain(complaint, "kind", "is only for checkpoints");
    if (principal->kind < TOCSIN__V1__NODE_KIND__NODE_KIND_RAILWAY_STATION ||
        principal->kind > TOCSIN__V1__NODE_KIND__NODE_KIND_OTHER)
        return complain(complaint, "kind", "is missing or unknown");
    return check_point(principal->point, "point", complaint);
}

/* "host:port", also "[2001:db8::1]:8443". */
static bool address_valid(const char *address)
{
    const char *colon = strrchr(address, ':');

    if (strlen(address) > ADDRESS_MAX || colon == NULL || colon == address ||
        strspn(address, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                        "0123456789.-:[]") != strlen(address))
        return false;
    return colon[1] != '\0' && strlen(colon + 1) <= 5 &&
           strspn(colon + 1, "0123456789") == strlen(colon + 1);
}

static bool check_reachable(const Tocsin__V1__Principal *principal,
                            struct complaint *complaint)
{
    bool gateway = principal->role == TOCSIN__V1__ROLE__ROLE_GATEWAY;
    bool device = principal->role == TOCSIN__V1__ROLE__ROLE_DEVICE;
    bool has_address = principal->address[0] != '\0';

    if (!gateway && (has_address || principal->tls_fingerprint.len > 0))
        return complain(complaint, "address", "is only for gateways");
    if (has_address && !address_valid(principal->address))
        return complain(complaint, "address", "must be HOST:PORT");
    if (principal->tls_fingerprint.len != (has_address ? 32U : 0U))
        return complain(complaint, "tls_fingerprint",
                        "must be 32 bytes, with an address only");
    if (device != (principal->gateway[0] != '\0'))
        return complain(complaint, "gateway", "is for devices, and required");
    return true;
}

bool check_invite(const Tocsin__V1__Invite *invite, struct complaint *complaint)
{
    if (!principal_id_valid(invite->device))
        return complain(complaint, "device",
                        "must be 1 to 40 letters, digits, . _ -");
    if (invite->name[0] == '\0' || strlen(invite->name) > NAME_MAX_BYTES)
        return complain(complaint, "name", "must have 1 to 200 bytes");
    if (invite->secret_key.len != KEY_SIZE)
        return complain(complaint, "secret_key", "is not 32 bytes");
    return check_text(invite->name_en, 0, NAME_MAX_BYTES, "name_en", complaint);
}

static bool check_officer(const Tocsin__V1__Principal *principal,
                          struct complaint *complaint)
{
    const Tocsin__V1__Officer *officer = principal->officer;

    if (principal->role != TOCSIN__V1__ROLE__ROLE_OFFICER)
        return officer == NULL ||
               complain(complaint, "officer", "is only for officers");
    if (officer == NULL)
        return complain(complaint, "officer", "is missing");
    if (officer->rank < TOCSIN__V1__RANK__RANK_STATION ||
        officer->rank > TOCSIN__V1__RANK__RANK_MINISTRY)
        return complain(complaint, "officer.rank", "is missing or unknown");
    if (officer->unit[0] == '\0' || strlen(officer->unit) > NAME_MAX_BYTES)
        return complain(complaint, "officer.unit", "must have 1 to 200 bytes");
    return true;
}

static bool role_is_known(Tocsin__V1__Role role)
{
    return role >= TOCSIN__V1__ROLE__ROLE_CENTRE &&
           role <= TOCSIN__V1__ROLE__ROLE_LIAISON;
}

bool check_principal(const Tocsin__V1__Principal *principal,
                     struct complaint *complaint)
{
    if (!principal_id_valid(principal->id))
        return complain(complaint, "id",
                        "must be 1 to 40 letters, digits, . _ -");
    if (!role_is_known(principal->role))
        return complain(complaint, "role", "is missing or unknown");
    if (principal->name[0] == '\0' || strlen(principal->name) > NAME_MAX_BYTES)
        return complain(complaint, "name", "must have 1 to 200 bytes");
    if (!division_valid(principal->division))
        return complain(complaint, "division", "is not 6 digits");
    if (principal->public_key.len != KEY_SIZE)
        return complain(complaint, "public_key", "is not 32 bytes");
    if (principal->role == TOCSIN__V1__ROLE__ROLE_CENTRE &&
        principal->certificate == NULL)
        return complain(complaint, "certificate", "is missing");
    if (principal->point != NULL &&
        !check_point(principal->point, "point", complaint))
        return false;
    return check_kind(principal, complaint) &&
           check_reachable(principal, complaint) &&
           check_officer(principal, complaint) &&
           check_text(principal->name_en, 0, NAME_MAX_BYTES, "name_en",
                      complaint);
}
