/* What a static Kinglet does without of libunwind and musl; found before both, it keeps out what it
 * stands for: 20 kB on ARM, 40 on x86_64, 70 on MIPS. Weak, or whatever else asks for the rest of
 * their files would not link.
 *
 * A panic aborts and there are no tables to unwind by, so nobody is ever asked to. std names these
 * for the backtrace of a panic within a panic, after which it aborts anyway. */

_Noreturn void abort(void);
int prctl(int option, ...);
void *pthread_self(void);

__attribute__((used)) static void never(void) { abort(); }

#define NEVER(name) __attribute__((weak, alias("never"))) void name(void);

NEVER(_Unwind_Backtrace)
NEVER(_Unwind_DeleteException)
NEVER(_Unwind_FindEnclosingFunction)
NEVER(_Unwind_GetCFA)
NEVER(_Unwind_GetDataRelBase)
NEVER(_Unwind_GetGR)
NEVER(_Unwind_GetIP)
NEVER(_Unwind_GetIPInfo)
NEVER(_Unwind_GetLanguageSpecificData)
NEVER(_Unwind_GetRegionStart)
NEVER(_Unwind_GetTextRelBase)
NEVER(_Unwind_RaiseException)
NEVER(_Unwind_Resume)
NEVER(_Unwind_SetGR)
NEVER(_Unwind_SetIP)

#ifdef __arm__
NEVER(_Unwind_VRS_Get)
NEVER(_Unwind_VRS_Set)
NEVER(__gnu_unwind_frame)
/* The tables of C code name these. */
NEVER(__aeabi_unwind_cpp_pr0)
NEVER(__aeabi_unwind_cpp_pr1)
NEVER(__aeabi_unwind_cpp_pr2)
#endif

/* A thread of std's names itself. musl's own can name others, too, by a path which it writes with
 * snprintf: all of printf, for this alone. */
__attribute__((weak)) int pthread_setname_np(void *thread, const char *name) {
    enum { PR_SET_NAME = 15, ENOSYS = 38 };
    return thread == pthread_self() ? prctl(PR_SET_NAME, name) : ENOSYS;
}
