// SPDX-License-Identifier: Apache-2.0
#include "certs/dev_ca.h"

#include "tests/unit/certs/making.h"

#include <openssl/x509v3.h>

static struct why why;
static const struct span SITE[] = {SPAN("www.qorgan.test"), SPAN("*.Qorgan.test"), SPAN("::1"),
                                   SPAN("192.168.0.7")};

static int make(void **state, struct dev_ca_wish wish, real_ms now, struct dev_ca *out) {
  wish.folder = making_path(state, "dev");
  return dev_ca_make(&wish, now, out, &why);
}

static int verify(const struct dev_ca *d, const char *host, real_ms now) {
  X509_STORE *trusted = X509_STORE_new();
  X509_STORE_add_cert(trusted, d->ca.leaf);
  X509_STORE_CTX *ctx = X509_STORE_CTX_new();
  X509_STORE_CTX_init(ctx, trusted, d->leaf.leaf, NULL);
  X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
  X509_VERIFY_PARAM_set_time(param, now / 1000);
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
  X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
  if (!X509_VERIFY_PARAM_set1_ip_asc(param, host)) X509_VERIFY_PARAM_set1_host(param, host, 0);
  int code = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
  X509_STORE_CTX_free(ctx);
  X509_STORE_free(trusted);
  return code;
}

static void clients_that_trust_the_ca_accept_the_leaf(void **state) {
  struct dev_ca d;
  for (enum cert_kind kind = 0; kind < CERT_KIND_COUNT; kind++) {
    assert_int_equal(make(state, (struct dev_ca_wish){NULL, SITE, 4, kind}, NOW, &d), OK);
    assert_int_equal(d.leaf.kind, kind);
    assert_true(d.leaf_made);
    assert_int_equal(verify(&d, "www.qorgan.test", NOW), X509_V_OK);
    assert_int_equal(verify(&d, "any.qorgan.test", NOW), X509_V_OK);
    assert_int_equal(verify(&d, "192.168.0.7", NOW), X509_V_OK);
    assert_int_equal(verify(&d, "::1", NOW), X509_V_OK);
    assert_int_equal(verify(&d, "qorgan.test", NOW), X509_V_ERR_HOSTNAME_MISMATCH);
    assert_int_equal(verify(&d, "www.qorgan.test", NOW + 91 * DAY), X509_V_ERR_CERT_HAS_EXPIRED);
    dev_ca_fini(&d);
  }
}

