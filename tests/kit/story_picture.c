/* Stories: the pictures of sightings, and those of alerts. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "story_words.h"
#include "wire/keys.h"

#define PIECE 600

void story_picture(uint8_t out[PICTURE_BYTES], int n)
{
    static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xe0};

    memset(out, n, PICTURE_BYTES);
    memcpy(out, jpeg, sizeof jpeg);
}

void story_describe(Tocsin__V1__Picture *picture, uint8_t *hash, int n)
{
    uint8_t bytes[PICTURE_BYTES];

    story_picture(bytes, n);
    hash_bytes(hash, bytes, sizeof bytes);
    tocsin__v1__picture__init(picture);
    picture->hash = (ProtobufCBinaryData){32, hash};
    picture->media_type = (char *)(uintptr_t) "image/jpeg";
    picture->size = PICTURE_BYTES;
}

#define SHOWN_MAX 9

void story_show(const struct sentence *sentence, ProtobufCBinaryData *thumbnail)
{
    static uint8_t bytes[] = {0xff, 0xd8, 0xff, 0, 0, 0};

    if (after(sentence, "showing") == NULL)
        return;
    bytes[3] = (uint8_t)atoi(after(sentence, "showing"));
    *thumbnail = (ProtobufCBinaryData){sizeof bytes, bytes};
}

void story_write_thumbnail(struct story *story,
                           const Tocsin__V1__Thumbnail *thumbnail)
{
    Tocsin__V1__Picture picture;
    uint8_t hash[32];
    int n = 1;

    ck_assert_uint_eq(thumbnail->hash.len, sizeof hash);
    for (; n <= SHOWN_MAX; n++) {
        story_describe(&picture, hash, n);
        if (memcmp(hash, thumbnail->hash.data, sizeof hash) == 0)
            break;
    }
    story_write(story, "%s shows %u of %s %d",
                story_alert_name(story, thumbnail->alert_id),
                thumbnail->image.data[3],
                n <= SHOWN_MAX ? "picture" : "no picture", n % (SHOWN_MAX + 1));
}

static void bring_piece(struct story *story, struct actor *actor,
                        Tocsin__V1__PutPicture *put, const uint8_t *bytes)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    size_t left = PICTURE_BYTES - put->offset;

    put->data.data = (uint8_t *)(uintptr_t)bytes + put->offset;
    put->data.len = left < PIECE ? left : PIECE;
    request.body_case = TOCSIN__V1__REQUEST__BODY_PUT_PICTURE;
    request.put_picture = put;
    story_send(story, actor, &request);
}

static void bring(struct story *story, const struct sentence *sentence,
                  struct actor *actor)
{
    Tocsin__V1__PutPicture put = TOCSIN__V1__PUT_PICTURE__INIT;
    Tocsin__V1__Picture picture;
    int n = atoi(after(sentence, "picture"));
    uint8_t bytes[PICTURE_BYTES];
    uint8_t hash[32];

    story_picture(bytes, n);
    story_describe(&picture, hash, n);
    if (says(sentence, "damaged"))
        bytes[PICTURE_BYTES - 1] ^= 1;
    story_name_alert(story, alert_number(sentence));
    put.alert_id = story->alert_ids[alert_number(sentence)];
    put.picture = &picture;
    bring_piece(story, actor, &put, bytes);
    put.offset = PIECE;
    if (!says(sentence, "half"))
        bring_piece(story, actor, &put, bytes);
}

static void fetch(struct story *story, const struct sentence *sentence,
                  struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__GetPicture get = TOCSIN__V1__GET_PICTURE__INIT;
    Tocsin__V1__Picture picture;
    uint8_t hash[32];

    story_describe(&picture, hash, atoi(after(sentence, "picture")));
    get.hash = picture.hash;
    get.alert_id = story->alert_ids[alert_number(sentence)];
    if (says(sentence, "from"))
        get.offset = (uint32_t)atoi(after(sentence, "from"));
    request.body_case = TOCSIN__V1__REQUEST__BODY_GET_PICTURE;
    request.get_picture = &get;
    story_send(story, actor, &request);
}

static void list(struct story *story, const struct sentence *sentence,
                 struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListSightings ask = TOCSIN__V1__LIST_SIGHTINGS__INIT;

    ask.alert = story->alert_ids[alert_number(sentence)];
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_SIGHTINGS;
    request.list_sightings = &ask;
    story_send(story, actor, &request);
}

static void list_looks(struct story *story, const struct sentence *sentence,
                       struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListLooks ask = TOCSIN__V1__LIST_LOOKS__INIT;

    ask.alert = story->alert_ids[alert_number(sentence)];
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_LOOKS;
    request.list_looks = &ask;
    story_send(story, actor, &request);
}

static void view(struct story *story, const struct sentence *sentence,
                 struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__NoteLook note = TOCSIN__V1__NOTE_LOOK__INIT;
    const char *through = after(sentence, "through");

    if (through != NULL)
        note.device = actor->bundle.id;
    note.alert_id = story->alert_ids[alert_number(sentence)];
    note.at_ms = story->now_ms;
    request.body_case = TOCSIN__V1__REQUEST__BODY_NOTE_LOOK;
    request.note_look = &note;
    story_send(story, through != NULL ? story_actor(story, through) : actor,
               &request);
}

bool story_tell_picture(struct story *story, const struct sentence *sentence,
                        struct actor *actor)
{
    const char *verb = sentence->words[1];

    if (strcmp(verb, "brings") == 0)
        bring(story, sentence, actor);
    else if (strcmp(verb, "fetches") == 0)
        fetch(story, sentence, actor);
    else if (strcmp(verb, "views") == 0)
        view(story, sentence, actor);
    else if (strcmp(verb, "lists") == 0 && says(sentence, "sightings"))
        list(story, sentence, actor);
    else if (strcmp(verb, "lists") == 0 && says(sentence, "looks"))
        list_looks(story, sentence, actor);
    else
        return false;
    return true;
}
