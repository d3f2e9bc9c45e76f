// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/metrics.h"

#include "certs/expiry.h"

/* Name, kind, help, value. */
/* clang-format off */
#define PROCESS_TABLE(X)                                                                                              \
  X("process_start_time_seconds", gauge, "when this process started, since 1970", (double)o->started / 1000)          \
  X("process_resident_memory_bytes", gauge, "memory that is resident", (double)o->resident_bytes)                     \
  X("process_open_fds", gauge, "descriptors that are open", (double)o->open_fds)                                      \
  X("process_max_fds", gauge, "descriptors that may be open", (double)o->max_fds)                                     \
  X("qorgan_workers", gauge, "threads that carry traffic", o->workers)                                                \
  X("qorgan_draining", gauge, "1 while no new connections are taken", o->draining)

#define STORE_TABLE(X)                                                                                                \
  X("qorgan_store_up", gauge, "1 when the last group was written", o->writer.err == OK)                               \
  X("qorgan_store_used_bytes", gauge, "pages of the store that were ever used", (double)o->store.used_bytes)          \
  X("qorgan_store_size_bytes", gauge, "the most that the store may use", (double)o->store.size_max_bytes)             \
  X("qorgan_store_readers", gauge, "reader slots in use, commands included", o->store.readers)                        \
  X("qorgan_store_queue_depth", gauge, "operations that wait for the disk", (double)o->writer.depth)                  \
  X("qorgan_store_queue_capacity", gauge, "operations that may wait", (double)o->writer.capacity)                     \
  X("qorgan_store_queue_oldest_seconds", gauge, "how long the first has waited", (double)o->writer.oldest_ms / 1e3)   \
  X("qorgan_store_commits_total", counter, "groups written and synced", (double)o->writer.commits)                    \
  X("qorgan_store_operations_total", counter, "operations written", (double)o->writer.operations)                     \
  X("qorgan_store_failures_total", counter, "groups that the store refused", (double)o->writer.failures)              \
  X("qorgan_store_commit_last_seconds", gauge, "the last commit, sync included",                                      \
    (double)o->writer.commit_us_last / 1e6)                                                                           \
  X("qorgan_store_commit_max_seconds", gauge, "the longest commit, sync included",                                    \
    (double)o->writer.commit_us_max / 1e6)                                                                            \
  X("qorgan_list_prefixes", gauge, "prefixes in the lists in force", (double)o->lists.count)                          \
  X("qorgan_list_builds_total", counter, "times that the lists were compiled", (double)o->lists.builds)               \
  X("qorgan_list_build_last_seconds", gauge, "the last of them", (double)o->lists.build_us_last / 1e6)
/* clang-format on */

static void put_head(struct buf *out, const char *name, const char *kind, const char *help) {
  buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void put_scalar(struct buf *out, const char *name, const char *kind, const char *help,
                       double value) {
  put_head(out, name, kind, help);
  buf_printf(out, "%s %.15g\n", name, value);
}

/* A label's value: backslash, quote and line feed are escaped, all else is as it is. */
static void put_label(struct buf *out, const char *before, struct span value) {
  buf_put_text(out, before);
  for (size_t i = 0; i < value.len; i++) {
    char c = value.at[i];
    if (c == '\\' || c == '"') buf_put_byte(out, '\\');
    if (c == '\n')
      buf_put_text(out, "\\n");
    else
      buf_put_byte(out, c);
  }
  buf_put_byte(out, '"');
}

static void put_counters(struct buf *out, const struct overview *o) {
  static const struct {
    const char *name, *labels, *kind, *help;
  } ROWS[] = {
#define X(id, name, labels, kind, help) {name, labels, #kind, help},
    COUNTER_TABLE(X)
#undef X
  };
  const char *before = "";
  for (unsigned i = 0; i < COUNTER_COUNT; i++) {
    if (strcmp(before, ROWS[i].name) != 0) put_head(out, ROWS[i].name, ROWS[i].kind, ROWS[i].help);
    before = ROWS[i].name;
    buf_put_text(out, ROWS[i].name);
    if (*ROWS[i].labels) buf_printf(out, "{%s}", ROWS[i].labels);
    buf_put_byte(out, ' ');
    buf_put_u64(out, o->counters[i]);
    buf_put_byte(out, '\n');
  }
}

static void put_process(struct buf *out, const struct overview *o) {
#define X(name, kind, help, value) put_scalar(out, name, #kind, help, value);
  PROCESS_TABLE(X)
#undef X
  put_head(out, "qorgan_build_info", "gauge", "1; the version is its label");
  put_label(out, "qorgan_build_info{version=\"", span_of(o->version));
  buf_put_text(out, "} 1\n");
}

static void put_origins(struct buf *out, const struct overview *o) {
  put_head(out, "qorgan_origin_up", "gauge", "0 while an origin rests after a failure");
  for (size_t s = 0; s < o->setup->site_count; s++) {
    const struct site_spec *site = &o->setup->sites[s];
    for (size_t i = 0; i < site->origin_count; i++) {
      put_label(out, "qorgan_origin_up{site=\"", site->hosts[0]);
      put_label(out, ",origin=\"", site->origins[i].text);
      buf_printf(out, "} %d\n", overview_origin_up(o, &site->origins[i]));
    }
  }
}

static void put_certificates(struct buf *out, const struct overview *o) {
  put_head(out, "qorgan_certificate_days_left", "gauge", "whole days, negative once it is over");
  for (size_t i = 0; i < cert_store_count(o->certs); i++) {
    const struct cert *c = cert_store_at(o->certs, i);
    put_label(out, "qorgan_certificate_days_left{certificate=\"", c->certificate_path);
    buf_printf(out, "} %d\n", expiry_days_left(c, o->now));
  }
}

/* What the classes of the writer's queue lost, or had to try again. */
static void put_classes(struct buf *out, const char *name, const char *help,
                        const uint64_t counts[WRITER_CLASS_COUNT]) {
  static const char *const CLASSES[] = {
#define X(id, text, share, delay_ms, full) text,
    WRITER_CLASS_TABLE(X)
#undef X
  };
  put_head(out, name, "counter", help);
  for (unsigned i = 0; i < WRITER_CLASS_COUNT; i++) {
    buf_printf(out, "%s{class=\"%s\"} ", name, CLASSES[i]);
    buf_put_u64(out, counts[i]);
    buf_put_byte(out, '\n');
  }
}

static void put_store(struct buf *out, const struct overview *o) {
#define X(name, kind, help, value) put_scalar(out, name, #kind, help, value);
  STORE_TABLE(X)
#undef X
  put_classes(out, "qorgan_store_refused_total", "operations that found the queue full",
              o->writer.refused);
  put_classes(out, "qorgan_store_given_up_total", "operations taken, but never written",
              o->writer.given_up);
}

void metrics_put(struct buf *out, const struct overview *o) {
  put_counters(out, o);
  put_process(out, o);
  put_origins(out, o);
  if (o->certs) put_certificates(out, o);
  if (o->has_store) put_store(out, o);
}
