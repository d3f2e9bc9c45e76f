// SPDX-License-Identifier: Apache-2.0
#include "certs/dev_ca.h"

#include "certs/issue.h"
#include "certs/names.h"
#include "certs/pem.h"
#include "certs/whole_file.h"
#include "rules/base/addr.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARENA_BYTES_MAX = 1 << 20 };

static const real_ms DAY_MS = 86400000;
static const real_ms SKEW_MS = 3600000; /* for clients whose clock is behind ours */

static const struct span DEFAULT_NAMES[] = {SPAN("localhost"), SPAN("127.0.0.1"), SPAN("::1")};

/* What every development CA may sign for: names that never leave the house (RFC 6761, RFC 9476, RFC 8375, RFC 6762)
 * and addresses that never do (RFC 1122 §3.2.1.3, RFC 1918, RFC 4291 §2.5.3, RFC 4193). */
static const struct span LOCAL_NAMES[] = {
    SPAN("localhost"),  SPAN("test"),          SPAN("example"),        SPAN("invalid"),
    SPAN("internal"),   SPAN("local"),         SPAN("home.arpa"),      SPAN("127.0.0.0/8"),
    SPAN("10.0.0.0/8"), SPAN("172.16.0.0/12"), SPAN("192.168.0.0/16"), SPAN("::1/128"),
    SPAN("fc00::/7"),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One run: the wish, the four names, and what is to be said. */
struct making {
  const struct span *names;
  size_t name_count;
  const struct dev_ca_wish *wish;
  const char *ca_path, *ca_key_path, *leaf_path, *leaf_key_path;
  real_ms now;
  struct dev_ca *out;
  struct why *why;
};

static int check_names(const struct making *m) {
  struct addr addr;
  if (m->name_count > DEV_CA_NAMES_MAX) {
    return why_say(m->why, ERR_RANGE, "%zu names are asked for, %d are the most", m->name_count,
                   DEV_CA_NAMES_MAX);
  }
  for (size_t i = 0; i < m->name_count; i++) {
    struct span name = m->names[i];
    if (addr_parse(name, &addr) == OK || names_is_host(name)) continue;
    return why_say(m->why, ERR_SYNTAX,
                   "'%.*s' is no host name and no IP address. Write names like www.example.test, "
                   "*.example.test or 192.168.0.7; other alphabets as A-labels (xn--…)",
                   SPAN_ARG(name));
  }
  return OK;
}

static int make_folder(const struct making *m) {
  if (mkdir(m->wish->folder, 0700) == 0 || errno == EEXIST) return OK;
  int code = errno;
  return why_say(m->why, err_from_errno(code), "%s: cannot make the folder: %s", m->wish->folder,
                 strerror(code));
}

static bool exists(const char *path) {
  return access(path, F_OK) == 0;
}

static int say_openssl(const struct making *m, const char *path) {
  return why_say(m->why, ERR_TLS, "%s: cannot be made: %s", path, why_openssl());
}

static int write_pair(const struct making *m, const char *path, const X509 *x, const char *key_path,
                      const EVP_PKEY *key) {
  int err = pem_write_certificate(path, x, m->why);
  return err ? err : pem_write_key(key_path, key, m->why);
}

static int make_ca(const struct making *m) {
  struct span names[COUNT(LOCAL_NAMES) + DEV_CA_NAMES_MAX];
  memcpy(names, LOCAL_NAMES, sizeof(LOCAL_NAMES));
  memcpy(names + COUNT(LOCAL_NAMES), m->names, m->name_count * sizeof(*names));
  struct issue_terms terms = {.common_name = DEV_CA_COMMON_NAME,
                              .names = names,
                              .name_count = COUNT(LOCAL_NAMES) + m->name_count,
                              .not_before = m->now - SKEW_MS,
                              .not_after = m->now + DEV_CA_DAYS * DAY_MS};
  EVP_PKEY *key = issue_key(CERT_EC);
  X509 *ca = key ? issue_ca(key, &terms) : NULL;
  int err = ca ? write_pair(m, m->ca_path, ca, m->ca_key_path, key) : say_openssl(m, m->ca_path);
  X509_free(ca);
  EVP_PKEY_free(key);
  m->out->ca_made = true;
  return err;
}

static bool ends_soon(const struct cert *c, real_ms now) {
  return c->not_after - now < DEV_CA_RENEW_DAYS * DAY_MS;
}

/** The folder's CA, made when there is none or when it ends soon. One that is not ours, or half gone, is left alone. */
static int have_ca(const struct making *m) {
  struct dev_ca *out = m->out;
  bool has_ca = exists(m->ca_path), has_key = exists(m->ca_key_path);
  if (has_ca != has_key) {
    return why_say(m->why, ERR_NOT_FOUND,
                   "%s: is not there, but %s is. Bring it back, or remove both to start anew",
                   has_ca ? m->ca_key_path : m->ca_path, has_ca ? m->ca_path : m->ca_key_path);
  }
  int err = has_ca ? OK : make_ca(m);
  if (!err) err = cert_load(m->ca_path, m->ca_key_path, &out->arena, &out->ca, m->why);
  if (err) return err;
  if (!span_eq(out->ca.issuer, SPAN(DEV_CA_COMMON_NAME))) {
    return why_say(m->why, ERR_EXISTS,
                   "%s: was not made by this command. Choose another folder with --out",
                   m->ca_path);
  }
  if (!ends_soon(&out->ca, m->now)) return OK;
  cert_fini(&out->ca);
  err = make_ca(m);
  return err ? err : cert_load(m->ca_path, m->ca_key_path, &out->arena, &out->ca, m->why);
}

/** Before anything is written: a server's certificate of somebody else's making must not be replaced. */
static int guard_leaf(const struct making *m) {
  X509 *leaf;
  STACK_OF(X509) * chain;
  bool has_key = exists(m->leaf_key_path);
  if (!exists(m->leaf_path) && !has_key) return OK;
  int err = pem_read_chain(m->leaf_path, &leaf, &chain, m->why);
  bool ours = false;
  if (!err) {
    struct span issuer = names_for_people(X509_get_issuer_name(leaf), &m->out->arena);
    ours = span_eq(issuer, SPAN(DEV_CA_COMMON_NAME));
    X509_free(leaf);
    sk_X509_pop_free(chain, X509_free);
  }
  if (ours) return OK;
  return why_say(m->why, ERR_EXISTS,
                 "%s: was not made by this command and is left alone. Choose another folder with "
                 "--out",
                 has_key && err == ERR_NOT_FOUND ? m->leaf_key_path : m->leaf_path);
}

static bool names_hold(const struct span *names, size_t count, struct span name) {
  for (size_t i = 0; i < count; i++) {
    struct addr a, b;
    if (span_eq_nocase(names[i], name)) return true;
    if (!addr_parse(names[i], &a) && !addr_parse(name, &b) && addr_eq(&a, &b)) return true;
  }
  return false;
}

/** Whether the leaf that is there does what is wished for. */
static bool leaf_serves(const struct making *m, const struct cert *leaf) {
  if (leaf->kind != m->wish->kind || ends_soon(leaf, m->now)) return false;
  for (size_t i = 0; i < m->name_count; i++) {
    if (!names_hold(leaf->names, leaf->name_count, m->names[i])) return false;
  }
  for (size_t i = 0; i < leaf->name_count; i++) {
    if (!names_hold(m->names, m->name_count, leaf->names[i])) return false;
  }
  bool signed_by_ca = X509_verify(leaf->leaf, m->out->ca.key) == 1;
  ERR_clear_error();
  return signed_by_ca;
}

static int make_leaf(const struct making *m) {
  struct issue_terms terms = {.common_name = "Qorgan development certificate",
                              .names = m->names,
                              .name_count = m->name_count,
                              .not_before = m->now - SKEW_MS,
                              .not_after = m->now + DEV_CA_LEAF_DAYS * DAY_MS};
  const struct cert *ca = &m->out->ca;
  if (terms.not_after > ca->not_after) terms.not_after = ca->not_after;
  EVP_PKEY *key = issue_key(m->wish->kind);
  X509 *leaf = key ? issue_leaf(key, &terms, ca->leaf, ca->key) : NULL;
  int err = OK;
  if (!leaf) {
    err = say_openssl(m, m->leaf_path);
  } else if (!issue_permits(ca->leaf, leaf)) {
    err = why_say(m->why, ERR_RANGE,
                  "%s: this CA may not sign for one of the names asked for: it is held to local "
                  "names and to those it was made with. Remove it and %s, or choose another folder "
                  "with --out; a new CA must be trusted anew",
                  m->ca_path, m->ca_key_path);
  } else {
    err = write_pair(m, m->leaf_path, leaf, m->leaf_key_path, key);
  }
  X509_free(leaf);
  EVP_PKEY_free(key);
  m->out->leaf_made = true;
  return err;
}

static int have_leaf(const struct making *m) {
  struct dev_ca *out = m->out;
  struct why unfit; /* a pair that cannot be read is ours and simply made anew */
  if (exists(m->leaf_path) &&
      !cert_load(m->leaf_path, m->leaf_key_path, &out->arena, &out->leaf, &unfit)) {
    if (leaf_serves(m, &out->leaf)) return OK;
    cert_fini(&out->leaf);
  }
  int err = make_leaf(m);
  return err ? err : cert_load(m->leaf_path, m->leaf_key_path, &out->arena, &out->leaf, m->why);
}

static const char *path_in(struct arena *arena, const char *folder, const char *name) {
  return arena_printf(arena, "%s/%s", folder, name).at;
}

int dev_ca_make(const struct dev_ca_wish *wish, real_ms now, struct dev_ca *out, struct why *why) {
  *out = (struct dev_ca){0};
  arena_init(&out->arena, NULL, 0, ARENA_BYTES_MAX);
  bool asked = wish->name_count > 0;
  struct making m = {.names = asked ? wish->names : DEFAULT_NAMES,
                     .name_count = asked ? wish->name_count : COUNT(DEFAULT_NAMES),
                     .wish = wish,
                     .ca_path = path_in(&out->arena, wish->folder, "ca.pem"),
                     .ca_key_path = path_in(&out->arena, wish->folder, "ca.key"),
                     .leaf_path = path_in(&out->arena, wish->folder, "cert.pem"),
                     .leaf_key_path = path_in(&out->arena, wish->folder, "key.pem"),
                     .now = now,
                     .out = out,
                     .why = why};
  int err = out->arena.failed ? why_say(why, ERR_MEMORY, "%s: out of memory", wish->folder) : OK;
  if (!err) err = check_names(&m);
  if (!err) err = make_folder(&m);
  if (!err) err = guard_leaf(&m);
  if (!err) err = have_ca(&m);
  if (!err) err = have_leaf(&m);
  if (err) dev_ca_fini(out);
  return err;
}

void dev_ca_fini(struct dev_ca *d) {
  cert_fini(&d->ca);
  cert_fini(&d->leaf);
  arena_fini(&d->arena);
  *d = (struct dev_ca){0};
}
