#include "faces.h"

#include <string.h>

#include "checks.h"
#include "wire/check.h"
#include "world.h"

#define MARK                                                                   \
    "\xff\xd8\xff"                                                             \
    "face" /* a JPEG as far as anybody looks */
#define HEAD (sizeof MARK - 1 + ULID_SIZE + 32 + sizeof(uint32_t))

static const uint8_t no_picture[32];

static const uint8_t *hash_of(const struct paper *paper)
{
    return paper->picture != NULL ? paper->picture->hash : no_picture;
}

/* Most are small, as most messages here; some fill what there is. */
static size_t size_of(const uint8_t hash[32], uint32_t number)
{
    return hash[0] < 8 ? THUMBNAIL_MAX : HEAD + (hash[1] + number) % 200;
}

uint32_t face_number(uint32_t revision, bool twin)
{
    return revision * 2 + twin;
}

static size_t make(uint8_t *out, const struct paper *paper, uint32_t number)
{
    const uint8_t *hash = hash_of(paper);
    size_t size = size_of(hash, number);
    size_t at = sizeof MARK - 1;

    memcpy(out, MARK, at);
    memcpy(out + at, paper->alert_id, ULID_SIZE);
    at += ULID_SIZE;
    memcpy(out + at, hash, 32);
    at += 32;
    memcpy(out + at, &number, sizeof number);
    for (at += sizeof number; at < size; at++)
        out[at] = hash[at % 32] ^ (uint8_t)at;
    return size;
}

void face_give(ProtobufCBinaryData *out, const struct paper *paper,
               uint32_t number)
{
    out->data = must_calloc(1, THUMBNAIL_MAX);
    out->len = make(out->data, paper, number);
}

uint32_t face_read(struct blob image, const struct paper *paper)
{
    uint8_t expected[THUMBNAIL_MAX];
    uint32_t number;

    if (image.size < HEAD)
        return 0;
    memcpy(&number, image.data + HEAD - sizeof number, sizeof number);
    return make(expected, paper, number) == image.size &&
                   memcmp(expected, image.data, image.size) == 0
               ? number
               : 0;
}

/* ---- what is recorded ---------------------------------------------------- */

/* Sealed on the disk with the key of its case. */
static uint32_t face_in(struct model *model,
                        const Tocsin__V1__AlertIssued *issued,
                        const struct paper *paper)
{
    struct vault *vault = model->world->host.vault;
    uint8_t plain[THUMBNAIL_MAX];
    size_t size = issued->thumbnail.len;
    uint32_t number;

    if (size == 0 || vault_is_destroyed(vault, issued->key_id.data))
        return 0;
    if (size < VAULT_OVERHEAD || size - VAULT_OVERHEAD > sizeof plain ||
        !vault_open(vault, issued->key_id.data, issued->thumbnail.data, size,
                    plain))
        broken(model->world, "a thumbnail is sealed with the key of its case",
               "%s r%u", issued->alert_id, issued->revision);
    number = face_read((struct blob){plain, size - VAULT_OVERHEAD}, paper);
    if (number == 0)
        broken(model->world, "a thumbnail is recorded with its photograph",
               "%s r%u", issued->alert_id, issued->revision);
    return number;
}

/* Until another one is shown. */
static uint32_t face_kept(const struct model *model, const struct paper *paper)
{
    const struct model_alert *alert = model_alert(model, paper->alert_id);
    const struct paper *before =
        alert != NULL ? alert->history[alert->revision - 1].paper : NULL;

    return before != NULL && before->picture != NULL &&
                   paper->picture != NULL &&
                   memcmp(before->picture->hash, paper->picture->hash, 32) == 0
               ? alert->face
               : 0;
}

/* Of two requests with one id either is recorded. */
static bool is_given(const struct model *model, const Tocsin__V1__Fact *fact,
                     const struct paper *paper, uint32_t number)
{
    const struct errand *errand =
        fact->request_id.len == 16
            ? people_errand(model->world, fact->request_id.data)
            : NULL;
    uint32_t kept = face_kept(model, paper);

    return number == (paper->face != 0 ? paper->face : kept) ||
           (errand != NULL && errand->twin &&
            number == face_number(paper->revision, true));
}

/* Who hands back may have missed it, or have that of an older revision. */
static bool is_handed_back(const struct model *model, const struct paper *paper,
                           uint32_t number)
{
    return number == 0 ? face_kept(model, paper) == 0
                       : number < face_number(paper->revision + 1, false);
}

uint32_t face_recorded(struct model *model, const Tocsin__V1__Fact *fact,
                       const struct paper *paper)
{
    const Tocsin__V1__AlertIssued *issued = fact->alert_issued;
    uint32_t number = face_in(model, issued, paper);

    if (vault_is_destroyed(model->world->host.vault, issued->key_id.data))
        return 0;
    if (issued->withdrawal ? number != 0
                           : !(issued->handed_back_by[0] != '\0'
                                   ? is_handed_back(model, paper, number)
                                   : is_given(model, fact, paper, number)))
        broken(model->world, "a thumbnail stays with its photograph",
               "%s r%u: number %u", issued->alert_id, issued->revision, number);
    return number;
}
