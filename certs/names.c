// SPDX-License-Identifier: Apache-2.0
#include "certs/names.h"

#include "rules/base/addr.h"
#include "rules/base/err.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

static bool is_label(struct span label) {
  if (label.len == 0 || label.len > 63) return false;
  for (size_t i = 0; i < label.len; i++) {
    char c = ascii_lower(label.at[i]);
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) return false;
  }
  return true;
}

bool names_is_host(struct span name) {
  if (name.len == 0 || name.len > NAMES_HOST_MAX || name.at[name.len - 1] == '.') return false;
  if (span_starts(name, SPAN("*."))) name = span_skip(name, 2);
  do {
    if (!is_label(span_cut(&name, '.'))) return false;
  } while (name.len);
  return true;
}

static struct span lowered(struct arena *arena, struct span name) {
  char *copy = arena_take(arena, name.len);
  for (size_t i = 0; copy && i < name.len; i++) copy[i] = ascii_lower(name.at[i]);
  return span_from(copy, copy ? name.len : 0);
}

static struct span address_text(struct arena *arena, const ASN1_OCTET_STRING *octets) {
  char text[ADDR_TEXT_MAX];
  struct addr addr;
  const unsigned char *bytes = ASN1_STRING_get0_data(octets);
  switch (ASN1_STRING_length(octets)) {
  case 4: addr = addr_from_v4(bytes); break;
  case 16: memcpy(addr.bytes, bytes, 16); break;
  default: return span_from(NULL, 0);
  }
  return arena_copy(arena, span_from(text, addr_format(&addr, text)));
}

/** Empty for a name of no use to a server. */
static struct span name_text(struct arena *arena, const GENERAL_NAME *name) {
  int type;
  const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
  if (type == GEN_IPADD) return address_text(arena, value);
  if (type != GEN_DNS) return span_from(NULL, 0);
  struct span host = span_from(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
  return names_is_host(host) ? lowered(arena, host) : span_from(NULL, 0);
}

/** The last entry of that kind as UTF-8, OpenSSL's to free; NULL: there is none. */
static unsigned char *entry_text(const X509_NAME *who, int nid, int *len) {
  int at = -1, next;
  while ((next = X509_NAME_get_index_by_NID(who, nid, at)) >= 0) at = next;
  unsigned char *text = NULL;
  if (at < 0) return NULL;
  *len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(who, at)));
  return *len >= 0 ? text : NULL;
}

static void add_common_name(const X509 *certificate, struct arena *arena, struct span *names,
                            size_t *count) {
  int len;
  unsigned char *text = entry_text(X509_get_subject_name(certificate), NID_commonName, &len);
  if (text && names_is_host(span_from(text, (size_t)len))) {
    names[(*count)++] = lowered(arena, span_from(text, (size_t)len));
  }
  OPENSSL_free(text);
}

int names_of(const X509 *certificate, struct arena *arena, struct span **out, size_t *count) {
  int critical; /* -1: the extension is not there; otherwise it was there, and NULL means broken */
  GENERAL_NAMES *all = X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, NULL);
  ERR_clear_error();
  if (!all && critical != -1) return ERR_SYNTAX;
  int total = all ? sk_GENERAL_NAME_num(all) : 0;
  struct span *names = arena_zero(arena, ((size_t)total + 1) * sizeof(*names));
  size_t found = 0;
  bool hosts = false;
  for (int i = 0; names && i < total; i++) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
    struct span text = name_text(arena, name);
    if (text.at) names[found++] = text;
    hosts |= name->type == GEN_DNS;
  }
  GENERAL_NAMES_free(all);
  if (names && !hosts) add_common_name(certificate, arena, names, &found);
  if (arena->failed) return ERR_MEMORY;
  *out = names;
  *count = found;
  return OK;
}

struct span names_for_people(const X509_NAME *who, struct arena *arena) {
  int len = 0;
  unsigned char *text = entry_text(who, NID_commonName, &len);
  if (!text) text = entry_text(who, NID_organizationName, &len);
  for (int i = 0; text && i < len; i++) {
    if (text[i] < 0x20 || text[i] == 0x7f) text[i] = '?';
  }
  struct span shown = arena_copy(arena, text ? span_from(text, (size_t)len) : SPAN("-"));
  OPENSSL_free(text);
  return shown;
}
