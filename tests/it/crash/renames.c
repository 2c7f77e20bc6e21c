/* Counts the renames a process makes, and can kill it right before or right after one of them.
   Every sink that is a file is written by a rename, so these are the two points of every sink write. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int seen;

int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    const char *log = getenv("RENAMES_LOG"), *at = getenv("RENAMES_KILL"), *when = getenv("RENAMES_WHEN");
    int number = ++seen;
    if (log) {
        FILE *file = fopen(log, "a");
        if (file) {
            fprintf(file, "%s\n", to);
            fclose(file);
        }
    }
    int mine = at && number == atoi(at);
    if (mine && when && strcmp(when, "before") == 0) kill(getpid(), SIGKILL);
    int result = real(from, to);
    if (mine && when && strcmp(when, "after") == 0) kill(getpid(), SIGKILL);
    return result;
}
