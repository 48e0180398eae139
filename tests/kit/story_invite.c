/* The sentences about handhelds that are invited. */
#include "story_inside.h"

#include <stdio.h>
#include <string.h>

#include <check.h>

#include "story_words.h"
#include "wire/check.h"

/* A code has a secret of its own. */
static void code_of(struct keypair *pair, const struct sentence *sentence)
{
    uint8_t secret[SECRET_SIZE] = {0};

    secret[0] = (uint8_t)number_after(sentence, "code", 1);
    memcpy(secret + 1, sentence->words[2], strlen(sentence->words[2]));
    keypair_from_secret(pair, secret);
}

static void invite(struct story *story, const struct sentence *sentence,
                   struct actor *by)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Invite body = TOCSIN__V1__INVITE__INIT;
    struct keypair code;

    code_of(&code, sentence);
    body.device = sentence->words[2];
    body.gateway = (char *)(uintptr_t)after(sentence, "to");
    body.name = (char *)(uintptr_t) "a handheld";
    body.secret_key = (ProtobufCBinaryData){KEY_SIZE, code.public_key};
    body.expires_ms =
        story->now_ms + (int64_t)(number_after(sentence, "for", 3600) * 1000);
    body.rekey = says(sentence, "anew");
    request.body_case = TOCSIN__V1__REQUEST__BODY_INVITE;
    request.invite = &body;
    story_send(story, by, &request);
}

static struct actor *handheld(struct story *story,
                              const struct sentence *sentence)
{
    const char *id = sentence->words[2];

    for (size_t i = 0; i < story->cast_count; i++) {
        if (strcmp(story->cast[i].bundle.id, id) != 0)
            continue;
        if (says(sentence, "anew"))
            keypair_make(&story->cast[i].bundle.key);
        return &story->cast[i];
    }
    return story_cast(story, id, TOCSIN__V1__ROLE__ROLE_DEVICE, "440305");
}

/* Brought by the gateway that it was given to. */
static void claim(struct story *story, const struct sentence *sentence,
                  struct actor *by)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Claim body = TOCSIN__V1__CLAIM__INIT;
    Tocsin__V1__SignedClaim sealed = TOCSIN__V1__SIGNED_CLAIM__INIT;
    Tocsin__V1__DeviceClaim content = TOCSIN__V1__DEVICE_CLAIM__INIT;
    struct actor *device = handheld(story, sentence);
    uint8_t packed[CLAIM_CONTENT_MAX];
    uint8_t by_secret[SIGNATURE_SIZE];
    uint8_t by_device[SIGNATURE_SIZE];
    struct keypair code;

    code_of(&code, sentence);
    content.device = device->bundle.id;
    content.public_key =
        (ProtobufCBinaryData){KEY_SIZE, device->bundle.key.public_key};
    sealed.content.data = packed;
    sealed.content.len = tocsin__v1__device_claim__pack(&content, packed);
    sign(by_secret, CONTEXT_CLAIM, packed, sealed.content.len, &code);
    sign(by_device, CONTEXT_DEVICE, packed, sealed.content.len,
         &device->bundle.key);
    sealed.by_secret = (ProtobufCBinaryData){SIGNATURE_SIZE, by_secret};
    sealed.by_device = (ProtobufCBinaryData){SIGNATURE_SIZE, by_device};
    body.claim = &sealed;
    request.body_case = TOCSIN__V1__REQUEST__BODY_CLAIM;
    request.claim = &body;
    story_send(story, by, &request);
}

bool story_tell_invite(struct story *story, const struct sentence *sentence,
                       struct actor *actor)
{
    if (strcmp(sentence->words[1], "invites") == 0)
        invite(story, sentence, actor);
    else if (strcmp(sentence->words[1], "claims") == 0)
        claim(story, sentence, actor);
    else
        return false;
    return true;
}
