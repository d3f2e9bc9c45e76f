// SPDX-License-Identifier: Apache-2.0
#include "certs/pem.h"

#include "certs/whole_file.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

static bool at_end(void) {
  unsigned long last = ERR_peek_last_error();
  return ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

/** Why the certificate after `read` good ones could not be had; OK: because the file ends there. */
static int end_of_chain(const char *path, int read, struct why *why) {
  if (!at_end()) {
    return why_say(why, ERR_SYNTAX,
                   "%s: certificate number %d is broken (%s). Copy the file again, in whole", path,
                   read + 1, why_openssl());
  }
  ERR_clear_error();
  if (read) return OK;
  return why_say(why, ERR_SYNTAX,
                 "%s: no line BEGIN CERTIFICATE in it. If it is DER, turn it with: openssl x509 "
                 "-inform DER -in %s -out NEW.pem",
                 path, path);
}

static int take_chain(const char *path, BIO *from, X509 **leaf, STACK_OF(X509) * chain,
                      struct why *why) {
  *leaf = PEM_read_bio_X509(from, NULL, NULL, NULL);
  if (!*leaf) return end_of_chain(path, 0, why);
  for (int read = 1;; read++) {
    X509 *next = PEM_read_bio_X509(from, NULL, NULL, NULL);
    if (!next) return end_of_chain(path, read, why);
    bool room = read <= PEM_CHAIN_MAX;
    if (room && sk_X509_push(chain, next) > 0) continue;
    X509_free(next);
    if (room) return why_say(why, ERR_MEMORY, "%s: %s", path, err_text(ERR_MEMORY));
    return why_say(why, ERR_FULL,
                   "%s: more than %d certificates after the first. Keep the server's own and its "
                   "intermediates only",
                   path, PEM_CHAIN_MAX);
  }
}

int pem_read_chain(const char *path, X509 **leaf, STACK_OF(X509) * *chain, struct why *why) {
  struct whole_file file;
  int err = whole_file_read(path, &file, why);
  if (err) return err;
  X509 *first = NULL;
  STACK_OF(X509) *rest = sk_X509_new_null();
  BIO *from = BIO_new_mem_buf(file.at, (int)file.len);
  err = from && rest ? take_chain(path, from, &first, rest, why)
                     : why_say(why, ERR_MEMORY, "%s: %s", path, err_text(ERR_MEMORY));
  BIO_free(from);
  whole_file_fini(&file);
  if (err) {
    X509_free(first);
    sk_X509_pop_free(rest, X509_free);
    return err;
  }
  *leaf = first;
  *chain = rest;
  return OK;
}

static int no_passphrase(char *buf, int size, int writing, void *asked) {
  *(bool *)asked = true;
  return -1;
}

static int take_key(const char *path, struct span text, EVP_PKEY **key, struct why *why) {
  bool asked = false;
  BIO *from = BIO_new_mem_buf(text.at, (int)text.len);
  if (!from) return why_say(why, ERR_MEMORY, "%s: %s", path, err_text(ERR_MEMORY));
  *key = PEM_read_bio_PrivateKey(from, NULL, no_passphrase, &asked);
  BIO_free(from);
  if (*key) return OK;
  if (asked) {
    ERR_clear_error();
    return why_say(why, ERR_UNSUPPORTED,
                   "%s: the key is behind a passphrase. Take it off with: openssl pkey -in %s "
                   "-out NEW.key",
                   path, path);
  }
  ERR_clear_error(); /* OpenSSL tries many decoders here, and its last word is of no help */
  if (!memmem(text.at, text.len, "PRIVATE KEY-----", strlen("PRIVATE KEY-----"))) {
    return why_say(why, ERR_SYNTAX,
                   "%s: no private key in it (a line BEGIN … PRIVATE KEY). Are certificate and "
                   "key swapped?",
                   path);
  }
  return why_say(why, ERR_SYNTAX, "%s: the key is broken. Copy the file again, in whole", path);
}

int pem_read_key(const char *path, EVP_PKEY **key, mode_t *mode, struct why *why) {
  struct whole_file file;
  int err = whole_file_read(path, &file, why);
  if (err) return err;
  if (mode) *mode = file.mode;
  err = take_key(path, whole_file_span(&file), key, why);
  whole_file_fini(&file);
  return err;
}

/** What a memory BIO holds, put under `path`; `made` says whether it was filled. */
static int write_bio(const char *path, mode_t mode, BIO *from, bool made, struct why *why) {
  if (!made) return why_say(why, ERR_MEMORY, "%s: cannot be encoded: %s", path, why_openssl());
  char *at;
  long len = BIO_get_mem_data(from, &at);
  return whole_file_replace(path, mode, span_from(at, (size_t)len), why);
}

int pem_write_certificate(const char *path, const X509 *certificate, struct why *why) {
  BIO *text = BIO_new(BIO_s_mem());
  bool made = text && PEM_write_bio_X509(text, certificate) == 1;
  int err = write_bio(path, 0644, text, made, why);
  BIO_free(text);
  return err;
}

int pem_write_key(const char *path, const EVP_PKEY *key, struct why *why) {
  BIO *text = BIO_new(BIO_s_secmem()); /* its buffer is wiped when it is freed */
  bool made = text && PEM_write_bio_PKCS8PrivateKey(text, key, NULL, NULL, 0, NULL, NULL) == 1;
  int err = write_bio(path, 0600, text, made, why);
  BIO_free(text);
  return err;
}
