/* The store's schema and every sentence spoken to it. */
#include "terminal/store_inside.h"

const char store_schema[] =
    "CREATE TABLE IF NOT EXISTS about("
    "  key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS alerts("
    "  alert_id TEXT PRIMARY KEY,"
    "  revision INTEGER NOT NULL,"
    "  announced INTEGER NOT NULL,"
    "  case_number TEXT NOT NULL,"
    "  sequence INTEGER NOT NULL,"
    "  recorded_ms INTEGER NOT NULL,"
    "  received_ms INTEGER NOT NULL,"
    "  expires_ms INTEGER NOT NULL,"
    "  ended_ms INTEGER NOT NULL,"
    "  topics INTEGER NOT NULL,"
    "  marks INTEGER NOT NULL," /* enum mark */
    "  rung INTEGER NOT NULL DEFAULT 0,"
    "  picture_hash BLOB, picture_size INTEGER NOT NULL DEFAULT 0,"
    "  alert BLOB, withdrawal BLOB, thumbnail BLOB) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS answers("
    "  row INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  answer_id BLOB NOT NULL UNIQUE,"
    "  alert_id TEXT NOT NULL,"
    "  revision INTEGER NOT NULL,"
    "  rung INTEGER NOT NULL,"
    "  personal INTEGER NOT NULL,"
    "  at_ms INTEGER NOT NULL,"
    "  request_id BLOB NOT NULL,"
    "  request BLOB,"
    "  state INTEGER NOT NULL DEFAULT 0," /* 0 waiting, 1 recorded, 2 refused,
                                           */
                                          /* 3 a look that was told */
    "  status INTEGER NOT NULL DEFAULT 0,"
    "  sequence INTEGER NOT NULL DEFAULT 0,"
    "  reason TEXT NOT NULL DEFAULT '');"
    "CREATE UNIQUE INDEX IF NOT EXISTS answers_machine"
    "  ON answers(alert_id, revision, rung) WHERE personal = 0 AND state = 0;"
    "CREATE INDEX IF NOT EXISTS answers_waiting"
    "  ON answers(personal, row) WHERE state = 0;"
    "CREATE INDEX IF NOT EXISTS answers_urgent ON answers(row)"
    "  WHERE state = 0 AND personal = 1 AND (rung = 0 OR rung >= 5);"
    "CREATE INDEX IF NOT EXISTS answers_looks ON answers(row)"
    "  WHERE state = 3;"
    "CREATE TABLE IF NOT EXISTS photographs("
    "  row INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  answer_id BLOB NOT NULL UNIQUE,"
    "  alert_id TEXT NOT NULL,"
    "  hash BLOB NOT NULL,"
    "  size INTEGER NOT NULL,"
    "  png INTEGER NOT NULL,"
    "  state INTEGER NOT NULL DEFAULT 0," /* enum photograph_state */
    "  status INTEGER NOT NULL DEFAULT 0,"
    "  reason TEXT NOT NULL DEFAULT '',"
    "  bytes BLOB);" /* as long as it may have to be sent */
    "CREATE TABLE IF NOT EXISTS words("
    "  answer_id BLOB PRIMARY KEY,"
    "  alert_id TEXT NOT NULL,"
    "  time_ms INTEGER NOT NULL,"
    "  verdict INTEGER NOT NULL,"
    "  officer TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS wanted("
    "  value TEXT NOT NULL, alert_id TEXT NOT NULL,"
    "  PRIMARY KEY(value, alert_id)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS wanted_by ON wanted(alert_id);"
    "CREATE TABLE IF NOT EXISTS told(" /* a screen beside the daemon */
    "  alert_id TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS state("
    "  one INTEGER PRIMARY KEY CHECK (one = 1), bytes BLOB NOT NULL);";

/* A sighting stays what the node said last, whichever revision comes; that an
 * older one was on the screen says nothing of the newer. */
#define UPSERT                                                                 \
    "INSERT INTO alerts(alert_id, revision, announced, case_number, sequence," \
    " recorded_ms, received_ms, expires_ms, ended_ms, topics, marks,"          \
    " picture_hash, picture_size) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"  \
    " ?10, ?11, ?12, ?13) ON CONFLICT(alert_id) DO UPDATE SET"                 \
    " announced = ?3, case_number = ?4, sequence = ?5, recorded_ms = ?6,"      \
    " received_ms = ?7, expires_ms = ?8, ended_ms = ?9, topics = ?10,"         \
    " marks = ?11,"                                                            \
    " thumbnail = CASE WHEN picture_hash IS ?12 THEN thumbnail END,"           \
    " picture_hash = ?12, picture_size = ?13,"                                 \
    " rung = CASE WHEN revision = ?2 OR rung >= 5 THEN rung ELSE 0 END,"       \
    " revision = ?2"

/* Refused with NOT_FOUND (6) it goes again to a broker that has its alert back;
 * what was stripped here is not kept for that. */
#define KEPT_FOR_AGAIN(status)                                                 \
    " bytes = CASE WHEN " status " = 6 AND NOT EXISTS(SELECT 1 FROM alerts"    \
    " WHERE alerts.alert_id = photographs.alert_id AND (marks & 16) <> 0)"     \
    " THEN bytes END"

