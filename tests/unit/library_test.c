/* libtocsin as a vendor sees it: keys, bundles, enrolment, signed documents. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include <tocsin/centre.h>
#include <tocsin/client.h>
#include <tocsin/found.h>
#include <tocsin/laboratory.h>
#include <tocsin/json.h>

#define KEY_TEXT 65

/* ---- a broker that is only its keys ---- */

static void read_field(const char *path, const char *field, char out[KEY_TEXT])
{
    char text[4000] = "";
    char wanted[60];
    const char *at;
    FILE *file = fopen(path, "r");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    fclose(file);
    snprintf(wanted, sizeof wanted, "\"%s\": \"", field);
    at = strstr(text, wanted);
    ck_assert_msg(at != NULL, "%s: no %s", path, field);
    memcpy(out, at + strlen(wanted), KEY_TEXT - 1);
    out[KEY_TEXT - 1] = '\0';
}

static void forget(const char *path)
{
    char other[100];

    (void)unlink(path);
    snprintf(other, sizeof other, "%s.pub", path);
    (void)unlink(other);
    snprintf(other, sizeof other, "%s.old", path);
    (void)unlink(other);
    snprintf(other, sizeof other, "%s.old.2", path);
    (void)unlink(other);
}

static void make_key(const char *path, bool with_exercise)
{
    struct tocsin_diag why = {0};

    forget(path);
    ck_assert_msg(tocsin_keygen(path, with_exercise, &why) == TOCSIN_OK, "%s",
                  why.text);
}

static struct tocsin_bundle *load(const char *path)
{
    struct tocsin_bundle *bundle;
    struct tocsin_diag why = {0};

    ck_assert_msg(tocsin_bundle_load(&bundle, path, NULL, &why) == TOCSIN_OK,
                  "%s", why.text);
    return bundle;
}

static struct tocsin_bundle *admin;

static void begin(void)
{
    char authority[KEY_TEXT];
    char seed[KEY_TEXT];
    FILE *file;

    make_key("authority.key", false);
    make_key("admin.key", false);
    read_field("authority.key", "public_key", authority);
    read_field("admin.key", "seed", seed);
    (void)unlink("admin.json");
    file = fopen("admin.json", "w");
    fprintf(file,
            "{\"tocsin\": 1, \"id\": \"administrator\", \"role\": "
            "\"ROLE_ADMINISTRATOR\", \"division\": \"000000\", \"seed\": "
            "\"%s\", \"authority\": \"%s\", \"broker\": {\"key\": \"%s\", "
            "\"command\": \"tcp://127.0.0.1:1\", \"feed\": "
            "\"tcp://127.0.0.1:2\", \"field\": \"tcp://127.0.0.1:3\"}}\n",
            seed, authority, authority);
    fclose(file);
    ck_assert_int_eq(chmod("admin.json", 0600), 0);
    admin = load("admin.json");
}

static void end(void)
{
    tocsin_bundle_free(admin);
    forget("authority.key");
    forget("admin.key");
    forget("one.json");
    forget("own.key");
    (void)unlink("admin.json");
}

/* ---- asking ---- */

static struct tocsin_client *open_client(void)
{
    struct tocsin_client *client;
    struct tocsin_diag why = {0};

    ck_assert_msg(tocsin_client_open(&client, admin, &why) == TOCSIN_OK, "%s",
                  why.text);
    return client;
}

static void ask_in_vain(struct tocsin_client *client,
                        Tocsin__V1__Request *request)
{
    static Tocsin__V1__ListAlerts list = TOCSIN__V1__LIST_ALERTS__INIT;
    const Tocsin__V1__Reply *reply;

    request->body_case = TOCSIN__V1__REQUEST__BODY_LIST_ALERTS;
    request->list_alerts = &list;
    ck_assert_int_eq(tocsin_client_call(client, request, &reply, 20, NULL),
                     TOCSIN_UNREACHABLE);
    ck_assert_uint_eq(request->request_id.len, 16);
}

START_TEST(what_was_not_answered_stays_the_same_request_whatever_is_asked_next)
{
    Tocsin__V1__Request report = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Request other = TOCSIN__V1__REQUEST__INIT;
    struct tocsin_client *client = open_client();
    uint8_t id[16];

    ask_in_vain(client, &report);
    memcpy(id, report.request_id.data, sizeof id);
    ask_in_vain(client, &other);
    ck_assert_mem_eq(report.request_id.data, id, sizeof id);
    ck_assert_mem_ne(other.request_id.data, id, sizeof id);
    tocsin_client_close(client);
    client = open_client();
    ask_in_vain(client, &report);
    ck_assert_mem_eq(report.request_id.data, id, sizeof id);
    tocsin_client_close(client);
}
END_TEST

