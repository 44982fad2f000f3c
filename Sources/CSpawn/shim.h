// What starting a process needs of glibc (2.36 or later) and Swift does not see, because it is declared for _GNU_SOURCE
// alone.
#ifndef MILLWRIGHT_SPAWN_H
#define MILLWRIGHT_SPAWN_H

#include <spawn.h>

int pipe2(int *_Nonnull ends, int flags);
// A descriptor that can be read once the process has ended (glibc 2.36, Linux 5.3).
int pidfd_open(pid_t pid, unsigned int flags);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *_Nonnull actions, int from);

// POSIX_SPAWN_SETSID: the same on every processor.
static const short spawn_in_new_session = 0x80;

#endif
