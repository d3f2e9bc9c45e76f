// SPDX-License-Identifier: Apache-2.0
#include "certs/store.h"

#include "tests/unit/certs/making.h"

#include <openssl/ssl.h>

static struct why why;

static struct cert_store *store_of(const struct cert_source *sources, size_t count) {
  struct cert_store *s = NULL;
  int err = cert_store_new(sources, count, NOW, &s, &why);
  if (err) print_message("%s\n", why.text);
  assert_int_equal(err, OK);
  return s;
}

static const char *file_for(const struct cert_store *s, const char *host, enum cert_kind kind) {
  struct cert_pair pair = cert_store_find(s, span_of(host));
  return pair.of[kind] ? strrchr(pair.of[kind]->certificate_path.at, '/') + 1 : NULL;
}

/** A pair NAME.pem, NAME.key in the test's folder, valid at NOW for 60 days. */
static void make(void **state, const char *name, enum cert_kind kind, const char *const *names) {
  char pem[64], key_name[64];
  EVP_PKEY *key = issue_key(kind);
  snprintf(pem, sizeof(pem), "%s.pem", name);
  snprintf(key_name, sizeof(key_name), "%s.key", name);
  making_files(making_path(state, pem), making_path(state, key_name), key, NOW - DAY,
               NOW + 60 * DAY, names);
  EVP_PKEY_free(key);
}