struct asking_within {
    struct tocsin_client *client;
    enum tocsin_status told[3];
    size_t asked;
};

/* Asks the pipeline's own client before each question, all but the last. */
static int ask_within(void *arg, uint8_t **request, size_t *size)
{
    struct asking_within *asking = arg;
    Tocsin__V1__Request question = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListAlerts list = TOCSIN__V1__LIST_ALERTS__INIT;
    const Tocsin__V1__Reply *reply;
    uint8_t id[16] = {(uint8_t)asking->asked};

    question.body_case = TOCSIN__V1__REQUEST__BODY_LIST_ALERTS;
    question.list_alerts = &list;
    question.request_id = (ProtobufCBinaryData){sizeof id, id};
    asking->told[asking->asked] =
        tocsin_client_call(asking->client, &question, &reply, 20, NULL);
    if (asking->asked++ == 2)
        return 0;
    *size = tocsin__v1__request__get_packed_size(&question);
    *request = malloc(*size);
    tocsin__v1__request__pack(&question, *request);
    return 1;
}

static void never_answered(void *arg, size_t number,
                           const Tocsin__V1__Reply *reply)
{
    (void)arg;
    (void)reply;
    ck_abort_msg("question %zu was answered by nobody", number);
}

START_TEST(a_client_with_a_pipeline_takes_no_other_question_until_it_is_through)
{
    struct asking_within asking = {.client = open_client()};
    const struct tocsin_pipeline pipeline = {ask_within, never_answered,
                                             &asking};
    Tocsin__V1__Request later = TOCSIN__V1__REQUEST__INIT;

    ck_assert_int_eq(tocsin_client_pipeline(asking.client, &pipeline, 20, NULL),
                     TOCSIN_UNREACHABLE);
    ck_assert_uint_eq(asking.asked, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(asking.told[i], TOCSIN_USAGE);
    ask_in_vain(asking.client, &later);
    tocsin_client_close(asking.client);
}
END_TEST

/* ---- enrolment ---- */

static struct tocsin_enrolment a_centre(void)
{
    return (struct tocsin_enrolment){.id = "T-CENTRE",
                                     .role = TOCSIN__V1__ROLE__ROLE_CENTRE,
                                     .name = "Test centre",
                                     .division = "440300",
                                     .authority_path = "authority.key",
                                     .bundle_path = "one.json"};
}

static struct tocsin_enrolment a_node(void)
{
    return (struct tocsin_enrolment){.id = "T-NODE",
                                     .role = TOCSIN__V1__ROLE__ROLE_CHECKPOINT,
                                     .kind =
                                         TOCSIN__V1__NODE_KIND__NODE_KIND_PORT,
                                     .name = "Test port",
                                     .division = "440305",
                                     .has_point = true,
                                     .latitude = 22.5,
                                     .longitude = 113.9,
                                     .bundle_path = "one.json"};
}

static enum tocsin_status prepare(const struct tocsin_enrolment *enrolment,
                                  Tocsin__V1__Request **request,
                                  struct tocsin_diag *why)
{
    uint8_t *bytes;
    size_t size;
    enum tocsin_status status =
        tocsin_enrol_prepare(enrolment, admin, &bytes, &size, why);

    if (status != TOCSIN_OK)
        return status;
    *request = tocsin__v1__request__unpack(NULL, size, bytes);
    ck_assert_ptr_nonnull(*request);
    free(bytes);
    return TOCSIN_OK;
}

/* The public key that was asked to be enrolled. */
static void enrolled_key(const struct tocsin_enrolment *enrolment,
                         uint8_t key[32])
{
    Tocsin__V1__Request *request = NULL;
    struct tocsin_diag why = {0};

    ck_assert_msg(prepare(enrolment, &request, &why) == TOCSIN_OK, "%s",
                  why.text);
    ck_assert_int_eq(request->body_case, TOCSIN__V1__REQUEST__BODY_ENROL);
    ck_assert_uint_eq(request->request_id.len, 16);
    ck_assert_uint_eq(request->enrol->principal->public_key.len, 32);
    memcpy(key, request->enrol->principal->public_key.data, 32);
    tocsin__v1__request__free_unpacked(request, NULL);
}

START_TEST(who_has_the_home_enrols_administrators_and_nobody_else)
{
    struct tocsin_enrolment enrolment = a_node();
    struct tocsin_bundle *owner;
    struct tocsin_diag why = {0};
    uint8_t *bytes;
    size_t size;

    ck_assert_msg(tocsin_bundle_owner(&owner, "admin.key", "authority.key",
                                      &why) == TOCSIN_OK,
                  "%s", why.text);
    enrolment.authority_path = "authority.key";
    ck_assert_int_eq(
        tocsin_enrol_prepare(&enrolment, owner, &bytes, &size, &why),
        TOCSIN_USAGE);
    ck_assert_ptr_eq(strstr(why.text, "role: "), why.text);
    ck_assert_int_ne(access("one.json", F_OK), 0);
    enrolment =
        (struct tocsin_enrolment){.id = "T-ADMIN",
                                  .role = TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR,
                                  .name = "Test administrator",
                                  .division = "440000",
                                  .authority_path = "authority.key",
                                  .bundle_path = "one.json"};
    ck_assert_msg(tocsin_enrol_prepare(&enrolment, owner, &bytes, &size,
                                       &why) == TOCSIN_OK,
                  "%s", why.text);
    free(bytes);
    tocsin_bundle_free(owner);
}
END_TEST

START_TEST(a_bundle_is_private_and_names_its_principal)
{
    struct tocsin_enrolment node = a_node();
    struct tocsin_bundle *bundle;
    struct stat facts;
    uint8_t key[32];

    enrolled_key(&node, key);
    ck_assert_int_eq(stat("one.json", &facts), 0);
    ck_assert_int_eq(facts.st_mode & 0777, 0600);
    bundle = load("one.json");
    ck_assert_str_eq(tocsin_bundle_id(bundle), "T-NODE");
    ck_assert_str_eq(tocsin_bundle_division(bundle), "440305");
    ck_assert_int_eq(tocsin_bundle_role(bundle),
                     TOCSIN__V1__ROLE__ROLE_CHECKPOINT);
    tocsin_bundle_free(bundle);
}
END_TEST

START_TEST(an_interrupted_enrolment_goes_on_with_the_same_key)
{
    struct tocsin_enrolment node = a_node();
    uint8_t first[32];
    uint8_t second[32];

    enrolled_key(&node, first);
    enrolled_key(&node, second);
    ck_assert_mem_eq(first, second, 32);
}
END_TEST

/* Again and again: what was sealed with any of them may wait still. */
START_TEST(a_rekey_makes_a_new_key_and_keeps_the_old_bundles_aside)
{
    struct tocsin_enrolment node = a_node();
    struct tocsin_bundle *former;
    uint8_t keys[3][32];

    enrolled_key(&node, keys[0]);
    node.rekey = true;
    enrolled_key(&node, keys[1]);
    enrolled_key(&node, keys[2]);
    ck_assert_mem_ne(keys[0], keys[1], 32);
    ck_assert_mem_ne(keys[1], keys[2], 32);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(
            tocsin_bundle_load_former(&former, node.bundle_path, i + 1, NULL),
            TOCSIN_OK);
        ck_assert_str_eq(tocsin_bundle_id(former), "T-NODE");
        tocsin_bundle_free(former);
    }
    ck_assert_int_eq(
        tocsin_bundle_load_former(&former, node.bundle_path, 3, NULL),
        TOCSIN_MISSING);
}
END_TEST

