/* A clock that a test moves (see clock.rs), preloaded into a program: the system's time of day plus an offset that lies in
 * a file common to all programs. Nothing else is touched: durations go by the monotonic clock, and waiting is the system's. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define MICROS 1000000

/* The offset in microseconds, and its complement: as long as they do not agree, one is being written. */
static const volatile int64_t *shared;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("TESTBED_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = file < 0 ? MAP_FAILED : mmap(NULL, 2 * sizeof *shared, PROT_READ, MAP_SHARED, file, 0);
    if (page == MAP_FAILED) {
        perror("TESTBED_CLOCK");
        abort();
    }
    close(file);
    shared = page;
}

static int64_t offset(void)
{
    int64_t value, complement;
    if (!shared)
        return 0;
    do {
        value = shared[0];
        complement = shared[1];
    } while (value != ~complement);
    return value;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t micros = now->tv_sec * (int64_t)MICROS + now->tv_nsec / 1000 + offset();
        now->tv_sec = micros / MICROS;
        now->tv_nsec = micros % MICROS * 1000;
    }
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;
    int failed = clock_gettime(CLOCK_REALTIME, &precise);
    (void)zone;
    if (!failed)
        *now = (struct timeval){ .tv_sec = precise.tv_sec, .tv_usec = precise.tv_nsec / 1000 };
    return failed;
}

time_t time(time_t *into)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now))
        return (time_t)-1;
    if (into)
        *into = now.tv_sec;
    return now.tv_sec;
}
