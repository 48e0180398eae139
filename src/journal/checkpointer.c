#include "journal/checkpointer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

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

struct checkpointer *checkpointer_start(const char *path)
{
    struct checkpointer *checkpointer = must_calloc(1, sizeof *checkpointer);

    checkpointer->path = must_strdup(path);
    pthread_mutex_init(&checkpointer->lock, NULL);
    pthread_cond_init(&checkpointer->due, NULL);
    errno = pthread_create(&checkpointer->thread, NULL, checkpoint_on,
                           checkpointer);
    if (errno != 0) {
        free_checkpointer(checkpointer);
        return NULL;
    }
    return checkpointer;
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