START_TEST(a_new_key_that_is_refused_gives_its_place_back)
{
    struct tocsin_enrolment node = a_node();
    struct tocsin_diag why = {0};
    struct tocsin_bundle *bundle;
    char *former = NULL;
    uint8_t keys[3][32];

    node.former_path = &former;
    node.rekey = true;
    enrolled_key(&node, keys[0]);
    ck_assert_ptr_null(former); /* it is the first */
    enrolled_key(&node, keys[1]);
    ck_assert_str_eq(former, "one.json.old");
    ck_assert_int_eq(tocsin_enrol_undo(node.bundle_path, former, &why),
                     TOCSIN_OK);
    ck_assert_int_eq(tocsin_enrol_undo(node.bundle_path, former, &why),
                     TOCSIN_LOCAL);
    ck_assert_int_eq(
        tocsin_bundle_load_former(&bundle, node.bundle_path, 1, NULL),
        TOCSIN_MISSING);
    free(former);
    node.rekey = false; /* whose key is there now? */
    enrolled_key(&node, keys[2]);
    ck_assert_mem_eq(keys[0], keys[2], 32);
}
END_TEST

START_TEST(the_bundle_of_somebody_else_is_not_overwritten)
{
    struct tocsin_enrolment node = a_node();
    Tocsin__V1__Request *request;
    struct tocsin_diag why = {0};
    uint8_t key[32];

    enrolled_key(&node, key);
    node.id = "T-OTHER";
    ck_assert_int_eq(prepare(&node, &request, &why), TOCSIN_USAGE);
    ck_assert_ptr_nonnull(strstr(why.text, "another principal"));
}
END_TEST

