#include <libpq-fe.h>
#include <pthread.h>
#include <sys/eventfd.h>

// Beside libpq, what a thread that drives it needs and Swift's Glibc module leaves out. glibc hides the next one behind
// _GNU_SOURCE, which a module map cannot define.
extern int pthread_setname_np(pthread_t thread, const char *name);
