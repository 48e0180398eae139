/* A program that wants to write while another does: it waits, and says for
 * whom.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "base/clock.h"
#include "terminal/store_inside.h"

#define WAIT_SAID_MS 1000
#define WAIT_STEP_MS 20
#define WRITE_LOCK                                                             \
    120 /* the byte of the log's index that a writer has locked */

/* The kernel's list of locks is read: to open the file and ask would drop the
 * locks that we have on it. */
static long find_writer(const char *folder)
{
    FILE *locks = fopen("/proc/locks", "re");
    char path[STORE_PATH_MAX + 16];
    struct stat facts;
    char line[200];
    long found = 0;

    snprintf(path, sizeof path, "%s/store.db-shm", folder);
    while (locks != NULL && stat(path, &facts) == 0 &&
           fgets(line, sizeof line, locks) != NULL) {
        unsigned major;
        unsigned minor;
        unsigned long inode;
        long pid;
        long first;

        if (sscanf(line, "%*d: POSIX %*s WRITE %ld %x:%x:%lu %ld", &pid, &major,
                   &minor, &inode, &first) == 5 &&
            inode == facts.st_ino && major == major(facts.st_dev) &&
            minor == minor(facts.st_dev) && first == WRITE_LOCK)
            found = pid;
    }
    if (locks != NULL)
        (void)fclose(locks);
    return found;
}

void store_writer(const struct store *store, char text[STORE_WRITER_MAX])
{
    long pid = find_writer(store->folder);
    char path[40];
    char name[20] = "";
    FILE *file;

    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    file = pid > 0 ? fopen(path, "re") : NULL;
    if (file != NULL && fgets(name, sizeof name, file) == NULL)
        name[0] = '\0';
    if (file != NULL)
        (void)fclose(file);
    name[strcspn(name, "\n")] = '\0';
    if (pid > 0)
        snprintf(text, STORE_WRITER_MAX, "process %ld%s%s%s", pid,
                 name[0] != '\0' ? " (" : "", name, name[0] != '\0' ? ")" : "");
    else
        snprintf(text, STORE_WRITER_MAX, "another program");
}

/* Called by SQLite as long as somebody else writes; 0: given up. */
static int wait_on(void *arg, int count)
{
    const struct timespec pause = {0, WAIT_STEP_MS * 1000000};
    struct store *store = arg;
    char who[STORE_WRITER_MAX];
    int64_t waited_ms;

    if (count == 0) {
        store->wait_began_ms = clock_monotonic_ms();
        store->wait_said = false;
    }
    waited_ms = clock_monotonic_ms() - store->wait_began_ms;
    if (waited_ms >= WAIT_SAID_MS && !store->wait_said &&
        store->waiting.told != NULL) {
        store->wait_said = true;
        store_writer(store, who);
        store->waiting.told(store->waiting.arg, who);
    }
    if (waited_ms >= store->waiting.patience_ms)
        return 0;
    (void)nanosleep(&pause, NULL);
    return 1;
}

void store_wait(struct store *store, const struct store_waiting *waiting)
{
    store->waiting = *waiting;
    (void)sqlite3_busy_handler(store->db, wait_on, store);
}
