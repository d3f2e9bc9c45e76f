// SPDX-License-Identifier: Apache-2.0
#include "certs/issue.h"

#include "certs/names.h"
#include "rules/base/addr.h"
#include "rules/base/buf.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

enum { SERIAL_BYTES = 16, EXTENSION_TEXT_MAX = 262144 };

EVP_PKEY *issue_key(enum cert_kind kind) {
  return kind == CERT_EC ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
}

/** Random and positive (RFC 5280 §4.1.2.2). */
static bool set_serial(X509 *x) {
  unsigned char bytes[SERIAL_BYTES];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) return false;
  bytes[0] = (bytes[0] & 0x7f) | 0x40;
  BIGNUM *number = BN_bin2bn(bytes, sizeof(bytes), NULL);
  bool done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
  BN_free(number);
  return done;
}

static bool set_times(X509 *x, const struct issue_terms *terms) {
  return ASN1_TIME_set(X509_getm_notBefore(x), terms->not_before / 1000) &&
         ASN1_TIME_set(X509_getm_notAfter(x), terms->not_after / 1000);
}

static bool set_subject(X509 *x, const char *common_name) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                                    (const unsigned char *)common_name, -1, -1, 0) == 1;
}

static bool add_extension(X509 *x, X509 *issuer, int nid, const char *value) {
  X509V3_CTX ctx;
  X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
  X509_EXTENSION *made = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
  bool done = made && X509_add_ext(x, made, -1) == 1;
  X509_EXTENSION_free(made);
  return done;
}

static struct addr mask_of(unsigned bits) {
  struct addr mask = {{0}};
  for (unsigned i = 0; i < bits; i++) mask.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
  return mask;
}

/* Each puts one name, and only what is one: so no name can smuggle a comma into OpenSSL's little language. */
typedef bool put_name(struct buf *text, struct span name);

/** "permitted;IP:10.0.0.0/255.0.0.0", "permitted;DNS:example.kz" for "*.example.kz". */
static bool put_permitted(struct buf *text, struct span name) {
  struct prefix prefix;
  if (prefix_parse(name, &prefix)) {
    if (!names_is_host(name)) return false;
    if (span_starts(name, SPAN("*."))) name = span_skip(name, 2);
    return buf_printf(text, ",permitted;DNS:%.*s", SPAN_ARG(name));
  }
  struct addr mask = mask_of(prefix.bits);
  if (addr_is_v4(&prefix.addr)) memcpy(mask.bytes, prefix.addr.bytes, 12);
  char base[ADDR_TEXT_MAX], cover[ADDR_TEXT_MAX];
  addr_format(&prefix.addr, base);
  addr_format(&mask, cover);
  return buf_printf(text, ",permitted;IP:%s/%s", base, cover);
}

static bool put_alternative(struct buf *text, struct span name) {
  struct addr addr;
  if (addr_parse(name, &addr) == OK) return buf_printf(text, ",IP:%.*s", SPAN_ARG(name));
  return names_is_host(name) && buf_printf(text, ",DNS:%.*s", SPAN_ARG(name));
}

/** One extension made of all names, of which there is at least one. */
static bool add_names(X509 *x, int nid, const char *start, const struct issue_terms *terms,
                      put_name *put) {
  struct buf text;
  buf_init(&text, EXTENSION_TEXT_MAX);
  bool done = terms->name_count > 0 && (!*start || buf_put_text(&text, start));
  for (size_t i = 0; done && i < terms->name_count; i++) done = put(&text, terms->names[i]);
  done = done && buf_put_byte(&text, '\0');
  /* without a start, the first comma is skipped */
  done = done && add_extension(x, NULL, nid, buf_span(&text).at + (*start ? 0 : 1));
  buf_fini(&text);
  return done;
}

static X509 *begin(EVP_PKEY *key, const struct issue_terms *terms) {
  X509 *x = X509_new();
  if (x && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) && set_times(x, terms) &&
      set_subject(x, terms->common_name) && X509_set_pubkey(x, key) == 1) {
    return x;
  }
  X509_free(x);
  return NULL;
}

/** The certificate if all went well; else it is freed, and what OpenSSL said is dropped. */
static X509 *finish(X509 *x, bool done) {
  if (done) return x;
  X509_free(x);
  ERR_clear_error();
  return NULL;
}

X509 *issue_ca(EVP_PKEY *key, const struct issue_terms *terms) {
  X509 *x = begin(key, terms);
  bool done = x && X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 &&
              add_extension(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
              add_extension(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
              add_extension(x, x, NID_subject_key_identifier, "hash") &&
              add_names(x, NID_name_constraints, "critical", terms, put_permitted) &&
              X509_sign(x, key, EVP_sha256()) > 0;
  return finish(x, done);
}

X509 *issue_leaf(EVP_PKEY *key, const struct issue_terms *terms, X509 *ca, EVP_PKEY *ca_key) {
  X509 *x = begin(key, terms);
  bool done = x && X509_set_issuer_name(x, X509_get_subject_name(ca)) == 1 &&
              add_extension(x, ca, NID_basic_constraints, "critical,CA:FALSE") &&
              add_extension(x, ca, NID_key_usage, "critical,digitalSignature") &&
              add_extension(x, ca, NID_ext_key_usage, "serverAuth") &&
              add_extension(x, ca, NID_subject_key_identifier, "hash") &&
              add_extension(x, ca, NID_authority_key_identifier, "keyid:always") &&
              add_names(x, NID_subject_alt_name, "", terms, put_alternative) &&
              X509_sign(x, ca_key, EVP_sha256()) > 0;
  return finish(x, done);
}

bool issue_permits(X509 *ca, X509 *leaf) {
  X509_check_purpose(leaf, -1, 0); /* parses the extensions, which the check below only looks at */
  NAME_CONSTRAINTS *bounds = X509_get_ext_d2i(ca, NID_name_constraints, NULL, NULL);
  bool permitted = !bounds || NAME_CONSTRAINTS_check(leaf, bounds) == X509_V_OK;
  NAME_CONSTRAINTS_free(bounds);
  ERR_clear_error();
  return permitted;
}
