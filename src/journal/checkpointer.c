#include "journal/checkpointer.h"

#include <stdlib.h>

#include "base/thread.h"
#include "journal/journal.h"

struct checkpointer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t due;
    char *path;
    /* under the lock: */
    bool wanted;
    bool stopping;
};

static void *checkpoint_on(void *arg)
{
    struct checkpointer *checkpointer = arg;

    pthread_mutex_lock(&checkpointer->lock);
    while (!checkpointer->stopping) {
        if (!checkpointer->wanted) {
            pthread_cond_wait(&checkpointer->due, &checkpointer->lock);
            continue;
        }
        checkpointer->wanted = false;
        pthread_mutex_unlock(&checkpointer->lock);
        (void)!journal_checkpoint(checkpointer->path, NULL);
        pthread_mutex_lock(&checkpointer->lock);
    }
    pthread_mutex_unlock(&checkpointer->lock);
    return NULL;
}

static void free_checkpointer(struct checkpointer *checkpointer)
{
    pthread_mutex_destroy(&checkpointer->lock);
    pthread_cond_destroy(&checkpointer->due);
    free(checkpointer->path);
    free(checkpointer);
}

enum status checkpointer_start(struct checkpointer **out, const char *path,
                               struct diag *why)
{
    struct checkpointer *checkpointer = must_calloc(1, sizeof *checkpointer);
    enum status status;

    *out = NULL;
    checkpointer->path = must_strdup(path);
    pthread_mutex_init(&checkpointer->lock, NULL);
    pthread_cond_init(&checkpointer->due, NULL);
    status = thread_start(&checkpointer->thread, checkpoint_on, checkpointer,
                          "checkpoint thread", why);
    if (status == STATUS_OK)
        *out = checkpointer;
    else
        free_checkpointer(checkpointer);
    return status;
}

void checkpointer_stop(struct checkpointer *checkpointer)
{
    if (checkpointer == NULL)
        return;
    pthread_mutex_lock(&checkpointer->lock);
    checkpointer->stopping = true;
    pthread_mutex_unlock(&checkpointer->lock);
    pthread_cond_signal(&checkpointer->due);
    (void)pthread_join(checkpointer->thread, NULL);
    free_checkpointer(checkpointer);
}

void checkpointer_want(struct checkpointer *checkpointer)
{
    pthread_mutex_lock(&checkpointer->lock);
    checkpointer->wanted = true;
    pthread_mutex_unlock(&checkpointer->lock);
    pthread_cond_signal(&checkpointer->due);
}