START_TEST(a_node_that_made_its_own_key_gets_a_bundle_without_a_secret)
{
    struct tocsin_enrolment node = a_node();
    struct tocsin_bundle *bundle;
    struct tocsin_diag why = {0};
    uint8_t key[32];

    make_key("own.key", false);
    node.public_key_path = "own.key.pub";
    enrolled_key(&node, key);
    ck_assert_int_eq(tocsin_bundle_load(&bundle, "one.json", NULL, &why),
                     TOCSIN_LOCAL);
    ck_assert_int_eq(tocsin_bundle_load(&bundle, "one.json", "own.key", &why),
                     TOCSIN_OK);
    tocsin_bundle_free(bundle);
    ck_assert_int_eq(tocsin_bundle_load(&bundle, "one.json", "admin.key", &why),
                     TOCSIN_LOCAL);
}
END_TEST

START_TEST(a_bundle_with_a_private_key_is_not_written_over_by_one_without)
{
    struct tocsin_enrolment node = a_node();
    struct tocsin_bundle *bundle;
    struct tocsin_diag why = {0};
    Tocsin__V1__Request *request;
    uint8_t key[32];

    enrolled_key(&node, key);
    make_key("own.key", false);
    node.public_key_path = "own.key.pub";
    ck_assert_int_eq(prepare(&node, &request, &why), TOCSIN_USAGE);
    ck_assert_ptr_nonnull(strstr(why.text, "one.json: has a private key"));
    ck_assert_int_eq(tocsin_bundle_load(&bundle, "one.json", NULL, NULL),
                     TOCSIN_OK);
    tocsin_bundle_free(bundle);
    node.rekey = true;
    enrolled_key(&node, key);
    ck_assert_int_eq(tocsin_bundle_load(&bundle, "one.json.old", NULL, NULL),
                     TOCSIN_OK);
    tocsin_bundle_free(bundle);
}
END_TEST

/* Nor when it cannot be looked into: readable by others, or damaged. */
START_TEST(a_bundle_that_cannot_be_read_is_not_written_over_either)
{
    struct tocsin_enrolment node = a_node();
    struct tocsin_diag why = {0};
    Tocsin__V1__Request *request;
    char before[KEY_TEXT];
    char after[KEY_TEXT];
    uint8_t key[32];

    enrolled_key(&node, key);
    read_field("one.json", "seed", before);
    ck_assert_int_eq(chmod("one.json", 0640), 0);
    make_key("own.key", false);
    node.public_key_path = "own.key.pub";
    ck_assert_int_ne(prepare(&node, &request, &why), TOCSIN_OK);
    read_field("one.json", "seed", after);
    ck_assert_str_eq(before, after);
}
END_TEST

static void expect_wrong(const struct tocsin_enrolment *enrolment,
                         const char *words)
{
    Tocsin__V1__Request *request;
    struct tocsin_diag why = {0};

    ck_assert_int_eq(prepare(enrolment, &request, &why), TOCSIN_USAGE);
    ck_assert_msg(strstr(why.text, words) == why.text, "%s", why.text);
    ck_assert_int_ne(access("one.json", F_OK), 0);
}

START_TEST(a_wrong_enrolment_names_the_field_and_leaves_no_bundle)
{
    struct tocsin_enrolment wrong = a_node();

    wrong.id = "-x";
    expect_wrong(&wrong, "id:");
    wrong = a_node();
    wrong.division = "4403";
    expect_wrong(&wrong, "division:");
    wrong = a_node();
    wrong.division = "44030500";
    expect_wrong(&wrong, "division:");
    wrong = a_node();
    wrong.name = "broken \xff";
    expect_wrong(&wrong, "name:");
    wrong = a_node();
    wrong.latitude = 91;
    expect_wrong(&wrong, "point:");
    wrong = a_node();
    wrong.has_point = false;
    expect_wrong(&wrong, "point:");
    wrong = a_centre();
    wrong.authority_path = NULL;
    expect_wrong(&wrong, "authority:");
    wrong = a_centre();
    wrong.authority_path = "admin.key";
    expect_wrong(&wrong, "authority:");
}
END_TEST

