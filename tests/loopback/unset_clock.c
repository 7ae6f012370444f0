/* A board without a battery: its clock on the wall begins in 1970 when it is switched on. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    return syscall(SYS_clock_gettime, clock == CLOCK_REALTIME ? CLOCK_BOOTTIME : clock, now);
}
