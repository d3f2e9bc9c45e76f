// SPDX-License-Identifier: Apache-2.0
#include "certs/name_index.h"

#include "certs/names.h"

#include <stdlib.h>

/* One name of one certificate, before equal names are brought together. */
struct entry {
  struct span name;
  const struct cert *cert;
};

static int compare_names(struct span a, struct span b) {
  if (a.len != b.len) return a.len < b.len ? -1 : 1;
  return memcmp(a.at, b.at, a.len);
}

/** Certificates lie in one array in the order of the configuration, so their addresses say which came first. */
static int compare_entries(const void *left, const void *right) {
  const struct entry *a = left, *b = right;
  int order = compare_names(a->name, b->name);
  return order ? order : (a->cert > b->cert) - (a->cert < b->cert);
}

static void offer(struct cert_pair *pair, const struct cert *cert, real_ms now) {
  const struct cert **held = &pair->of[cert->kind];
  if (!*held || (!cert_valid_at(*held, now) && cert_valid_at(cert, now))) *held = cert;
}

static size_t merge(const struct entry *entries, size_t count, real_ms now, struct name_row *rows) {
  size_t made = 0;
  for (size_t i = 0; i < count; i++) {
    if (made == 0 || !span_eq(rows[made - 1].name, entries[i].name)) {
      rows[made++] = (struct name_row){.name = entries[i].name};
    }
    offer(&rows[made - 1].pair, entries[i].cert, now);
  }
  return made;
}

int name_index_build(const struct cert *certs, size_t count, real_ms now, struct arena *arena,
                     struct name_index *out) {
  size_t total = 0, filled = 0;
  for (size_t i = 0; i < count; i++) total += certs[i].name_count;
  struct entry *entries = malloc((total + 1) * sizeof(*entries));
  struct name_row *rows = arena_take(arena, (total + 1) * sizeof(*rows));
  if (!entries || !rows) {
    free(entries);
    return ERR_MEMORY;
  }
  for (size_t i = 0; i < count; i++) {
    for (size_t n = 0; n < certs[i].name_count; n++) {
      entries[filled++] = (struct entry){certs[i].names[n], &certs[i]};
    }
  }
  qsort(entries, total, sizeof(*entries), compare_entries);
  *out = (struct name_index){.rows = rows, .count = merge(entries, total, now, rows)};
  free(entries);
  return OK;
}

static const struct name_row *search(const struct name_index *index, struct span name) {
  size_t low = 0, high = index->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = compare_names(name, index->rows[middle].name);
    if (order == 0) return &index->rows[middle];
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}

static void fill(struct cert_pair *pair, const struct name_row *row) {
  for (int kind = 0; row && kind < CERT_KIND_COUNT; kind++) {
    if (!pair->of[kind]) pair->of[kind] = row->pair.of[kind];
  }
}

struct cert_pair name_index_find(const struct name_index *index, struct span host) {
  struct cert_pair pair = {{NULL}};
  char name[NAMES_HOST_MAX];
  if (host.len && host.at[host.len - 1] == '.') host.len--;
  if (host.len == 0 || host.len > sizeof(name)) return pair;
  for (size_t i = 0; i < host.len; i++) name[i] = ascii_lower(host.at[i]);
  fill(&pair, search(index, span_from(name, host.len)));
  size_t dot = span_find(span_from(name, host.len), '.');
  if (dot == 0 || dot == host.len) return pair;
  name[dot - 1] = '*'; /* "www.example.kz" becomes "ww*.example.kz": the wildcard starts there */
  fill(&pair, search(index, span_from(name + dot - 1, host.len - dot + 1)));
  return pair;
}