START_TEST(a_key_file_is_never_overwritten)
{
    struct tocsin_diag why = {0};

    make_key("own.key", true);
    ck_assert_int_eq(tocsin_keygen("own.key", true, &why), TOCSIN_REFUSED);
}
END_TEST

START_TEST(what_is_no_bundle_is_told_so)
{
    struct tocsin_bundle *bundle;
    struct tocsin_diag why = {0};
    FILE *file = fopen("one.json", "w");

    fprintf(file, "[]\n");
    fclose(file);
    ck_assert_int_eq(chmod("one.json", 0600), 0);
    ck_assert_int_eq(tocsin_bundle_load(&bundle, "one.json", NULL, &why),
                     TOCSIN_LOCAL);
    ck_assert_str_eq(why.text, "key bundle: one.json: is no JSON object");
    ck_assert_ptr_null(bundle);
}
END_TEST

START_TEST(a_bundle_that_others_can_read_is_refused)
{
    struct tocsin_bundle *bundle;
    struct tocsin_diag why = {0};

    ck_assert_int_eq(chmod("admin.json", 0640), 0);
    ck_assert_int_eq(tocsin_bundle_load(&bundle, "admin.json", NULL, &why),
                     TOCSIN_REFUSED);
    ck_assert_ptr_null(bundle);
    ck_assert_int_eq(tocsin_bundle_load(&bundle, "none.json", NULL, &why),
                     TOCSIN_MISSING);
}
END_TEST

/* ---- signed documents ---- */

static const char alert_text[] =
    "{\"alertId\": \"01K0000000000000000000000A\", \"revision\": 1,"
    " \"sentMs\": \"%lld\", \"expiresMs\": \"%lld\","
    " \"child\": {\"sex\": \"SEX_FEMALE\","
    "             \"age\": {\"minMonths\": 72, \"maxMonths\": 83}},"
    " \"lastSeen\": {\"place\": {\"point\": {\"latitude\": 22.5,"
    "                                        \"longitude\": 114.1}},"
    "                \"timeMs\": \"%lld\"},"
    " \"target\": {\"divisions\": [\"440300\"]},"
    " \"action\": [{\"language\": \"en\", \"text\": \"Call the centre.\"}]}";

#define NOW_MS ((long long)time(NULL) * 1000)

static Tocsin__V1__Alert *an_alert(void)
{
    char text[1000];
    struct tocsin_diag why = {0};
    ProtobufCMessage *message = NULL;

    snprintf(text, sizeof text, alert_text, NOW_MS, NOW_MS + 3600000, NOW_MS);
    ck_assert_msg(tocsin_from_json(&message, &tocsin__v1__alert__descriptor,
                                   text, &why) == TOCSIN_OK,
                  "%s", why.text);
    return (Tocsin__V1__Alert *)message;
}

static struct tocsin_bundle *enrolled_centre(void)
{
    struct tocsin_enrolment centre = a_centre();
    uint8_t key[32];

    enrolled_key(&centre, key);
    return load("one.json");
}

/* Just now it opened: no byte of it may be another. */
static void tamper(Tocsin__V1__SignedAlert *sealed, uint8_t *byte)
{
    Tocsin__V1__AlertDocument *document;
    struct tocsin_diag why = {0};

    *byte ^= 1;
    ck_assert_int_eq(tocsin_document_open(&document, sealed, admin, &why),
                     TOCSIN_REFUSED);
    ck_assert_ptr_null(document);
    *byte ^= 1;
}

