#include "common/words.h"

#include <stdio.h>
#include <string.h>

#include <tocsin/v1/desk.pb-c.h>

#include "common/say.h"

const struct word words_role[] = {
    {"centre", TOCSIN__V1__ROLE__ROLE_CENTRE},
    {"supervisor", TOCSIN__V1__ROLE__ROLE_SUPERVISOR},
    {"administrator", TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR},
    {"laboratory", TOCSIN__V1__ROLE__ROLE_LABORATORY},
    {"checkpoint", TOCSIN__V1__ROLE__ROLE_CHECKPOINT},
    {"gateway", TOCSIN__V1__ROLE__ROLE_GATEWAY},
    {"device", TOCSIN__V1__ROLE__ROLE_DEVICE},
    {"officer", TOCSIN__V1__ROLE__ROLE_OFFICER},
    {"liaison", TOCSIN__V1__ROLE__ROLE_LIAISON},
    {"registry", TOCSIN__V1__ROLE__ROLE_REGISTRY},
    {NULL, 0}};

const struct word words_kind[] = {
    {"railway", TOCSIN__V1__NODE_KIND__NODE_KIND_RAILWAY_STATION},
    {"bus", TOCSIN__V1__NODE_KIND__NODE_KIND_BUS_STATION},
    {"airport", TOCSIN__V1__NODE_KIND__NODE_KIND_AIRPORT},
    {"port", TOCSIN__V1__NODE_KIND__NODE_KIND_PORT},
    {"border", TOCSIN__V1__NODE_KIND__NODE_KIND_LAND_BORDER},
    {"toll", TOCSIN__V1__NODE_KIND__NODE_KIND_TOLL_PLAZA},
    {"police", TOCSIN__V1__NODE_KIND__NODE_KIND_POLICE_POST},
    {"hospital", TOCSIN__V1__NODE_KIND__NODE_KIND_HOSPITAL},
    {"registry", TOCSIN__V1__NODE_KIND__NODE_KIND_REGISTRY_OFFICE},
    {"other", TOCSIN__V1__NODE_KIND__NODE_KIND_OTHER},
    {NULL, 0}};

const struct word words_sex[] = {{"female", TOCSIN__V1__SEX__SEX_FEMALE},
                                 {"male", TOCSIN__V1__SEX__SEX_MALE},
                                 {"unknown", TOCSIN__V1__SEX__SEX_UNKNOWN},
                                 {NULL, 0}};

const struct word words_reason[] = {
    {"found", TOCSIN__V1__WITHDRAWAL_REASON__WITHDRAWAL_REASON_CHILD_FOUND},
    {"error", TOCSIN__V1__WITHDRAWAL_REASON__WITHDRAWAL_REASON_ISSUED_IN_ERROR},
    {"duplicate", TOCSIN__V1__WITHDRAWAL_REASON__WITHDRAWAL_REASON_DUPLICATE},
    {"other", TOCSIN__V1__WITHDRAWAL_REASON__WITHDRAWAL_REASON_OTHER},
    {NULL, 0}};

const struct word words_rung[] = {
    {"dark", TOCSIN__V1__RUNG__RUNG_UNSPECIFIED},
    {"held", TOCSIN__V1__RUNG__RUNG_HELD},
    {"shown", TOCSIN__V1__RUNG__RUNG_SHOWN},
    {"read", TOCSIN__V1__RUNG__RUNG_READ},
    {"negative", TOCSIN__V1__RUNG__RUNG_NEGATIVE},
    {"sighting", TOCSIN__V1__RUNG__RUNG_SIGHTING},
    {"intercepted", TOCSIN__V1__RUNG__RUNG_INTERCEPTED},
    {NULL, 0}};

const struct word words_confidence[] = {
    {"low", TOCSIN__V1__CONFIDENCE__CONFIDENCE_LOW},
    {"medium", TOCSIN__V1__CONFIDENCE__CONFIDENCE_MEDIUM},
    {"high", TOCSIN__V1__CONFIDENCE__CONFIDENCE_HIGH},
    {NULL, 0}};