static void names_are_found_exactly_then_by_wildcard(void **state) {
  make(state, "a", CERT_EC, NAMES("example.kz", "www.example.kz"));
  make(state, "b", CERT_EC, NAMES("*.example.kz"));
  make(state, "c", CERT_EC, NAMES("xn--80aesfpebagmfblc0a.kz"));
  struct cert_source folder = {.directory = ((struct making_folder *)*state)->path};
  struct cert_store *s = store_of(&folder, 1);
  assert_int_equal(cert_store_count(s), 3);
  static const struct {
    const char *host, *file;
  } rows[] = {
      {"example.kz", "a.pem"},
      {"WWW.Example.KZ", "a.pem"},
      {"www.example.kz.", "a.pem"},
      {"news.example.kz", "b.pem"},
      {"NEWS.example.kz.", "b.pem"},
      {"a.news.example.kz", "a.pem"}, /* one label only: the default */
      {".example.kz", "a.pem"},
      {"notexample.kz", "a.pem"},
      {"xn--80aesfpebagmfblc0a.kz", "c.pem"},
      {"x.xn--80aesfpebagmfblc0a.kz", "a.pem"},
      {"", "a.pem"},
      {".", "a.pem"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    assert_string_equal(file_for(s, rows[i].host, CERT_EC), rows[i].file);
  }
  char endless[4096];
  memset(endless, 'a', sizeof(endless));
  struct cert_pair pair = cert_store_find(s, span_from(endless, sizeof(endless)));
  struct cert_pair fallback = cert_store_fallback(s);
  assert_true(cert_pair_eq(&pair, &fallback));
  cert_store_drop(&s);
}

static void both_kinds_are_held_for_one_name(void **state) {
  make(state, "ec", CERT_EC, NAMES("example.kz"));
  make(state, "rsa", CERT_RSA, NAMES("example.kz", "only.example.kz"));
  make(state, "wild", CERT_EC, NAMES("*.example.kz"));
  struct cert_source folder = {.directory = ((struct making_folder *)*state)->path};
  struct cert_store *s = store_of(&folder, 1);
  assert_string_equal(file_for(s, "example.kz", CERT_EC), "ec.pem");
  assert_string_equal(file_for(s, "example.kz", CERT_RSA), "rsa.pem");
  assert_string_equal(file_for(s, "only.example.kz", CERT_RSA), "rsa.pem");
  assert_string_equal(file_for(s, "only.example.kz", CERT_EC), "wild.pem");
  assert_null(file_for(s, "other.example.kz", CERT_RSA));
  assert_string_equal(file_for(s, "unknown.test", CERT_RSA), "rsa.pem"); /* of the first's name */
  assert_true(span_eq(cert_store_at(s, 0)->kind_text, SPAN("EC P-256")));
  assert_true(span_eq(cert_store_at(s, 1)->kind_text, SPAN("RSA 2048")));
  assert_true(span_eq(cert_store_at(s, 1)->issuer, SPAN("Test CA")));
  cert_store_drop(&s);
}

static void the_valid_one_wins_over_the_expired_one(void **state) {
  EVP_PKEY *key = issue_key(CERT_EC);
  const char *const *names = NAMES("example.kz");
  making_files(making_path(state, "1.pem"), making_path(state, "1.key"), key, NOW - 90 * DAY,
               NOW - DAY, names);
  making_files(making_path(state, "2.pem"), making_path(state, "2.key"), key, NOW - DAY, NOW + DAY,
               names);
  making_files(making_path(state, "3.pem"), making_path(state, "3.key"), key, NOW - DAY,
               NOW + 90 * DAY, names);
  EVP_PKEY_free(key);
  struct cert_source folder = {.directory = ((struct making_folder *)*state)->path};
  struct cert_store *s = store_of(&folder, 1);
  assert_int_equal(cert_store_count(s), 3);
  assert_string_equal(file_for(s, "example.kz", CERT_EC), "2.pem");
  cert_store_drop(&s);
  struct cert_source only = {.certificate = making_path(state, "1.pem"),
                             .key = making_path(state, "1.key")};
  s = store_of(&only, 1); /* expired alone: loaded, for it is no refusal */
  assert_string_equal(file_for(s, "example.kz", CERT_EC), "1.pem");
  cert_store_drop(&s);
}

static void certbots_folders_are_understood(void **state) {
  EVP_PKEY *key = issue_key(CERT_EC);
  static const char *const sites[] = {"a.kz", "b.kz"};
  for (int i = 0; i < 2; i++) {
    char full[64], private[64], cert[64];
    snprintf(full, sizeof(full), "%s/fullchain.pem", sites[i]);
    snprintf(private, sizeof(private), "%s/privkey.pem", sites[i]);
    snprintf(cert, sizeof(cert), "%s/cert.pem", sites[i]);
    assert_int_equal(mkdir(making_path(state, sites[i]), 0700), 0);
    making_files(making_path(state, full), making_path(state, private), key, NOW, NOW + DAY,
                 NAMES(sites[i]));
    making_write(making_path(state, cert), "certbot's own, not looked at", 0644);
  }
  EVP_PKEY_free(key);
  making_write(making_path(state, "README"), "hello", 0644);
  struct cert_source folder = {.directory = ((struct making_folder *)*state)->path};
  struct cert_store *s = store_of(&folder, 1);
  assert_int_equal(cert_store_count(s), 2);
  assert_non_null(strstr(cert_store_fallback(s).of[CERT_EC]->certificate_path.at, "/a.kz/full"));
  cert_store_drop(&s);
  struct cert_source one = {.directory = making_path(state, "b.kz")};
  s = store_of(&one, 1);
  assert_int_equal(cert_store_count(s), 1);
  cert_store_drop(&s);
}

/** Certificate and key texts go in, the error and a piece of its sentence come out; an old store stays as it was. */
static void expect(void **state, const char *certificate, const char *key, int err,
                   const char *says) {
  struct cert_source source = {.certificate = making_path(state, certificate),
                               .key = making_path(state, key)};
  struct cert_store *mark = (struct cert_store *)state, *s = mark;
  int got = cert_store_new(&source, 1, NOW, &s, &why);
  if (got != err || !strstr(why.text, says)) print_message("%d: %s\n", got, why.text);
  assert_int_equal(got, err);
  assert_ptr_equal(s, mark);
  assert_non_null(strstr(why.text, says));
}

/** The first `bytes` of a file under another name. */
static void cut(void **state, const char *from, const char *to, size_t bytes) {
  struct whole_file file;
  assert_int_equal(whole_file_read(making_path(state, from), &file, &why), OK);
  if (bytes < file.len) file.at[bytes] = '\0';
  making_write(making_path(state, to), file.at, 0600);
  whole_file_fini(&file);
}

static void append(void **state, const char *from, const char *to) {
  struct whole_file file;
  assert_int_equal(whole_file_read(making_path(state, from), &file, &why), OK);
  FILE *out = fopen(making_path(state, to), "a");
  assert_non_null(out);
  assert_int_equal(fwrite(file.at, 1, file.len, out), file.len);
  fclose(out);
  whole_file_fini(&file);
}

static void broken_files_are_refused_with_the_reason(void **state) {
  make(state, "a", CERT_EC, NAMES("a.kz"));
  make(state, "b", CERT_EC, NAMES("b.kz"));
  making_write(making_path(state, "text"), "hello\n", 0600);
  cut(state, "a.pem", "half.pem", 200);
  cut(state, "a.key", "half.key", 100);
  cut(state, "b.pem", "order.pem", SIZE_MAX);
  append(state, "a.pem", "order.pem");
  cut(state, "a.pem", "tail.pem", SIZE_MAX);
  append(state, "half.pem", "tail.pem");
  expect(state, "none.pem", "a.key", ERR_NOT_FOUND, "/none.pem: cannot open");
  expect(state, "a.pem", "none.key", ERR_NOT_FOUND, "/none.key: cannot open");
  expect(state, "a.pem", "b.key", ERR_SYNTAX, "/b.key is the key of another certificate");
  expect(state, "order.pem", "a.key", ERR_SYNTAX, "must stand first");
  expect(state, "text", "a.key", ERR_SYNTAX, "no line BEGIN CERTIFICATE");
  expect(state, "a.pem", "text", ERR_SYNTAX, "no private key in it");
  expect(state, "a.pem", "a.pem", ERR_SYNTAX, "no private key in it");
  expect(state, "half.pem", "a.key", ERR_SYNTAX, "certificate number 1 is broken");
  expect(state, "tail.pem", "a.key", ERR_SYNTAX, "certificate number 2 is broken");
  expect(state, "a.pem", "half.key", ERR_SYNTAX, "the key is broken");
  struct cert_store *s = NULL;
  assert_int_equal(cert_store_new(NULL, 0, NOW, &s, &why), ERR_NOT_FOUND);
  assert_non_null(strstr(why.text, "qorgan certs dev"));
}

static void write_key_text(void **state, const char *name, EVP_PKEY *key, const char *passphrase) {
  FILE *out = fopen(making_path(state, name), "w");
  assert_non_null(out);
  assert_int_equal(PEM_write_PrivateKey(out, key, passphrase ? EVP_aes_128_cbc() : NULL, NULL, 0,
                                        NULL, (void *)passphrase),
                   1);
  fclose(out);
}

static void weak_strange_and_locked_keys_are_refused(void **state) {
  EVP_PKEY *weak = EVP_RSA_gen(1024), *small = EVP_EC_gen("P-224");
  EVP_PKEY *strange = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
  making_files(making_path(state, "weak.pem"), making_path(state, "weak.key"), weak, NOW, NOW + DAY,
               NAMES("a.kz"));
  making_files(making_path(state, "small.pem"), making_path(state, "small.key"), small, NOW,
               NOW + DAY, NAMES("a.kz"));
  making_files(making_path(state, "ed.pem"), making_path(state, "ed.key"), strange, NOW, NOW + DAY,
               NAMES("a.kz"));
  write_key_text(state, "locked.key", small, "open sesame");
  expect(state, "weak.pem", "weak.key", ERR_RANGE, "RSA key of 1024 bits is too weak");
  expect(state, "small.pem", "small.key", ERR_RANGE, "EC key of 224 bits is too weak");
  expect(state, "ed.pem", "ed.key", ERR_UNSUPPORTED, "no key of kind ED25519");
  expect(state, "small.pem", "locked.key", ERR_UNSUPPORTED, "behind a passphrase");
  EVP_PKEY_free(weak);
  EVP_PKEY_free(small);
  EVP_PKEY_free(strange);
}

static void folders_without_a_pair_are_refused(void **state) {
  struct cert_source folder = {.directory = ((struct making_folder *)*state)->path};
  struct cert_store *s = NULL;
  assert_int_equal(cert_store_new(&folder, 1, NOW, &s, &why), ERR_NOT_FOUND);
  assert_non_null(strstr(why.text, "no certificate in it"));
  making_need_ca();
  assert_int_equal(pem_write_certificate(making_path(state, "ca.pem"), making_ca, &why), OK);
  assert_int_equal(pem_write_key(making_path(state, "ca.key"), making_ca_key, &why), OK);
  assert_int_equal(cert_store_new(&folder, 1, NOW, &s, &why), ERR_NOT_FOUND);
  assert_non_null(strstr(why.text, "only CA certificates"));
  folder.directory = making_path(state, "ca.pem");
  assert_int_equal(cert_store_new(&folder, 1, NOW, &s, &why), ERR_UNSUPPORTED);
  folder.directory = making_path(state, "none");
  assert_int_equal(cert_store_new(&folder, 1, NOW, &s, &why), ERR_NOT_FOUND);
  assert_null(s);
}

enum { MANY_CERTS = 100, MANY_NAMES = 100 };

static void ten_thousand_names_find_their_own(void **state) {
  static struct cert_source sources[MANY_CERTS];
  static char files[MANY_CERTS][128], names[MANY_NAMES][32];
  EVP_PKEY *key = issue_key(CERT_EC);
  for (int c = 0; c < MANY_CERTS; c++) {
    const char *list[MANY_NAMES + 1] = {NULL};
    for (int n = 0; n < MANY_NAMES; n++) {
      snprintf(names[n], sizeof(names[n]), "%ssite-%d.kz", n % 2 ? "*." : "", c * MANY_NAMES + n);
      list[n] = names[n];
    }
    snprintf(files[c], sizeof(files[c]), "%s/%d.pem", ((struct making_folder *)*state)->path, c);
    sources[c] = (struct cert_source){.certificate = files[c], .key = making_path(state, "k")};
    making_files(files[c], sources[c].key, key, NOW, NOW + DAY, list);
    sources[c].key = strdup(sources[c].key);
  }
  EVP_PKEY_free(key);
  struct cert_store *s = store_of(sources, MANY_CERTS);
  for (int i = 0; i < MANY_CERTS * MANY_NAMES; i++) {
    char host[64];
    snprintf(host, sizeof(host), "%sSite-%d.kz", i % 2 ? "www." : "", i);
    struct cert_pair pair = cert_store_find(s, span_of(host));
    assert_ptr_equal(pair.of[CERT_EC], cert_store_at(s, (size_t)(i / MANY_NAMES)));
  }
  for (int c = 0; c < MANY_CERTS; c++) free((char *)sources[c].key);
  cert_store_drop(&s);
}

/** A handshake between two ends in memory; which kind of key the server showed, or -1. */
static int shown_kind(SSL_CTX *server_ctx, const struct cert_pair *pair, const char *sigalgs) {
  SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method());
  SSL *server = SSL_new(server_ctx), *client = SSL_new(client_ctx);
  BIO *a, *b;
  assert_int_equal(BIO_new_bio_pair(&a, 0, &b, 0), 1);
  SSL_set_bio(server, a, a);
  SSL_set_bio(client, b, b);
  SSL_set_accept_state(server);
  SSL_set_connect_state(client);
  assert_int_equal(SSL_set1_sigalgs_list(client, sigalgs), 1);
  if (pair) assert_int_equal(cert_pair_apply(pair, server), OK);
  for (int i = 0; i < 10 && !SSL_is_init_finished(client); i++) {
    SSL_do_handshake(client);
    SSL_do_handshake(server);
  }
  X509 *peer = SSL_get0_peer_certificate(client);
  int kind = !peer ? -1 : EVP_PKEY_get_base_id(X509_get0_pubkey(peer)) == EVP_PKEY_EC ? 0 : 1;
  SSL_free(server);
  SSL_free(client);
  SSL_CTX_free(client_ctx);
  return kind;
}

