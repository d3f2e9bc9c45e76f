// SPDX-License-Identifier: Apache-2.0
#include "proxy/config.h"

#include "rules/base/buf.h"
#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define SITE "sites: [{ hosts: [\"*\"], origin: [\"http://127.0.0.1:8080\"] }]\n"
#define PLAIN SITE "listen: [{ address: \"127.0.0.1:80\" }]\n"

static char folder[] = "/tmp/qorgan_config_XXXXXX";

static void touch(const char *name) {
  char path[64];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fclose(file);
}

static int make_folder(void **state) {
  if (!mkdtemp(folder)) return -1;
  touch("cert.pem");
  touch("key.pem");
  touch("site.rules");
  return 0;
}

static int remove_folder(void **state) {
  static const char *const NAMES[] = {"cert.pem", "key.pem", "site.rules", "q.yaml"};
  for (size_t i = 0; i < 4; i++) {
    char path[64];
    snprintf(path, sizeof(path), "%s/%s", folder, NAMES[i]);
    unlink(path);
  }
  return rmdir(folder);
}

static struct config parsed(const char *text) {
  struct config c;
  struct config_error why;
  if (config_parse(span_of(text), "q.yaml", folder, &c, &why)) fail_msg("%s", why.text);
  return c;
}

static const char *in_folder(const char *name) {
  static char path[64];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  return path;
}

static void assert_endpoint(const struct endpoint *e, const char *expected) {
  char text[ENDPOINT_TEXT_MAX];
  endpoint_format(e, text);
  assert_string_equal(text, expected);
}

static void two_lines_are_enough(void **state) {
  struct config c = parsed(SITE "certificates: [{ certificate: cert.pem, key: key.pem }]\n");
  assert_int_equal(c.listen_count, 2);
  assert_endpoint(&c.listens[0].at, "[::]:443");
  assert_true(c.listens[0].tls && !c.listens[0].redirect_https);
  assert_endpoint(&c.listens[1].at, "[::]:80");
  assert_true(!c.listens[1].tls && c.listens[1].redirect_https);
  assert_string_equal(c.certificates[0].certificate, in_folder("cert.pem"));
  assert_null(c.certificates[0].directory);
  assert_string_equal(c.store.path, in_folder("store"));
  assert_true(c.store.size_max_bytes == 4ull << 30 && c.store.journal_max_bytes == 1ull << 30);
  assert_int_equal(c.store.journal_days, 30);
  assert_string_equal(c.secret, in_folder("secret.key"));
  assert_string_equal(c.access_log, in_folder("access.jsonl"));
  assert_true(c.workers >= 1);
  assert_true(!c.has_admin && !c.user && !c.setup->trusted_count && !c.setup->log_query);
  assert_int_equal(c.log_level, LOG_INFO);
  assert_int_equal(c.setup->log_format, LOG_FORMAT_JSON);
  config_fini(&c);
  assert_null(c.setup);
}

static void bounds_left_out_are_those_of_their_tables(void **state) {
  struct config c = parsed(PLAIN "limits: { streams_max: 7 }\ntimeouts:\n  # nothing yet\n");
  struct limits limits;
  struct timeouts timeouts;
  limits_default(&limits, &timeouts);
  limits.streams_max = 7;
  assert_memory_equal(&c.setup->limits, &limits, sizeof(limits));
  assert_memory_equal(&c.setup->timeouts, &timeouts, sizeof(timeouts));
  config_fini(&c);
}

static void every_key_finds_its_place(void **state) {
  struct config c = parsed(
      "workers: 3\n"
      "listen:\n"
      "  - { address: \"127.0.0.1:8443\", tls: true, proxy_protocol: true }\n"
      "  - { address: \"unix:q.sock\" }\n"
      "  - { address: \"systemd:web\", redirect_https: true }\n"
      "certificates: [{ certificate: cert.pem, key: key.pem }, { directory: . }]\n"
      "sites:\n"
      "  - hosts: [Example.KZ, \"*.example.kz\"]\n"
      "    origin: [\"https://[::1]\", { url: \"https://127.0.0.1:8443/\", ca: cert.pem }]\n"
      "    packs: [wordpress, ghost]\n"
      "  - hosts: [\"*\"]\n"
      "    origin: [\"unix:/run/cms.sock\"]\n"
      "rules: [site.rules]\n"
      "store: { path: /var/q, size_max: 64 MiB, journal_max: 1MiB, journal_days: 7 }\n"
      "secret: /etc/q.key\n"
      "client_address: { trusted: [\"10.0.0.0/8\", \"::1\"], header: X-Real-IP }\n"
      "admin: { address: \"127.0.0.1:9180\" }\n"
      "log: { access: \"-\", format: combined, level: debug, query: true }\n"
      "user: nobody\n"
      "limits: { head_bytes_max: 64KiB }\n"
      "timeouts: { drain: 2m, origin_connect: 750, origin_answer: 500ms, tunnel_idle: 1h }\n");
  const struct setup *s = c.setup;
  assert_int_equal(c.workers, 3);
  assert_int_equal(c.listen_count, 3);
  assert_true(c.listens[0].proxy_protocol);
  assert_string_equal(c.listens[1].at.path, in_folder("q.sock"));
  assert_endpoint(&c.listens[2].at, "systemd:web");
  assert_int_equal(c.certificate_count, 2);
  assert_non_null(c.certificates[1].directory);
  assert_int_equal(s->site_count, 2);
  assert_string_equal(s->sites[0].hosts[0].at, "example.kz");
  assert_int_equal(s->sites[0].origin_count, 2);
  const struct origin_spec *origins = s->sites[0].origins;
  assert_true(origins[0].tls && origins[1].tls);
  assert_endpoint(&origins[0].addrs[0], "[::1]:443");
  assert_true(span_eq(origins[0].host, SPAN("::1")));
  assert_endpoint(&origins[1].addrs[0], "127.0.0.1:8443");
  assert_true(span_eq(origins[1].ca, span_of(in_folder("cert.pem"))));
  assert_int_equal(s->sites[0].pack_count, 2);
  assert_endpoint(&s->sites[1].origins[0].addrs[0], "unix:/run/cms.sock");
  assert_int_equal(s->sites[1].origins[0].host.len, 0);
  assert_string_equal(c.rules[0], in_folder("site.rules"));
  assert_string_equal(c.store.path, "/var/q");
  assert_true(c.store.size_max_bytes == 64 << 20 && c.store.journal_max_bytes == 1 << 20);
  assert_int_equal(c.store.journal_days, 7);
  assert_string_equal(c.secret, "/etc/q.key");
  assert_int_equal(s->trusted_count, 2);
  assert_true(span_eq(s->address_header, SPAN("x-real-ip")));
  assert_true(c.has_admin);
  assert_endpoint(&c.admin, "127.0.0.1:9180");
  assert_string_equal(c.access_log, "-");
  assert_int_equal(s->log_format, LOG_FORMAT_COMBINED);
  assert_int_equal(c.log_level, LOG_DEBUG);
  assert_true(s->log_query);
  assert_string_equal(c.user, "nobody");
  assert_int_equal(s->limits.head_bytes_max, 65536);
  assert_int_equal(s->timeouts.drain, 120000);
  assert_int_equal(s->timeouts.origin_connect, 750);
  assert_int_equal(s->timeouts.origin_answer, 500);
  assert_int_equal(s->timeouts.tunnel_idle, 3600000);
  config_fini(&c);
}