START_TEST(what_a_centre_signs_opens_under_its_authority)
{
    struct tocsin_bundle *centre = enrolled_centre();
    Tocsin__V1__Alert *alert = an_alert();
    Tocsin__V1__SignedAlert *sealed;
    Tocsin__V1__AlertDocument *document;
    struct tocsin_diag why = {0};

    for (int exercise = 0; exercise < 2; exercise++) {
        alert->exercise = exercise;
        ck_assert_msg(tocsin_sign_alert(&sealed, alert, centre, &why) ==
                          TOCSIN_OK,
                      "%s", why.text);
        ck_assert_msg(tocsin_document_open(&document, sealed, admin, &why) ==
                          TOCSIN_OK,
                      "%s", why.text);
        ck_assert_int_eq(document->alert->exercise, exercise);
        tocsin_document_free(document);
        tamper(sealed, &sealed->content.data[sealed->content.len - 1]);
        tamper(sealed, &sealed->signature.data[40]);
        tamper(sealed, &sealed->certificate->content.data[3]);
        tamper(sealed, &sealed->certificate->signature.data[63]);
        tocsin_signed_free(sealed);
    }
    alert->sent_ms = INT64_C(253402300799999); /* the last of year 9999 */
    alert->expires_ms = alert->sent_ms + 1;
    ck_assert_int_eq(tocsin_sign_alert(&sealed, alert, centre, &why),
                     TOCSIN_USAGE);
    ck_assert_ptr_eq(strstr(why.text, "expires_ms"), why.text);
    tocsin__v1__alert__free_unpacked(alert, NULL);
    tocsin_bundle_free(centre);
}
END_TEST

START_TEST(a_found_child_is_signed_and_opens_and_what_is_wrong_is_named)
{
    Tocsin__V1__FoundChild found = TOCSIN__V1__FOUND_CHILD__INIT;
    Tocsin__V1__Child child = TOCSIN__V1__CHILD__INIT;
    Tocsin__V1__AgeRange age = TOCSIN__V1__AGE_RANGE__INIT;
    Tocsin__V1__Place place = TOCSIN__V1__PLACE__INIT;
    Tocsin__V1__Keeper keeper = TOCSIN__V1__KEEPER__INIT;
    Tocsin__V1__Request *asked;
    Tocsin__V1__FoundChild *opened;
    struct tocsin_diag why = {0};
    uint8_t *request;
    char id[27];
    size_t size;

    tocsin_found_id(id);
    child.sex = TOCSIN__V1__SEX__SEX_UNKNOWN;
    child.age = &age;
    place.text = (char *)(uintptr_t) "platform 3";
    keeper.name = (char *)(uintptr_t) "a hospital";
    keeper.division = (char *)(uintptr_t) "440305";
    found.found_id = id;
    found.officer = (char *)(uintptr_t) "7";
    found.child = &child;
    found.place = &place;
    found.found_ms = 1790000000000;
    ck_assert_int_eq(tocsin_found_prepare(&request, &size, &found, admin, &why),
                     TOCSIN_USAGE);
    ck_assert_ptr_eq(strstr(why.text, "keeper:"), why.text);
    ck_assert_ptr_null(request);
    found.keeper = &keeper;
    ck_assert_msg(tocsin_found_prepare(&request, &size, &found, admin, &why) ==
                      TOCSIN_OK,
                  "%s", why.text);
    asked = tocsin__v1__request__unpack(NULL, size, request);
    opened = tocsin_found_open(asked->register_found->found);
    ck_assert_ptr_nonnull(opened);
    ck_assert_str_eq(opened->found_id, id);
    ck_assert_uint_eq(opened->revision, 1);
    ck_assert_str_eq(opened->keeper->name, "a hospital");
    tocsin_found_free(opened);
    tocsin__v1__request__free_unpacked(asked, NULL);
    free(request);
}
END_TEST

START_TEST(what_a_laboratory_says_is_signed_and_opens)
{
    Tocsin__V1__LabWord word = TOCSIN__V1__LAB_WORD__INIT;
    Tocsin__V1__LabReceived received = TOCSIN__V1__LAB_RECEIVED__INIT;
    Tocsin__V1__Request *asked;
    Tocsin__V1__LabWord *opened;
    struct tocsin_diag why = {0};
    uint8_t *request;
    size_t size;

    received.kit = (char *)(uintptr_t) "K-1";
    word.word_case = TOCSIN__V1__LAB_WORD__WORD_RECEIVED;
    word.received = &received;
    ck_assert_msg(tocsin_lab_prepare(&request, &size, &word, admin, &why) ==
                      TOCSIN_OK,
                  "%s", why.text);
    asked = tocsin__v1__request__unpack(NULL, size, request);
    ck_assert_ptr_nonnull(asked);
    opened = tocsin_lab_open(asked->lab_report->word);
    ck_assert_ptr_nonnull(opened);
    ck_assert_str_eq(opened->received->kit, "K-1");
    ck_assert_mem_eq(opened->report_id.data, asked->request_id.data, 16);
    tocsin_lab_free(opened);
    tocsin__v1__request__free_unpacked(asked, NULL);
    free(request);
    received.kit = (char *)(uintptr_t) "K 1";
    ck_assert_int_eq(tocsin_lab_prepare(&request, &size, &word, admin, &why),
                     TOCSIN_USAGE);
    ck_assert_ptr_eq(strstr(why.text, "received.kit:"), why.text);
    ck_assert_ptr_null(request);
}
END_TEST