static void keys_are_for_the_owner_only(void **state) {
  struct dev_ca d;
  struct stat st;
  assert_int_equal(make(state, (struct dev_ca_wish){0}, NOW, &d), OK);
  assert_int_equal(verify(&d, "localhost", NOW), X509_V_OK);
  assert_int_equal(verify(&d, "127.0.0.1", NOW), X509_V_OK);
  static const char *const keys[] = {"dev/ca.key", "dev/key.pem"};
  for (int i = 0; i < 2; i++) {
    assert_int_equal(stat(making_path(state, keys[i]), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
  }
  dev_ca_fini(&d);
}

static void making_again_keeps_what_serves(void **state) {
  struct dev_ca first, again;
  static const struct span turned[] = {SPAN("192.168.0.7"), SPAN("*.qorgan.test"),
                                       SPAN("WWW.qorgan.test"), SPAN("0:0::1")};
  assert_int_equal(make(state, (struct dev_ca_wish){NULL, SITE, 4, CERT_EC}, NOW, &first), OK);
  assert_true(first.ca_made && first.leaf_made);
  assert_int_equal(
      make(state, (struct dev_ca_wish){NULL, turned, 4, CERT_EC}, NOW + 59 * DAY, &again), OK);
  assert_false(again.ca_made || again.leaf_made);
  dev_ca_fini(&again);
  assert_int_equal(
      make(state, (struct dev_ca_wish){NULL, SITE, 3, CERT_EC}, NOW + 59 * DAY, &again), OK);
  assert_false(again.ca_made); /* other names: another leaf */
  assert_true(again.leaf_made);
  assert_int_equal(X509_cmp(first.ca.leaf, again.ca.leaf), 0);
  dev_ca_fini(&again);
  assert_int_equal(
      make(state, (struct dev_ca_wish){NULL, SITE, 3, CERT_EC}, NOW + 120 * DAY, &again), OK);
  assert_false(again.ca_made); /* 30 days before the end */
  assert_true(again.leaf_made);
  dev_ca_fini(&again);
  assert_int_equal(
      make(state, (struct dev_ca_wish){NULL, SITE, 3, CERT_EC}, NOW + 701 * DAY, &again), OK);
  assert_true(again.ca_made && again.leaf_made);
  assert_int_equal(verify(&again, "www.qorgan.test", NOW + 701 * DAY), X509_V_OK);
  dev_ca_fini(&again);
  dev_ca_fini(&first);
}

static void the_ca_is_held_to_its_names(void **state) {
  struct dev_ca d;
  static const struct span mine[] = {SPAN("shop.kz")}, below[] = {SPAN("*.shop.kz")},
                           other[] = {SPAN("bank.kz")}, outside[] = {SPAN("8.8.8.8")};
  assert_int_equal(make(state, (struct dev_ca_wish){NULL, mine, 1, CERT_EC}, NOW, &d), OK);
  assert_int_equal(verify(&d, "shop.kz", NOW), X509_V_OK);
  dev_ca_fini(&d);
  assert_int_equal(make(state, (struct dev_ca_wish){NULL, below, 1, CERT_EC}, NOW, &d), OK);
  assert_false(d.ca_made);
  dev_ca_fini(&d);
  assert_int_equal(make(state, (struct dev_ca_wish){NULL, outside, 1, CERT_EC}, NOW, &d),
                   ERR_RANGE);
  assert_int_equal(make(state, (struct dev_ca_wish){NULL, other, 1, CERT_EC}, NOW, &d), ERR_RANGE);
  assert_non_null(strstr(why.text, "may not sign"));
  assert_int_equal(make(state, (struct dev_ca_wish){NULL, below, 1, CERT_EC}, NOW, &d), OK);
  assert_false(d.leaf_made); /* the refusal touched nothing */

  struct issue_terms terms = {"bank", other, 1, NOW - DAY, NOW + DAY};
  X509 *forged = issue_leaf(d.leaf.key, &terms, d.ca.leaf, d.ca.key);
  assert_non_null(forged);
  X509_free(d.leaf.leaf);
  d.leaf.leaf = forged; /* with ca.key stolen: no client takes it */
  assert_int_equal(verify(&d, "bank.kz", NOW), X509_V_ERR_PERMITTED_VIOLATION);
  dev_ca_fini(&d);
}

static void what_others_made_is_left_alone(void **state) {
  struct dev_ca d;
  EVP_PKEY *key = issue_key(CERT_EC);
  assert_int_equal(mkdir(making_path(state, "dev"), 0700), 0);
  making_files(making_path(state, "dev/cert.pem"), making_path(state, "dev/key.pem"), key, NOW,
               NOW + DAY, NAMES("www.site.kz"));
  assert_int_equal(make(state, (struct dev_ca_wish){0}, NOW, &d), ERR_EXISTS);
  assert_int_equal(access(making_path(state, "dev/ca.pem"), F_OK), -1);
  assert_int_equal(unlink(making_path(state, "dev/cert.pem")), 0);
  assert_int_equal(make(state, (struct dev_ca_wish){0}, NOW, &d), ERR_EXISTS);
  assert_non_null(strstr(why.text, "dev/key.pem"));
  assert_int_equal(unlink(making_path(state, "dev/key.pem")), 0);
  making_files(making_path(state, "dev/ca.pem"), making_path(state, "dev/ca.key"), key, NOW,
               NOW + DAY, NAMES("www.site.kz"));
  assert_int_equal(make(state, (struct dev_ca_wish){0}, NOW, &d), ERR_EXISTS);
  assert_int_equal(unlink(making_path(state, "dev/ca.key")), 0);
  assert_int_equal(make(state, (struct dev_ca_wish){0}, NOW, &d), ERR_NOT_FOUND);
  EVP_PKEY_free(key);
}

static void names_that_are_none_are_refused(void **state) {
  struct dev_ca d;
  static const struct span bad[] = {
      SPAN(""),          SPAN("a b.kz"), SPAN("a.kz,DNS:bank.kz"), SPAN("a..kz"),
      SPAN("*"),         SPAN("w*.kz"),  SPAN("a.*.kz"),           SPAN("10.0.0.0/8"),
      SPAN("қорған.kz"), SPAN("a.kz\n"), SPAN("IP:127.0.0.1"),     SPAN(".kz"),
      SPAN("a.kz.")};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    assert_int_equal(make(state, (struct dev_ca_wish){NULL, &bad[i], 1, CERT_EC}, NOW, &d),
                     ERR_SYNTAX);
  }
  assert_int_equal(access(making_path(state, "dev"), F_OK), -1);
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, making_setup, making_teardown)
  const struct CMUnitTest tests[] = {
      T(names_that_are_none_are_refused), T(clients_that_trust_the_ca_accept_the_leaf),
      T(keys_are_for_the_owner_only),     T(making_again_keeps_what_serves),
      T(the_ca_is_held_to_its_names),     T(what_others_made_is_left_alone),
  };
  return cmocka_run_group_tests(tests, NULL, making_end);
}