static void a_connection_shows_the_pair_and_nothing_else(void **state) {
  make(state, "1", CERT_EC, NAMES("both.kz", "ec.kz"));
  make(state, "2", CERT_RSA, NAMES("both.kz"));
  make(state, "3", CERT_EC, NAMES("alone.kz"));
  struct cert_source folder = {.directory = ((struct making_folder *)*state)->path};
  struct cert_store *s = store_of(&folder, 1);
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
  struct cert_pair both = cert_store_fallback(s), alone = cert_store_find(s, SPAN("alone.kz"));
  assert_int_equal(cert_pair_install(&both, ctx), OK);
  assert_int_equal(shown_kind(ctx, NULL, "ECDSA+SHA256:RSA-PSS+SHA256"), CERT_EC);
  assert_int_equal(shown_kind(ctx, NULL, "RSA-PSS+SHA256"), CERT_RSA);
  assert_int_equal(shown_kind(ctx, &alone, "ECDSA+SHA256:RSA-PSS+SHA256"), CERT_EC);
  assert_int_equal(shown_kind(ctx, &alone, "RSA-PSS+SHA256"), -1); /* not the context's RSA */
  struct cert_store *held = cert_store_hold(s);
  cert_store_drop(&s);
  assert_null(s);
  assert_int_equal(shown_kind(ctx, &both, "RSA-PSS+SHA256"), CERT_RSA);
  cert_store_drop(&held);
  assert_int_equal(shown_kind(ctx, NULL, "RSA-PSS+SHA256"), CERT_RSA); /* the context's reference */
  SSL_CTX_free(ctx);
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, making_setup, making_teardown)
  const struct CMUnitTest tests[] = {
      T(names_are_found_exactly_then_by_wildcard),     T(both_kinds_are_held_for_one_name),
      T(the_valid_one_wins_over_the_expired_one),      T(certbots_folders_are_understood),
      T(broken_files_are_refused_with_the_reason),     T(weak_strange_and_locked_keys_are_refused),
      T(folders_without_a_pair_are_refused),           T(ten_thousand_names_find_their_own),
      T(a_connection_shows_the_pair_and_nothing_else),
  };
  return cmocka_run_group_tests(tests, NULL, making_end);
}
