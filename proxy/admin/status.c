// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/status.h"

#include "certs/expiry.h"
#include "proxy/admin/readiness.h"
#include "rules/base/err.h"

#include <jansson.h>

enum { REASON_MAX = 512 };

/* json_object_set_new and json_array_append_new take what they are given, NULL too: that is how a lack of memory in any
 * part shows, as -1 at the part above. Bytes that are no UTF-8 (a file's name may have them) are a lack, too. */
static json_t *text(struct span s) {
  struct buf quoted;
  buf_init(&quoted, 1 << 16);
  buf_put_json(&quoted, s); /* mends what is no UTF-8 */
  json_t *value = json_loadb(buf_span(&quoted).at, buf_len(&quoted), JSON_DECODE_ANY, NULL);
  buf_fini(&quoted);
  return value;
}

static json_t *number(uint64_t value) {
  return json_integer((json_int_t)value);
}

static json_t *counters_of(const struct overview *o) {
  json_t *all = json_object();
#define X(id, name, labels, kind, help)                                                            \
  if (json_object_set_new(all, #id, number(o->counters[COUNTER_##id]))) goto lacking;
  COUNTER_TABLE(X)
#undef X
  return all;
lacking:
  json_decref(all);
  return NULL;
}

static json_t *origin_of(const struct overview *o, const struct site_spec *site,
                         const struct origin_spec *spec) {
  bool up = overview_origin_up(o, spec);
  int64_t rests_ms = up ? 0 : spec->rests_until - o->mono_now;
  return json_pack("{s:o, s:o, s:b, s:f}", "site", text(site->hosts[0]), "origin", text(spec->text),
                   "up", up, "rests_seconds", (double)rests_ms / 1000);
}

static json_t *origins_of(const struct overview *o) {
  json_t *all = json_array();
  for (size_t s = 0; s < o->setup->site_count; s++) {
    const struct site_spec *site = &o->setup->sites[s];
    for (size_t i = 0; i < site->origin_count; i++) {
      if (json_array_append_new(all, origin_of(o, site, &site->origins[i])) == 0) continue;
      json_decref(all);
      return NULL;
    }
  }
  return all;
}

static json_t *names_of(const struct cert *c) {
  json_t *names = json_array();
  for (size_t i = 0; i < c->name_count; i++) {
    if (json_array_append_new(names, text(c->names[i])) == 0) continue;
    json_decref(names);
    return NULL;
  }
  return names;
}

static json_t *certificates_of(const struct overview *o) {
  json_t *all = json_array();
  for (size_t i = 0; o->certs && i < cert_store_count(o->certs); i++) {
    const struct cert *c = cert_store_at(o->certs, i);
    char end[25];
    clock_format(c->not_after, end);
    json_t *one =
        json_pack("{s:o, s:o, s:s, s:i}", "certificate", text(c->certificate_path), "names",
                  names_of(c), "not_after", end, "days_left", expiry_days_left(c, o->now));
    if (json_array_append_new(all, one) == 0) continue;
    json_decref(all);
    return NULL;
  }
  return all;
}

static json_t *store_of(const struct overview *o) {
  const struct writer_stats *w = &o->writer;
  if (!o->has_store) return json_null();
  return json_pack("{s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "up", w->err == OK,
                   "state", w->err ? env_explain((enum err)w->err) : "ok", "used_bytes",
                   number(o->store.used_bytes), "size_max_bytes", number(o->store.size_max_bytes),
                   "queue_depth", number(w->depth), "queue_capacity", number(w->capacity),
                   "commits", number(w->commits), "commit_us_last", number(w->commit_us_last),
                   "commit_us_max", number(w->commit_us_max), "list_prefixes",
                   number(o->lists.count));
}

static json_t *process_of(const struct overview *o) {
  return json_pack("{s:o, s:o, s:o}", "resident_bytes", number(o->resident_bytes), "open_fds",
                   number(o->open_fds), "max_fds", number(o->max_fds));
}

static json_t *make(const struct overview *o) {
  char started[25], words[REASON_MAX];
  struct buf reason;
  clock_format(o->started, started);
  buf_init(&reason, REASON_MAX);
  bool ready = readiness(o, &reason);
  snprintf(words, sizeof(words), "%.*s", SPAN_ARG(buf_span(&reason)));
  words[strcspn(words, "\n")] = '\0';
  buf_fini(&reason);
  return json_pack("{s:s, s:s, s:o, s:i, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "version",
                   o->version, "started", started, "uptime_seconds",
                   number((uint64_t)(o->now - o->started) / 1000), "workers", (int)o->workers,
                   "draining", o->draining, "ready", ready, "reason", text(span_of(words)),
                   "process", process_of(o), "counters", counters_of(o), "origins", origins_of(o),
                   "certificates", certificates_of(o), "store", store_of(o));
}

static int put(const char *bytes, size_t len, void *out) {
  return buf_put(out, span_from(bytes, len)) ? 0 : -1;
}

int status_put(struct buf *out, const struct overview *o) {
  json_t *all = make(o);
  if (!all) return ERR_MEMORY;
  json_dump_callback(all, put, out, JSON_COMPACT);
  json_decref(all);
  buf_put_byte(out, '\n');
  return OK;
}