const struct word words_state[] = {
    {"live", TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE},
    {"withdrawn", TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN},
    {"expired", TOCSIN__V1__ALERT_STATE__ALERT_STATE_EXPIRED},
    {NULL, 0}};

const struct word words_rank[] = {
    {"station", TOCSIN__V1__RANK__RANK_STATION},
    {"county", TOCSIN__V1__RANK__RANK_COUNTY},
    {"prefecture", TOCSIN__V1__RANK__RANK_PREFECTURE},
    {"province", TOCSIN__V1__RANK__RANK_PROVINCE},
    {"ministry", TOCSIN__V1__RANK__RANK_MINISTRY},
    {NULL, 0}};

const struct word words_duty[] = {
    {"investigation", TOCSIN__V1__DUTY__DUTY_INVESTIGATION},
    {"rescue", TOCSIN__V1__DUTY__DUTY_RESCUE},
    {"comfort", TOCSIN__V1__DUTY__DUTY_COMFORT},
    {NULL, 0}};

const struct word words_case[] = {
    {"open", TOCSIN__V1__CASE_STATE__CASE_STATE_OPEN},
    {"standing", TOCSIN__V1__CASE_STATE__CASE_STATE_STANDING},
    {"solved", TOCSIN__V1__CASE_STATE__CASE_STATE_SOLVED},
    {"sealed", TOCSIN__V1__CASE_STATE__CASE_STATE_SEALED},
    {NULL, 0}};

const struct word words_outcome[] = {
    {"returned", TOCSIN__V1__OUTCOME__OUTCOME_RETURNED_TO_PARENTS},
    {"civil-affairs", TOCSIN__V1__OUTCOME__OUTCOME_CIVIL_AFFAIRS},
    {"runaway", TOCSIN__V1__OUTCOME__OUTCOME_RUNAWAY_RETURNED},
    {"lost", TOCSIN__V1__OUTCOME__OUTCOME_LOST_AND_FOUND},
    {"rescued", TOCSIN__V1__OUTCOME__OUTCOME_RESCUED},
    {"death", TOCSIN__V1__OUTCOME__OUTCOME_DEATH},
    {"false-report", TOCSIN__V1__OUTCOME__OUTCOME_FALSE_REPORT},
    {NULL, 0}};

const struct word words_step[] = {
    {"offer-lead", TOCSIN__V1__CASE_STEP__CASE_STEP_OFFER_LEAD},
    {"accept-lead", TOCSIN__V1__CASE_STEP__CASE_STEP_ACCEPT_LEAD},
    {"decline-lead", TOCSIN__V1__CASE_STEP__CASE_STEP_DECLINE_LEAD},
    {"assign-duty", TOCSIN__V1__CASE_STEP__CASE_STEP_ASSIGN_DUTY},
    {"log-duty", TOCSIN__V1__CASE_STEP__CASE_STEP_LOG_DUTY},
    {"stand", TOCSIN__V1__CASE_STEP__CASE_STEP_STAND},
    {"reopen", TOCSIN__V1__CASE_STEP__CASE_STEP_REOPEN},
    {"solve", TOCSIN__V1__CASE_STEP__CASE_STEP_SOLVE},
    {"confirm", TOCSIN__V1__CASE_STEP__CASE_STEP_CONFIRM_OUTCOME},
    {"triage", TOCSIN__V1__CASE_STEP__CASE_STEP_TRIAGE},
    {"seal", TOCSIN__V1__CASE_STEP__CASE_STEP_SEAL},
    {"sample", TOCSIN__V1__CASE_STEP__CASE_STEP_SAMPLE},
    {"match", TOCSIN__V1__CASE_STEP__CASE_STEP_MATCH},
    {NULL, 0}};