/* "Xiao Ming" as a terminal of another character set writes it. */
#define NOT_UTF8 ((char *)(uintptr_t) "\xd0\xa1\xc3\xf7")

static void expect_no_text(enum tocsin_status status,
                           const struct tocsin_diag *why, const char *field)
{
    ck_assert_int_eq(status, TOCSIN_USAGE);
    ck_assert_msg(strstr(why->text, field) != NULL &&
                      strstr(why->text, "UTF-8") != NULL,
                  "%s", why->text);
}

START_TEST(no_text_is_signed_that_the_broker_would_not_read)
{
    Tocsin__V1__LabWord word = TOCSIN__V1__LAB_WORD__INIT;
    Tocsin__V1__LabReceived received = TOCSIN__V1__LAB_RECEIVED__INIT;
    Tocsin__V1__FoundOrder order = TOCSIN__V1__FOUND_ORDER__INIT;
    Tocsin__V1__CloseFound close = TOCSIN__V1__CLOSE_FOUND__INIT;
    const struct tocsin_invitation handheld = {
        .device = "P-1", .gateway = "GW-1", .name = NOT_UTF8, .expires_ms = 1};
    uint8_t secret[TOCSIN_SECRET_SIZE];
    struct tocsin_diag why = {0};
    uint8_t *request;
    size_t size;
    char id[27];

    received.kit = (char *)(uintptr_t) "K-1";
    word.word_case = TOCSIN__V1__LAB_WORD__WORD_RECEIVED;
    word.received = &received;
    word.report = NOT_UTF8;
    expect_no_text(tocsin_lab_prepare(&request, &size, &word, admin, &why),
                   &why, "report:");
    tocsin_found_id(id);
    order.found_id = id;
    order.officer = (char *)(uintptr_t) "7";
    order.step_case = TOCSIN__V1__FOUND_ORDER__STEP_CLOSE;
    order.close = &close;
    close.reason = NOT_UTF8;
    expect_no_text(
        tocsin_found_order_prepare(&request, &size, &order, admin, &why), &why,
        "reason:");
    expect_no_text(
        tocsin_invite_prepare(&handheld, secret, &request, &size, &why), &why,
        "name:");
}
END_TEST

START_TEST(an_impossible_alert_is_not_signed)
{
    struct tocsin_bundle *centre = enrolled_centre();
    Tocsin__V1__Alert *alert = an_alert();
    Tocsin__V1__SignedAlert *sealed;
    struct tocsin_diag why = {0};

    alert->child->age->min_months = 90;
    ck_assert_int_eq(tocsin_sign_alert(&sealed, alert, centre, &why),
                     TOCSIN_USAGE);
    ck_assert_ptr_eq(strstr(why.text, "child.age:"), why.text);
    alert->child->age->min_months = 72;
    alert->action[0]->text[0] = (char)0xff;
    ck_assert_int_eq(tocsin_sign_alert(&sealed, alert, centre, &why),
                     TOCSIN_USAGE);
    ck_assert_ptr_nonnull(strstr(why.text, "UTF-8"));
    ck_assert_ptr_null(sealed);
    tocsin__v1__alert__free_unpacked(alert, NULL);
    tocsin_bundle_free(centre);
}
END_TEST

static void say_more(Tocsin__V1__Alert *alert, size_t size)
{
    char *words = alert->circumstances[2]->text;

    ck_assert_uint_lt(size, 2000);
    memset(words, 'x', size);
    words[size] = '\0';
}

