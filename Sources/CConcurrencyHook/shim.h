// The hook that Swift's concurrency runtime asks before it queues a task for its own threads. The simulation sets it, so
// that every task of the process runs on one thread, in an order that its seed decides.
#ifndef MILLWRIGHT_CONCURRENCY_HOOK_H
#define MILLWRIGHT_CONCURRENCY_HOOK_H

extern void *_Nullable swift_task_enqueueGlobal_hook;

static inline void concurrency_hook_set(void *_Nullable hook) {
    swift_task_enqueueGlobal_hook = hook;
}

#endif
