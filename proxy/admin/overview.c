// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/overview.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

void overview_add(struct overview *o, const struct counters *c) {
  for (unsigned i = 0; i < COUNTER_COUNT; i++) o->counters[i] += counters_get(c, (enum counter)i);
}

/* proc(5), /proc/PID/statm: pages in all, pages resident, and more. */
static uint64_t resident_bytes(void) {
  unsigned long resident = 0;
  FILE *f = fopen("/proc/self/statm", "re");
  if (!f) return 0;
  if (fscanf(f, "%*u %lu", &resident) != 1) resident = 0;
  fclose(f);
  return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t open_fds(void) {
  DIR *dir = opendir("/proc/self/fd");
  if (!dir) return 0;
  uint64_t count = 0;
  for (struct dirent *e; (e = readdir(dir));) count += e->d_name[0] != '.';
  closedir(dir);
  return count - 1; /* the folder's own */
}

void overview_take_process(struct overview *o) {
  struct rlimit fds = {0};
  o->resident_bytes = resident_bytes();
  o->open_fds = open_fds();
  if (getrlimit(RLIMIT_NOFILE, &fds) == 0) o->max_fds = fds.rlim_cur;
}

void overview_take_store(struct overview *o, const struct store *store) {
  o->has_store = true;
  o->store = env_usage(store->env);
  writer_stats(store->writer, &o->writer);
  lists_live_stats(store->lists, &o->lists);
}
