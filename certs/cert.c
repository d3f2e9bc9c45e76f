// SPDX-License-Identifier: Apache-2.0
#include "certs/cert.h"

#include "certs/names.h"
#include "certs/pem.h"
#include "rules/base/log.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <time.h>

static const struct kind_row {
  const char *name;
  int type, bits_min;
} kinds[] = {
#define X(name, type, bits) [CERT_##name] = {#name, type, bits},
    CERT_KIND_TABLE(X)
#undef X
};

static int check_kind(struct cert *c, const char *path, struct arena *arena, struct why *why) {
  int type = EVP_PKEY_get_base_id(c->key), bits = EVP_PKEY_get_bits(c->key);
  size_t kind = 0;
  while (kind < CERT_KIND_COUNT && kinds[kind].type != type) kind++;
  if (kind == CERT_KIND_COUNT) {
    const char *name = EVP_PKEY_get0_type_name(c->key);
    return why_say(why, ERR_UNSUPPORTED,
                   "%s: browsers take no key of kind %s. Make a new one: EC P-256, or RSA with "
                   "2048 bits",
                   path, name ? name : "unknown");
  }
  if (bits < kinds[kind].bits_min) {
    return why_say(why, ERR_RANGE,
                   "%s: an %s key of %d bits is too weak, %d are the least. Make a new key and "
                   "request a new certificate",
                   path, kinds[kind].name, bits, kinds[kind].bits_min);
  }
  c->kind = (enum cert_kind)kind;
  char group[64] = "";
  EVP_PKEY_get_group_name(c->key, group, sizeof(group), NULL);
  ERR_clear_error(); /* RSA has no group */
  const char *curve = EC_curve_nid2nist(OBJ_txt2nid(group));
  c->kind_text = c->kind == CERT_EC ? arena_printf(arena, "EC %s", curve ? curve : group)
                                    : arena_printf(arena, "RSA %d", bits);
  return OK;
}

/** Whether the key is the leaf's; if it is that of a later certificate, the order of the file is the fault. */
static int check_match(const struct cert *c, struct why *why) {
  const char *certificate = c->certificate_path.at, *key = c->key_path.at;
  bool own = X509_check_private_key(c->leaf, c->key) == 1, later = false;
  for (int i = 0; !own && i < sk_X509_num(c->chain); i++) {
    later |= X509_check_private_key(sk_X509_value(c->chain, i), c->key) == 1;
  }
  ERR_clear_error();
  if (own) return OK;
  if (later) {
    return why_say(why, ERR_SYNTAX,
                   "%s: the server's own certificate must stand first, the one that %s belongs to "
                   "stands further down. Put it on top",
                   certificate, key);
  }
  return why_say(why, ERR_SYNTAX,
                 "%s: %s is the key of another certificate. Give the key that this certificate was "
                 "requested with",
                 certificate, key);
}

static real_ms time_of(const ASN1_TIME *at) {
  struct tm tm;
  if (ASN1_TIME_to_tm(at, &tm) != 1) {
    ERR_clear_error();
    return 0; /* a date that cannot be read counts as long past, and is warned of */
  }
  return (real_ms)timegm(&tm) * 1000;
}

static int describe(struct cert *c, struct arena *arena, struct why *why) {
  int err = names_of(c->leaf, arena, &c->names, &c->name_count);
  if (err == ERR_SYNTAX) {
    return why_say(why, err, "%s: its subject alternative names do not parse. Request it anew",
                   c->certificate_path.at);
  }
  c->not_before = time_of(X509_get0_notBefore(c->leaf));
  c->not_after = time_of(X509_get0_notAfter(c->leaf));
  c->issuer = names_for_people(X509_get_issuer_name(c->leaf), arena);
  c->is_ca = X509_check_ca(c->leaf) == 1;
  if (!arena->failed) return OK;
  return why_say(why, ERR_MEMORY, "%s: %s", c->certificate_path.at, err_text(ERR_MEMORY));
}

static void advise(const struct cert *c, mode_t key_mode) {
  if (key_mode & S_IRWXO) {
    log_warn("%s: anybody on this machine may read this key. Close it with: chmod o= %s",
             c->key_path.at, c->key_path.at);
  }
  X509 *below = c->leaf;
  for (int i = 0; i < sk_X509_num(c->chain); i++) {
    X509 *issuer = sk_X509_value(c->chain, i);
    if (X509_check_issued(issuer, below) != X509_V_OK) {
      log_warn("%s: certificate number %d did not issue the one before it; some clients will "
               "refuse the chain. Put the intermediates in order",
               c->certificate_path.at, i + 2);
      return;
    }
    below = issuer;
  }
}

int cert_load(const char *certificate_path, const char *key_path, struct arena *arena,
              struct cert *out, struct why *why) {
  struct cert c = {.certificate_path = arena_copy(arena, span_of(certificate_path)),
                   .key_path = arena_copy(arena, span_of(key_path))};
  *out = (struct cert){0};
  if (arena->failed) return why_say(why, ERR_MEMORY, "%s: out of memory", certificate_path);
  mode_t key_mode = 0;
  int err = pem_read_chain(certificate_path, &c.leaf, &c.chain, why);
  if (!err) err = pem_read_key(key_path, &c.key, &key_mode, why);
  if (!err) err = check_kind(&c, key_path, arena, why);
  if (!err) err = check_match(&c, why);
  if (!err) err = describe(&c, arena, why);
  if (err) {
    cert_fini(&c);
    return err;
  }
  advise(&c, key_mode);
  *out = c;
  return OK;
}

void cert_fini(struct cert *c) {
  X509_free(c->leaf);
  sk_X509_pop_free(c->chain, X509_free);
  EVP_PKEY_free(c->key);
  *c = (struct cert){0};
}