static void a_small_store_takes_a_small_journal(void **state) {
  struct config c = parsed(PLAIN "store: { size_max: 64MiB }\n");
  assert_int_equal(c.store.journal_max_bytes, 32 << 20);
  config_fini(&c);
}

static void either_off_turns_the_access_log_off(void **state) {
  static const char *const OFF[] = {PLAIN "log: { access: off }\n", PLAIN "log: { format: off }\n"};
  for (size_t i = 0; i < 2; i++) {
    struct config c = parsed(OFF[i]);
    assert_null(c.access_log);
    assert_int_equal(c.setup->log_format, LOG_FORMAT_OFF);
    config_fini(&c);
  }
}

static void the_printed_defaults_load_as_the_defaults(void **state) {
  static const char NONE[] = "\ncertificates: []\n";
  struct buf printed, filled;
  buf_init(&printed, 1 << 20);
  buf_init(&filled, 1 << 20);
  config_print_defaults(&printed);
  buf_put_byte(&printed, '\0');
  const char *gap = strstr(printed.at, NONE);
  assert_non_null(gap);
  buf_put(&filled, span_from(printed.at, (size_t)(gap - printed.at)));
  buf_put_text(&filled, "\ncertificates: [{ certificate: cert.pem, key: key.pem }]\n");
  buf_put_text(&filled, gap + strlen(NONE));
  buf_put_byte(&filled, '\0');
  assert_false(printed.overflow || filled.overflow);
  struct config all = parsed(filled.at);
  struct config least = parsed(SITE "certificates: [{ certificate: cert.pem, key: key.pem }]\n");
  assert_memory_equal(&all.setup->limits, &least.setup->limits, sizeof(struct limits));
  assert_memory_equal(&all.setup->timeouts, &least.setup->timeouts, sizeof(struct timeouts));
  assert_int_equal(all.listen_count, least.listen_count);
  assert_string_equal(all.store.path, least.store.path);
  assert_int_equal(all.workers, least.workers);
  assert_true(all.has_admin == least.has_admin && !all.user);
  config_fini(&all);
  config_fini(&least);
  buf_fini(&printed);
  buf_fini(&filled);
}

static void a_file_is_read_with_paths_relative_to_it(void **state) {
  char path[64];
  strcpy(path, in_folder("q.yaml"));
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(PLAIN "rules: [site.rules]\n", file);
  fclose(file);
  struct config c;
  struct config_error why;
  assert_int_equal(config_load(path, &c, &why), OK);
  assert_string_equal(c.rules[0], in_folder("site.rules"));
  config_fini(&c);
}

static void a_file_that_is_not_there_is_said(void **state) {
  struct config c = {.workers = 77};
  struct config_error why;
  assert_int_equal(config_load("/nowhere/q.yaml", &c, &why), ERR_NOT_FOUND);
  assert_string_equal(
      why.text,
      "/nowhere/q.yaml: cannot be opened: No such file or directory. Name a configuration "
      "with -c FILE; 'qorgan check --defaults' prints one.");
  assert_int_equal(c.workers, 77);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_lines_are_enough),
      cmocka_unit_test(bounds_left_out_are_those_of_their_tables),
      cmocka_unit_test(every_key_finds_its_place),
      cmocka_unit_test(a_small_store_takes_a_small_journal),
      cmocka_unit_test(either_off_turns_the_access_log_off),
      cmocka_unit_test(the_printed_defaults_load_as_the_defaults),
      cmocka_unit_test(a_file_is_read_with_paths_relative_to_it),
      cmocka_unit_test(a_file_that_is_not_there_is_said),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
