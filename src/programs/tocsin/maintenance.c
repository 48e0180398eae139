#define _GNU_SOURCE
#include "tocsin/maintenance.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/say.h"

#define STDERR_KEPT 2000
#define HOME_REFUSED 1 /* tocsind's exit code */

struct maintenance {
    pid_t process;
    FILE *words;  /* its standard output */
    FILE *errors; /* what it said on standard error */
    char endpoint[120];
    char home[3][120]; /* of the broker that should serve it, or "" */
};

/* ---- finding tocsind --------------------------------------------------------
 */

/* Beside this program, as it is built; in its neighbour sbin, as it is
 * installed; else wherever the PATH leads. */
static void exec_tocsind(const char **words)
{
    static const char *const places[] = {"tocsind", "../sbin/tocsind"};
    char here[PATH_MAX];
    char path[PATH_MAX + 32];
    ssize_t size = readlink("/proc/self/exe", here, sizeof here - 1);
    char *slash;

    words[0] = "tocsind";
    here[size < 0 ? 0 : size] = '\0';
    slash = strrchr(here, '/');
    for (size_t i = 0; slash != NULL && i < 2; i++) {
        snprintf(path, sizeof path, "%.*s%s", (int)(slash - here) + 1, here,
                 places[i]);
        (void)execv(path, (char *const *)(uintptr_t)words);
    }
    (void)execvp("tocsind", (char *const *)(uintptr_t)words);
}

enum outcome tocsind_become(const char **words)
{
    (void)fflush(NULL);
    exec_tocsind(words);
    complain("tocsind: %s", strerror(errno));
    return OUTCOME_LOCAL;
}

/* ---- a child ---- */

_Noreturn static void be_the_child(const char *home, const char *how,
                                   int output, int errors)
{
    const char *words[] = {NULL, "run", home, how, NULL};

    /* It must not outlive us, however we end. */
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    (void)dup2(output, STDOUT_FILENO);
    (void)dup2(errors, STDERR_FILENO);
    exec_tocsind(words);
    (void)dprintf(STDERR_FILENO, "tocsind: %s\n", strerror(errno));
    _exit(OUTCOME_LOCAL);
}

static bool spawn(struct maintenance *maintenance, const char *home,
                  const char *how)
{
    int ends[2];

    maintenance->errors = tmpfile();
    if (maintenance->errors == NULL || pipe2(ends, O_CLOEXEC) != 0)
        return false;
    (void)fflush(NULL);
    maintenance->process = fork();
    if (maintenance->process == 0)
        be_the_child(home, how, ends[1], fileno(maintenance->errors));
    (void)close(ends[1]);
    maintenance->words = fdopen(ends[0], "re");
    return maintenance->process > 0 && maintenance->words != NULL;
}

/* "home command=tcp://192.0.2.1:5570 feed=... field=...", and when it serves
 * "ready command=tcp://127.0.0.1:41234 feed=- field=-". */
static bool hear_ready(struct maintenance *maintenance)
{
    char line[400];

    while (fgets(line, sizeof line, maintenance->words) != NULL) {
        (void)sscanf(line, "home command=%119s feed=%119s field=%119s",
                     maintenance->home[0], maintenance->home[1],
                     maintenance->home[2]);
        if (sscanf(line, "ready command=%119s", maintenance->endpoint) == 1)
            return true;
    }
    return false;
}

static int wait_for_end(struct maintenance *maintenance)
{
    int facts = 0;
    pid_t process = maintenance->process;

    maintenance->process = 0;
    while (process > 0 && waitpid(process, &facts, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(facts) ? WEXITSTATUS(facts) : OUTCOME_LOCAL;
}

void maintenance_explain(const struct maintenance *maintenance)
{
    char line[STDERR_KEPT];

    rewind(maintenance->errors);
    while (fgets(line, sizeof line, maintenance->errors) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        complain("%s", line);
    }
}

enum outcome maintenance_start(struct maintenance **out, const char *home,
                               bool serve)
{
    struct maintenance *maintenance = calloc(1, sizeof *maintenance);
    int code;

    *out = NULL;
    if (maintenance == NULL ||
        !spawn(maintenance, home, serve ? "--maintenance" : "--where")) {
        complain("tocsind cannot be started: %s", strerror(errno));
        maintenance_stop(maintenance);
        return OUTCOME_LOCAL;
    }
    if (!hear_ready(maintenance)) {
        code = wait_for_end(maintenance);
        if (code != (serve ? HOME_REFUSED : 0)) {
            maintenance_explain(maintenance);
            maintenance_stop(maintenance);
            return OUTCOME_LOCAL;
        }
    }
    *out = maintenance;
    return OUTCOME_DONE;
}

const char *maintenance_endpoint(const struct maintenance *maintenance)
{
    return maintenance->endpoint[0] == '\0' ? NULL : maintenance->endpoint;
}

const char *maintenance_home(const struct maintenance *maintenance, int desk)
{
    const char *endpoint = maintenance->home[desk];

    return endpoint[0] == '\0' ? NULL : endpoint;
}

void maintenance_stop(struct maintenance *maintenance)
{
    if (maintenance == NULL)
        return;
    if (maintenance->process > 0) {
        (void)kill(maintenance->process, SIGTERM);
        if (wait_for_end(maintenance) != 0)
            maintenance_explain(maintenance);
    }
    if (maintenance->words != NULL)
        (void)fclose(maintenance->words);
    if (maintenance->errors != NULL)
        (void)fclose(maintenance->errors);
    free(maintenance);
}
