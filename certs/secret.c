// SPDX-License-Identifier: Apache-2.0
#include "certs/secret.h"

#include "certs/whole_file.h"
#include "rules/base/require.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <sys/stat.h>

static int take_file(const char *path, struct whole_file *file, struct secret *out,
                     struct why *why) {
  if (file->mode & (S_IRWXG | S_IRWXO)) {
    return why_say(why, ERR_ACCESS,
                   "%s: others than its owner may use it (mode %04o). Close it with: chmod 600 %s",
                   path, (unsigned)(file->mode & 07777), path);
  }
  if (file->len != SECRET_BYTES) {
    return why_say(why, ERR_CORRUPT,
                   "%s: has %zu bytes, a secret has %d. Bring the right file back from the backup; "
                   "with a new one, accounts known so far are strangers",
                   path, file->len, SECRET_BYTES);
  }
  memcpy(out->key, file->at, SECRET_BYTES);
  return OK;
}

static int read_secret(const char *path, struct secret *out, struct why *why) {
  struct whole_file file;
  int err = whole_file_read(path, &file, why);
  if (err) return err;
  err = take_file(path, &file, out, why);
  whole_file_fini(&file);
  return err;
}

static int make_secret(const char *path, struct why *why) {
  uint8_t fresh[SECRET_BYTES];
  if (RAND_bytes(fresh, sizeof(fresh)) != 1) {
    return why_say(why, ERR_TLS, "%s: no randomness: %s", path, why_openssl());
  }
  int err = whole_file_create(path, 0600, span_from(fresh, sizeof(fresh)), why);
  OPENSSL_cleanse(fresh, sizeof(fresh));
  return err == ERR_EXISTS ? OK : err; /* another process was faster: its secret is ours */
}

int secret_open(const char *path, struct secret *out, struct why *why) {
  *out = (struct secret){0};
  int err = read_secret(path, out, why);
  if (err != ERR_NOT_FOUND) return err;
  err = make_secret(path, why);
  return err ? err : read_secret(path, out, why);
}

void secret_fini(struct secret *s) {
  OPENSSL_cleanse(s, sizeof(*s));
}

int secret_hkdf(const uint8_t key[SECRET_BYTES], const void *info, size_t info_len, uint8_t *out,
                size_t len) {
  require(len <= SECRET_DERIVED_MAX);
  EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
  EVP_KDF_CTX *ctx = hkdf ? EVP_KDF_CTX_new(hkdf) : NULL;
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, SECRET_BYTES),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_len),
      OSSL_PARAM_construct_end(),
  };
  bool done = ctx && EVP_KDF_derive(ctx, out, len, params) == 1;
  EVP_KDF_CTX_free(ctx);
  EVP_KDF_free(hkdf);
  if (done) return OK;
  ERR_clear_error();
  OPENSSL_cleanse(out, len);
  return ERR_TLS;
}

int secret_derive(const struct secret *s, const char *label, uint8_t *out, size_t len) {
  size_t label_len = strlen(label);
  require(label_len && label_len <= SECRET_LABEL_MAX);
  return secret_hkdf(s->key, label, label_len, out, len);
}