const char *const store_sentences[SENTENCES] = {
    [KEEP_MARKS] = UPSERT,
    [KEEP_ALERT] = "UPDATE alerts SET alert = ?2, withdrawal = NULL"
                   " WHERE alert_id = ?1",
    [KEEP_WITHDRAWAL] = "UPDATE alerts SET withdrawal = ?2 WHERE alert_id = ?1",
    [STRIP] = "UPDATE alerts SET case_number = '', picture_hash = NULL,"
              " picture_size = 0, alert = NULL, withdrawal = NULL,"
              " thumbnail = NULL, marks = (marks | 16) & ~128"
              " WHERE alert_id = ?1",
    [STRIP_ANSWERS] = "DELETE FROM answers WHERE alert_id = ?1 AND state <> 0",
    [DROP] = "DELETE FROM alerts WHERE alert_id = ?1",
    [KEEP_THUMBNAIL] = "UPDATE alerts SET thumbnail = ?2 WHERE alert_id = ?1",
    [PICTURE_OF] = "SELECT picture_hash, marks FROM alerts WHERE alert_id = ?1",
    [PICTURE_USERS] = "SELECT count(*) FROM alerts WHERE picture_hash = ?1",
    [EACH] = "SELECT alert_id"
             " FROM alerts WHERE (?1 IS NULL OR alert_id = ?1)"
             " AND (?2 IS NULL OR case_number = ?2"
             "      OR substr(alert_id, 1, length(?2)) = ?2)"
             " AND (?3 OR (marks & 16) = 0) AND sequence < ?5"
             " ORDER BY CASE WHEN ?4 THEN sequence ELSE recorded_ms END DESC,"
             " alert_id DESC",
    [READ_ALERT] = "SELECT alert_id, revision, announced, case_number,"
                   " sequence, recorded_ms, received_ms, expires_ms, ended_ms,"
                   " topics, marks, rung, picture_hash, picture_size, alert,"
                   " withdrawal, thumbnail"
                   " FROM alerts WHERE alert_id = ?1"
                   " AND (?2 OR (marks & 16) = 0)",
    [KEEP_TOLD] = "INSERT INTO told(alert_id, revision) VALUES(?1, ?2)"
                  " ON CONFLICT(alert_id) DO UPDATE SET revision = ?2",
    [END_TOLD] = "DELETE FROM told WHERE alert_id = ?1",
    /* of what is bare the daemon keeps no longer what it has announced */
    [EACH_UNTOLD] = "SELECT alert_id, coalesce(alerts.revision,"
                    " told.revision), told.revision,"
                    " CASE WHEN marks & 16 THEN 0"
                    " ELSE coalesce(announced, 0) END AS screen"
                    " FROM told LEFT JOIN alerts USING(alert_id)"
                    " WHERE screen <> told.revision"
                    " UNION ALL"
                    " SELECT alert_id, revision, 0, announced FROM alerts"
                    " WHERE announced > 0 AND (marks & 16) = 0"
                    " AND alert_id NOT IN (SELECT alert_id FROM told)",
    [KEEP_STATE] = "INSERT INTO state(one, bytes) VALUES(1, ?1)"
                   " ON CONFLICT(one) DO UPDATE SET bytes = ?1",
    [READ_STATE] = "SELECT bytes FROM state",
    [QUEUE] = "INSERT INTO answers(answer_id, alert_id, revision, rung,"
              " personal, at_ms, request_id, request)"
              " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
              " ON CONFLICT DO NOTHING",
    [QUEUE_LOOK] = "INSERT INTO answers(answer_id, alert_id, revision, rung,"
                   " personal, at_ms, request_id, request)"
                   " VALUES(?1, ?2, (SELECT coalesce(max(row), 0) + 1"
                   " FROM answers), 0, 0, ?3, ?1, ?4)",
    [RAISE_RUNG] = "UPDATE alerts SET rung = ?3 WHERE alert_id = ?1"
                   " AND rung < ?3 AND (revision = ?2 OR ?3 >= 5)",
    [END_LOOK] = "UPDATE answers SET state = 3"
                 " WHERE row = ?1 AND personal = 0 AND rung = 0",
    [CUT_LOOKS] = "DELETE FROM answers WHERE row IN (SELECT row FROM answers"
                  " WHERE state = 3 ORDER BY row DESC LIMIT -1 OFFSET ?1)",
    [END_MACHINE] = "DELETE FROM answers WHERE row = ?1 AND state = 0",
    [END_PERSONAL] = "UPDATE answers SET state = ?2, status = ?3,"
                     " sequence = ?4, reason = ?5, request = CASE WHEN"
                     " EXISTS(SELECT 1 FROM alerts WHERE alerts.alert_id ="
                     " answers.alert_id AND (marks & 16) <> 0)"
                     /* a found child's: what it says stays no longer here */
                     " OR (rung = 0 AND ?2 = 1)"
                     " THEN NULL ELSE request END WHERE row = ?1",
    [FORGET_FOUND] = "DELETE FROM answers WHERE alert_id = ?1 AND rung = 0"
                     " AND personal = 1 AND state = 2",
    [IS_FOUND] = "SELECT 1 FROM answers WHERE row = ?1 AND rung = 0",
    /* refused with NOT_FOUND (6): before the alert was handed back */
    [SAY_AGAIN] = "UPDATE answers SET state = 0 WHERE request IS NOT NULL"
                  " AND (state = 3 OR (personal = 1"
                  " AND (state = 1 OR (state = 2 AND status = 6))))",
    /* a found child's has the rung 0 */
    [NEXT_ANSWER] = "SELECT row, request_id, request FROM answers"
                    " WHERE state = 0 AND personal = 1"
                    " AND (rung = 0 OR rung >= 5) AND row > ?1"
                    " ORDER BY row",
    [NEXT_ANSWER_CALM] = "SELECT row, request_id, request FROM answers"
                         " WHERE state = 0 AND personal = 1"
                         " AND rung > 0 AND rung < 5 AND row > ?1"
                         " ORDER BY row",
    [NEXT_ANSWER_MACHINE] = "SELECT row, request_id, request FROM answers"
                            " WHERE state = 0 AND personal = 0 AND row > ?1"
                            " ORDER BY row",
    [FATE] = "SELECT answers.state, answers.status, sequence, answers.reason,"
             " coalesce(photographs.state, -1),"
             " coalesce(photographs.reason, '')"
             " FROM answers LEFT JOIN photographs USING(answer_id)"
             " WHERE answer_id = ?1",
    [KEEP_WORD] = "INSERT INTO words(answer_id, alert_id, time_ms, verdict,"
                  " officer) SELECT ?1, ?2, ?3, ?4, ?5"
                  " WHERE EXISTS(SELECT 1 FROM answers WHERE answer_id = ?1)"
                  " ON CONFLICT(answer_id) DO UPDATE SET time_ms = ?3,"
                  " verdict = ?4, officer = ?5 WHERE time_ms <= ?3",
    [STRIP_WORDS] = "DELETE FROM words WHERE alert_id = ?1",
    [EACH_ANSWER] = "SELECT answers.answer_id, revision, rung, at_ms,"
                    " answers.state, answers.status, sequence,"
                    " answers.reason, coalesce(verdict, 0),"
                    " coalesce(officer, ''), coalesce(time_ms, 0),"
                    " coalesce(photographs.state, -1),"
                    " coalesce(photographs.reason, '')"
                    " FROM answers LEFT JOIN words USING(answer_id)"
                    " LEFT JOIN photographs USING(answer_id)"
                    " WHERE answers.alert_id = ?1 AND personal = 1"
                    " ORDER BY answers.row DESC",
    [ADD_WANTED] = "INSERT OR IGNORE INTO wanted VALUES(?1, ?2)",
    [STRIP_WANTED] = "DELETE FROM wanted WHERE alert_id = ?1",
    [READ_WANTED] = "SELECT alert_id FROM wanted WHERE value = ?1"
                    " ORDER BY alert_id DESC",
    [COUNT_ANSWERS] = "SELECT coalesce(sum(state = 0), 0),"
                      " coalesce(sum(state = 2), 0) FROM answers"
                      " WHERE state <> 1",
    [ADD_PHOTOGRAPH] = "INSERT INTO photographs(answer_id, alert_id, hash,"
                       " size, png, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
                       " ON CONFLICT DO NOTHING",
    [NEXT_PHOTOGRAPH] = "SELECT photographs.row, photographs.alert_id, hash,"
                        " size, png FROM photographs"
                        " LEFT JOIN answers USING(answer_id)"
                        " WHERE photographs.state = 0"
                        " AND photographs.row > ?1"
                        " AND coalesce(answers.state, 1) = 1"
                        " ORDER BY photographs.row LIMIT 1",
    [READ_PHOTOGRAPH] = "SELECT hash, bytes FROM photographs WHERE row = ?1",
    [END_PHOTOGRAPH] = "UPDATE photographs SET state = ?2, status = ?3,"
                       " reason = ?4," KEPT_FOR_AGAIN("?3") " WHERE row = ?1",
    [END_PHOTOGRAPH_OF] =
        "UPDATE photographs SET state = 2, status = ?2,"
        " reason = 'its answer was refused'," KEPT_FOR_AGAIN(
            "?2") " WHERE answer_id ="
                  " (SELECT answer_id FROM answers WHERE row = ?1)",
    [PHOTOGRAPHS_AGAIN] = "UPDATE photographs SET state = 0, reason = ''"
                          " WHERE state = 2 AND bytes IS NOT NULL",
    [STRIP_PHOTOGRAPHS] = "DELETE FROM photographs WHERE alert_id = ?1"
                          " AND state <> 0",
    [PURGE_PHOTOGRAPHS] = "DELETE FROM photographs WHERE alert_id = ?1",
    [COUNT_PHOTOGRAPHS] = "SELECT count(*) FROM photographs WHERE state = 0",
    [DATA_VERSION] = "PRAGMA data_version",
};
