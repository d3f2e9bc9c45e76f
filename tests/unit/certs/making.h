// SPDX-License-Identifier: Apache-2.0
/** For the tests of certs/: a folder that goes away, files in it, and certificates as each test wants them. */
#ifndef TESTS_UNIT_CERTS_MAKING_H
#define TESTS_UNIT_CERTS_MAKING_H

#include "certs/issue.h"
#include "certs/pem.h"
#include "certs/whole_file.h"

#include <ftw.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define NOW ((real_ms)1790000000000) /* 2026-09-21 */
#define DAY ((real_ms)86400000)

struct making_folder {
  char path[64];
};

/* The CA that signs for every test of one program. */
static X509 *making_ca;
static EVP_PKEY *making_ca_key;

static inline int making_setup(void **state) {
  static struct making_folder folder;
  snprintf(folder.path, sizeof(folder.path), "/tmp/qorgan-certs-XXXXXX");
  *state = mkdtemp(folder.path) ? &folder : NULL;
  return *state ? 0 : -1;
}

static inline int making_unlink(const char *path, const struct stat *st, int kind, struct FTW *at) {
  return remove(path);
}

static inline int making_teardown(void **state) {
  return nftw(((struct making_folder *)*state)->path, making_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

/** "FOLDER/NAME": one of eight texts that take turns. */
static inline const char *making_path(void **state, const char *name) {
  static char texts[8][256];
  static unsigned turn;
  char *text = texts[turn++ % 8];
  snprintf(text, sizeof(texts[0]), "%s/%s", ((struct making_folder *)*state)->path, name);
  return text;
}

static inline void making_write(const char *path, const char *text, mode_t mode) {
  struct why why;
  assert_int_equal(whole_file_replace(path, mode, span_of(text), &why), OK);
}

static inline void making_need_ca(void) {
  static const struct span any[] = {SPAN("kz"), SPAN("test"), SPAN("0.0.0.0/0"), SPAN("::/0")};
  struct issue_terms terms = {"Test CA", any, 4, NOW - 1000 * DAY, NOW + 1000 * DAY};
  if (making_ca) return;
  making_ca_key = issue_key(CERT_EC);
  making_ca = issue_ca(making_ca_key, &terms);
  assert_non_null(making_ca);
}

static inline int making_end(void **state) {
  X509_free(making_ca);
  EVP_PKEY_free(making_ca_key);
  return 0;
}

/** A leaf for `key` with those names (NULL at the end), from `begin` to `end`; the caller's. */
static inline X509 *making_leaf(EVP_PKEY *key, real_ms begin, real_ms end,
                                const char *const *names) {
  struct span spans[128];
  size_t count = 0;
  making_need_ca();
  while (names[count]) {
    spans[count] = span_of(names[count]);
    count++;
  }
  struct issue_terms terms = {"leaf", spans, count, begin, end};
  X509 *leaf = issue_leaf(key, &terms, making_ca, making_ca_key);
  assert_non_null(leaf);
  return leaf;
}

/** The pair in two files. */
static inline void making_files(const char *certificate, const char *key_path, EVP_PKEY *key,
                                real_ms begin, real_ms end, const char *const *names) {
  struct why why;
  X509 *leaf = making_leaf(key, begin, end, names);
  assert_int_equal(pem_write_certificate(certificate, leaf, &why), OK);
  assert_int_equal(pem_write_key(key_path, key, &why), OK);
  X509_free(leaf);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