const struct word words_verdict[] = {
    {"new", TOCSIN__V1__VERDICT__VERDICT_UNSPECIFIED},
    {"checking", TOCSIN__V1__VERDICT__VERDICT_CHECKING},
    {"confirmed", TOCSIN__V1__VERDICT__VERDICT_CONFIRMED},
    {"dismissed", TOCSIN__V1__VERDICT__VERDICT_DISMISSED},
    {"duplicate", TOCSIN__V1__VERDICT__VERDICT_DUPLICATE},
    {NULL, 0}};

const struct word words_found[] = {
    {"registered", TOCSIN__V1__FOUND_STATE__FOUND_STATE_REGISTERED},
    {"identified", TOCSIN__V1__FOUND_STATE__FOUND_STATE_IDENTIFIED},
    {"closed", TOCSIN__V1__FOUND_STATE__FOUND_STATE_CLOSED},
    {"sealed", TOCSIN__V1__FOUND_STATE__FOUND_STATE_SEALED},
    {NULL, 0}};

const struct word words_aspect[] = {
    {"sex", TOCSIN__V1__ASPECT__ASPECT_SEX},
    {"age", TOCSIN__V1__ASPECT__ASPECT_AGE},
    {"height", TOCSIN__V1__ASPECT__ASPECT_HEIGHT},
    {"place", TOCSIN__V1__ASPECT__ASPECT_PLACE},
    {"name", TOCSIN__V1__ASPECT__ASPECT_NAME},
    {"language", TOCSIN__V1__ASPECT__ASPECT_LANGUAGE},
    {"appearance", TOCSIN__V1__ASPECT__ASPECT_APPEARANCE},
    {"clothing", TOCSIN__V1__ASPECT__ASPECT_CLOTHING},
    {NULL, 0}};

const struct word words_speaks[] = {
    {"for", TOCSIN__V1__SPEAKS__SPEAKS_FOR},
    {"against", TOCSIN__V1__SPEAKS__SPEAKS_AGAINST},
    {"unknown", TOCSIN__V1__SPEAKS__SPEAKS_NOT_KNOWN},
    {NULL, 0}};

const struct word words_relation[] = {
    {"mother", TOCSIN__V1__RELATION__RELATION_MOTHER},
    {"father", TOCSIN__V1__RELATION__RELATION_FATHER},
    {"sibling", TOCSIN__V1__RELATION__RELATION_SIBLING},
    {"other-kin", TOCSIN__V1__RELATION__RELATION_OTHER_KIN},
    {NULL, 0}};

const struct word words_sample[] = {
    {"due", TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_DUE},
    {"taken", TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_TAKEN},
    {"sent", TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_SENT},
    {"in-library", TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IN_LIBRARY},
    {"failed", TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_FAILED},
    {"impossible", TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IMPOSSIBLE},
    {NULL, 0}};

const struct word words_decision[] = {
    {"accept", TOCSIN__V1__MATCH_DECISION__MATCH_DECISION_ACCEPTED},
    {"reject", TOCSIN__V1__MATCH_DECISION__MATCH_DECISION_REJECTED},
    {"again", TOCSIN__V1__MATCH_DECISION__MATCH_DECISION_AGAIN},
    {NULL, 0}};

bool word_value(const struct word *words, const char *text, int *value)
{
    for (; words->text != NULL; words++) {
        if (strcmp(words->text, text) == 0) {
            *value = words->value;
            return true;
        }
    }
    return false;
}

const char *word_text(const struct word *words, int value)
{
    for (; words->text != NULL; words++) {
        if (words->value == value)
            return words->text;
    }
    return "?";
}

void word_complain(const struct word *words, const char *flag)
{
    char list[200] = "";
    size_t used = 0;

    for (; words->text != NULL && used < sizeof list; words++)
        used += (size_t)snprintf(list + used, sizeof list - used, " %s",
                                 words->text);
    complain("--%s: must be one of%s", flag, list);
}