START_TEST(what_is_checked_and_fits_is_signed)
{
    struct tocsin_bundle *centre = enrolled_centre();
    Tocsin__V1__Alert *alert = an_alert();
    Tocsin__V1__Text texts[3];
    char words[3][2001];
    Tocsin__V1__SignedAlert *sealed;
    struct tocsin_diag why = {0};
    size_t room;

    alert->n_circumstances = 3;
    alert->circumstances = calloc(3, sizeof *alert->circumstances);
    for (int i = 0; i < 3; i++) {
        tocsin__v1__text__init(&texts[i]);
        texts[i].language = (char *)(uintptr_t) "en";
        texts[i].text = words[i];
        alert->circumstances[i] = &texts[i];
        memset(words[i], 'x', 2000);
        words[i][2000] = '\0';
    }
    say_more(alert, 200);
    room = 5000 - tocsin__v1__alert__get_packed_size(alert);
    for (size_t size = 200 + room - 5; size <= 200 + room; size++) {
        bool good;

        say_more(alert, size);
        good = tocsin_alert_check(alert, &why) == TOCSIN_OK;
        ck_assert_int_eq(good, size <= 200 + room - 3);
        ck_assert_int_eq(tocsin_sign_alert(&sealed, alert, centre, &why),
                         good ? TOCSIN_OK : TOCSIN_USAGE);
        if (good)
            ck_assert_uint_le(sealed->content.len, 5000);
        tocsin_signed_free(sealed);
    }
    free(alert->circumstances);
    alert->n_circumstances = 0;
    alert->circumstances = NULL;
    tocsin__v1__alert__free_unpacked(alert, NULL);
    tocsin_bundle_free(centre);
}
END_TEST

START_TEST(who_has_no_certificate_cannot_sign)
{
    Tocsin__V1__Alert *alert = an_alert();
    Tocsin__V1__SignedAlert *sealed;
    struct tocsin_diag why = {0};

    ck_assert_int_eq(tocsin_sign_alert(&sealed, alert, admin, &why),
                     TOCSIN_USAGE);
    ck_assert_ptr_null(sealed);
    tocsin__v1__alert__free_unpacked(alert, NULL);
}
END_TEST

START_TEST(broken_json_is_refused_with_its_place)
{
    ProtobufCMessage *message = NULL;
    struct tocsin_diag why = {0};

    ck_assert_int_eq(tocsin_from_json(&message, &tocsin__v1__alert__descriptor,
                                      "{\n\"child\": }", &why),
                     TOCSIN_USAGE);
    ck_assert_ptr_nonnull(strstr(why.text, "line 2"));
    ck_assert_int_eq(tocsin_from_json(&message, &tocsin__v1__alert__descriptor,
                                      "{\"child\": {\"sx\": 1}}", &why),
                     TOCSIN_USAGE);
    ck_assert_ptr_nonnull(strstr(why.text, "child.sx"));
    ck_assert_ptr_null(message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("library");
    TCase *all = tcase_create("library");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(all, begin, end);
    tcase_add_test(
        all,
        what_was_not_answered_stays_the_same_request_whatever_is_asked_next);
    tcase_add_test(all, who_has_the_home_enrols_administrators_and_nobody_else);
    tcase_add_test(all, a_bundle_is_private_and_names_its_principal);
    tcase_add_test(all, an_interrupted_enrolment_goes_on_with_the_same_key);
    tcase_add_test(all,
                   a_rekey_makes_a_new_key_and_keeps_the_old_bundles_aside);
    tcase_add_test(all, a_new_key_that_is_refused_gives_its_place_back);
    tcase_add_test(all, the_bundle_of_somebody_else_is_not_overwritten);
    tcase_add_test(all,
                   a_node_that_made_its_own_key_gets_a_bundle_without_a_secret);
    tcase_add_test(
        all, a_bundle_with_a_private_key_is_not_written_over_by_one_without);
    tcase_add_test(all,
                   a_bundle_that_cannot_be_read_is_not_written_over_either);
    tcase_add_test(all, a_wrong_enrolment_names_the_field_and_leaves_no_bundle);
    tcase_add_test(all, a_key_file_is_never_overwritten);
    tcase_add_test(all, what_is_no_bundle_is_told_so);
    tcase_add_test(all, a_bundle_that_others_can_read_is_refused);
    tcase_add_test(all, what_a_centre_signs_opens_under_its_authority);
    tcase_add_test(
        all, a_found_child_is_signed_and_opens_and_what_is_wrong_is_named);
    tcase_add_test(
        all,
        a_client_with_a_pipeline_takes_no_other_question_until_it_is_through);
    tcase_add_test(all, what_a_laboratory_says_is_signed_and_opens);
    tcase_add_test(all, no_text_is_signed_that_the_broker_would_not_read);
    tcase_add_test(all, an_impossible_alert_is_not_signed);
    tcase_add_test(all, what_is_checked_and_fits_is_signed);
    tcase_add_test(all, who_has_no_certificate_cannot_sign);
    tcase_add_test(all, broken_json_is_refused_with_its_place);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
