// SPDX-License-Identifier: Apache-2.0
#include "certs/store.h"

#include "certs/folder.h"
#include "rules/base/log.h"
#include "rules/base/require.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { TEXT_BYTES_MAX = 64 << 20 }; /* names, paths and index of one store; past it ERR_MEMORY */

struct cert_store {
  atomic_uint refs;
  struct arena arena; /* texts, names, rows */
  struct cert *certs;
  size_t count, room;
  struct name_index index;
  struct cert_pair fallback;
};

static void store_free(struct cert_store *s) {
  for (size_t i = 0; i < s->count; i++) cert_fini(&s->certs[i]);
  free(s->certs);
  arena_fini(&s->arena);
  free(s);
}

/** A free place at the end of the array, or NULL. Places move while the store is built. */
static struct cert *place(struct cert_store *s) {
  if (s->count < s->room) return &s->certs[s->count];
  size_t room = s->room ? s->room * 2 : 8;
  struct cert *certs = realloc(s->certs, room * sizeof(*certs));
  if (!certs) return NULL;
  s->certs = certs;
  s->room = room;
  return &s->certs[s->count];
}

static int add_pair(struct cert_store *s, const char *certificate, const char *key,
                    struct why *why) {
  if (s->count == CERT_STORE_MAX) {
    return why_say(why, ERR_FULL, "%s: there are %d certificates already, and that is the most",
                   certificate, CERT_STORE_MAX);
  }
  struct cert *cert = place(s);
  if (!cert) return why_say(why, ERR_MEMORY, "%s: %s", certificate, err_text(ERR_MEMORY));
  int err = cert_load(certificate, key, &s->arena, cert, why);
  if (!err) s->count++;
  return err;
}

static int add_found(void *context, const char *certificate, const char *key, struct why *why) {
  struct cert_store *s = context;
  int err = add_pair(s, certificate, key, why);
  if (err) return err;
  struct cert *last = &s->certs[s->count - 1];
  if (!last->is_ca || last->name_count) return OK;
  log_info("%s: left out, it is a CA's own certificate", certificate);
  cert_fini(last);
  s->count--;
  return OK;
}

static int add_source(struct cert_store *s, const struct cert_source *source, struct why *why) {
  if (source->directory) {
    size_t before = s->count;
    int err = folder_scan(source->directory, add_found, s, why);
    if (err || s->count > before) return err;
    return why_say(why, ERR_NOT_FOUND, "%s: only CA certificates in it, none of a server",
                   source->directory);
  }
  return add_pair(s, source->certificate, source->key, why);
}

/** The first certificate of its kind stays in the pair, whatever else its name has. */
static struct cert_pair choose_fallback(const struct cert_store *s) {
  const struct cert *first = &s->certs[0];
  struct cert_pair pair = {{NULL}};
  if (first->name_count) pair = name_index_find(&s->index, first->names[0]);
  if (!pair.of[first->kind]) pair.of[first->kind] = first;
  return pair;
}

static int build(struct cert_store *s, const struct cert_source *sources, size_t count, real_ms now,
                 struct why *why) {
  for (size_t i = 0; i < count; i++) {
    int err = add_source(s, &sources[i], why);
    if (err) return err;
  }
  if (s->count == 0) {
    return why_say(why, ERR_NOT_FOUND,
                   "no certificate is configured. For a trial, make one with: qorgan certs dev");
  }
  if (name_index_build(s->certs, s->count, now, &s->arena, &s->index)) {
    return why_say(why, ERR_MEMORY, "%zu certificates: %s", s->count, err_text(ERR_MEMORY));
  }
  s->fallback = choose_fallback(s);
  return OK;
}

int cert_store_new(const struct cert_source *sources, size_t count, real_ms now,
                   struct cert_store **out, struct why *why) {
  struct cert_store *s = calloc(1, sizeof(*s));
  if (!s) return why_say(why, ERR_MEMORY, "certificates: %s", err_text(ERR_MEMORY));
  atomic_init(&s->refs, 1);
  arena_init(&s->arena, NULL, 0, TEXT_BYTES_MAX);
  int err = build(s, sources, count, now, why);
  if (err)
    store_free(s);
  else
    *out = s;
  return err;
}

struct cert_store *cert_store_hold(struct cert_store *s) {
  atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
  return s;
}

void cert_store_drop(struct cert_store **s) {
  struct cert_store *mine = *s;
  *s = NULL;
  if (!mine) return;
  unsigned before = atomic_fetch_sub_explicit(&mine->refs, 1, memory_order_acq_rel);
  require(before > 0);
  if (before == 1) store_free(mine);
}

struct cert_pair cert_store_find(const struct cert_store *s, struct span host) {
  struct cert_pair pair = name_index_find(&s->index, host);
  for (int kind = 0; kind < CERT_KIND_COUNT; kind++) {
    if (pair.of[kind]) return pair;
  }
  return s->fallback;
}

struct cert_pair cert_store_fallback(const struct cert_store *s) {
  return s->fallback;
}

size_t cert_store_count(const struct cert_store *s) {
  return s->count;
}

const struct cert *cert_store_at(const struct cert_store *s, size_t index) {
  require(index < s->count);
  return &s->certs[index];
}

int cert_pair_apply(const struct cert_pair *pair, SSL *ssl) {
  SSL_certs_clear(ssl);
  SSL_set_mode(ssl, SSL_MODE_NO_AUTO_CHAIN);
  for (int kind = 0; kind < CERT_KIND_COUNT; kind++) {
    const struct cert *c = pair->of[kind];
    if (!c || SSL_use_cert_and_key(ssl, c->leaf, c->key, c->chain, 1) == 1) continue;
    ERR_clear_error();
    return ERR_TLS;
  }
  return OK;
}

int cert_pair_install(const struct cert_pair *pair, SSL_CTX *ctx) {
  SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
  for (int kind = 0; kind < CERT_KIND_COUNT; kind++) {
    const struct cert *c = pair->of[kind];
    if (!c || SSL_CTX_use_cert_and_key(ctx, c->leaf, c->key, c->chain, 1) == 1) continue;
    ERR_clear_error();
    return ERR_TLS;
  }
  return OK;
}
