/*
 * The one static helper in the agent's image. Verbs:
 *   wait <file> <seconds>     ends with 0 as soon as the file is there, with 1 after so many seconds (0: look once)
 *   run <program> <argument>… runs it as a child that gets our SIGTERM and SIGINT, and ends as it ends
 *
 * Build: make -C agent/launcher
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_NOT_THERE = 1, EXIT_USAGE = 64, EXIT_NO_PROGRAM = 127, EXIT_SIGNAL = 128 };

/* The start of an app hangs on this pause, so it is short at first; a store that is down costs little CPU. */
enum { PAUSE_MS = 2, LONG_PAUSE_MS = 20, LONG_AFTER_MS = 3000, LONGEST_WAIT_S = 86400 };

static int fail(int code, const char *subject, const char *reason)
{
    fprintf(stderr, "launcher: %s: %s\n", subject, reason);
    return code;
}

static int usage(void)
{
    return fail(EXIT_USAGE, "usage", "launcher wait <file> <seconds> | launcher run <program> <argument>...");
}

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_ms(long milliseconds)
{
    const struct timespec pause = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};

    nanosleep(&pause, NULL);
}

/* Whole seconds and nothing else; -1 where the text is something else. */
static long parse_seconds(const char *text)
{
    char *end = NULL;
    long seconds;

    if (text[0] < '0' || text[0] > '9')
        return -1;
    errno = 0;
    seconds = strtol(text, &end, 10);
    return errno == 0 && *end == '\0' && seconds <= LONGEST_WAIT_S ? seconds : -1;
}

static int wait_for(const char *file, long seconds)
{
    const long long start = now_ms();
    const long long deadline = start + seconds * 1000LL;
    char reason[64];

    while (access(file, F_OK) != 0) {
        const long long now = now_ms();

        if (errno != ENOENT && errno != ENOTDIR)
            return fail(EXIT_NOT_THERE, file, strerror(errno));
        if (now >= deadline) {
            snprintf(reason, sizeof reason, "not there after %ld s, see the log of this container", seconds);
            return fail(EXIT_NOT_THERE, file, reason);
        }
        pause_ms(now - start < LONG_AFTER_MS ? PAUSE_MS : LONG_PAUSE_MS);
    }
    return EXIT_DONE;
}

static int verb_wait(int argc, char **argv)
{
    const long seconds = argc == 4 ? parse_seconds(argv[3]) : -1;

    if (seconds < 0)
        return usage();
    return wait_for(argv[2], seconds);
}

static int code_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SIGNAL + WTERMSIG(status);
}

/* As the first process of a container we also reap what others leave. */
static int reap_until(pid_t child)
{
    int status;
    pid_t ended;

    while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
        if (ended == child)
            return code_of(status);
    return -1;
}

static int be_child(char **argv, const sigset_t *mask)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    execv(argv[0], argv);
    return fail(EXIT_NO_PROGRAM, argv[0], strerror(errno));
}

/*
 * The kernel throws away a signal to the first process of a container that has no handler yet, and Node has none for
 * the first tens of milliseconds: a Pod deleted then would stay for its whole grace period. Signals that are blocked
 * are kept, and a child is not the first process.
 */
static int verb_run(int argc, char **argv)
{
    sigset_t awaited, before;
    pid_t child;
    int code = -1;

    if (argc < 3)
        return usage();
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGCHLD);
    sigprocmask(SIG_BLOCK, &awaited, &before);
    child = fork();
    if (child < 0)
        return fail(EXIT_NO_PROGRAM, argv[2], strerror(errno));
    if (child == 0)
        _exit(be_child(argv + 2, &before));
    while (code < 0) {
        const int signal = sigwaitinfo(&awaited, NULL);

        if (signal == SIGCHLD)
            code = reap_until(child);
        else if (signal > 0)
            kill(child, signal);
    }
    return code;
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "wait") == 0)
        return verb_wait(argc, argv);
    if (argc >= 2 && strcmp(argv[1], "run") == 0)
        return verb_run(argc, argv);
    return usage();
}
