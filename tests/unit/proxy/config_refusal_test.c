// SPDX-License-Identifier: Apache-2.0
/* Each kind of error, word for word: what people read is an interface too. */
#include "proxy/config.h"

#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define SITE "sites: [{ hosts: [\"*\"], origin: [\"http://127.0.0.1:8080\"] }]\n"
#define LISTEN "listen: [{ address: \"127.0.0.1:80\" }]\n"

struct refusal {
  const char *text, *error; /* the first error, behind "q.yaml:" and up to the end of its line */
};

/* clang-format off */
static const struct refusal OF_KEYS[] = {
    {"",
     "1:1: 'sites' is missing. Add sites: [{ hosts: [\"*\"], origin: [\"http://127.0.0.1:8080\"] }]"},
    {SITE LISTEN "workrs: 2\n",
     "3:1: unknown key 'workrs'. Did you mean 'workers'?"},
    {SITE LISTEN "colour: blue\n",
     "3:1: unknown key 'colour'. 'qorgan check --defaults' lists them all."},
    {SITE LISTEN "workers: 2\nworkers: 3\n",
     "4:1: 'workers' stands twice: first in line 3. Leave one out."},
    {"workers: 2\n",
     "1:1: 'sites' is missing. Add sites: [{ hosts: [\"*\"], origin: [\"http://127.0.0.1:8080\"] }]"},
    {LISTEN "sites: [{ hosts: [\"*\"], orign: [\"http://127.0.0.1:1\"] }]\n",
     "2:25: unknown key 'orign'. Did you mean 'origin'?"},
    {LISTEN "sites: [{ origin: [\"http://127.0.0.1:1\"] }]\n",
     "2:9: 'hosts' is missing. Add hosts: [\"*\"]"},
    {"- sites\n",
     "1:1: keys and values are expected here, as in workers: auto"},
    {"sites\n",
     "1:1: keys and values are expected here, as in workers: auto"},
};

static const struct refusal OF_SHAPES[] = {
    {LISTEN "sites: 5\n",
     "2:8: 'sites' must be a list of sites, as in sites: [{ hosts: [\"*\"], origin: [\"http://127.0.0.1:8080\"] "
     "}]."},
    {LISTEN "sites: []\n",
     "2:8: 'sites' must have from 1 to 4096 items, not 0."},
    {LISTEN "sites: [5]\n",
     "2:9: a value in 'sites' must be a section with hosts and origin, as in sites: [{ hosts: [\"*\"], origin: "
     "[\"http://127.0.0.1:8080\"] }]."},
    {LISTEN "sites: [{ hosts: \"*\", origin: [\"http://127.0.0.1:1\"] }]\n",
     "2:18: 'hosts' must be a list of host names, as in hosts: [\"*\"]."},
    {SITE LISTEN "store: here\n",
     "3:8: 'store' must be a section, as in store: {}."},
    {SITE LISTEN "workers: [2]\n",
     "3:10: 'workers' must be auto or a whole number, as in workers: auto."},
    {SITE LISTEN "workers:\n",
     "3:9: 'workers' must be auto or a whole number."},
    {SITE "listen: []\n",
     "2:9: 'listen' must have from 1 to 64 items, not 0."},
    {SITE LISTEN "rules: { a: b }\n",
     "3:8: 'rules' must be a list of files, as in rules: [\"site.rules\"]."},
};

static const struct refusal OF_VALUES[] = {
    {SITE LISTEN "workers: many\n",
     "3:10: 'workers' must be auto or a whole number."},
    {SITE LISTEN "workers: 0\n",
     "3:10: 'workers' must be from 1 to 256 threads."},
    {SITE LISTEN "workers: 257\n",
     "3:10: 'workers' must be from 1 to 256 threads."},
    {SITE LISTEN "workers: -1\n",
     "3:10: 'workers' must be auto or a whole number."},
    {SITE LISTEN "workers: 99999999999999999999\n",
     "3:10: 'workers' must be from 1 to 256 threads."},
    {SITE LISTEN "limits: { streams_max: 0 }\n",
     "3:24: 'streams_max' must be from 1 to 1000 streams."},
    {SITE LISTEN "limits: { streams_max: 1KiB }\n",
     "3:24: 'streams_max' must be a whole number."},
    {SITE LISTEN "limits: { head_bytes_max: 4Gi }\n",
     "3:27: 'head_bytes_max' must be a size such as 65536, 64KiB or 4GiB (B, KiB, MiB, GiB, TiB)."},
    {SITE LISTEN "limits: { head_bytes_max: 16777216TiB }\n",
     "3:27: 'head_bytes_max' must be from 1024 to 1048576 bytes."},
    {SITE LISTEN "timeouts: { drain: soon }\n",
     "3:20: 'drain' must be a time such as 500ms, 30s or 1h (ms, s, m, h, d); without a unit it is milliseconds."},
    {SITE LISTEN "timeouts: { drain: 2h }\n",
     "3:20: 'drain' must be from 0 to 3600000 ms."},
    {SITE LISTEN "timeouts: { drain: 30 s min }\n",
     "3:20: 'drain' must be a time such as 500ms, 30s or 1h (ms, s, m, h, d); without a unit it is milliseconds."},
    {SITE "listen: [{ address: \"127.0.0.1:80\", tls: yes }]\n",
     "2:42: 'tls' must be true or false, as in tls: false."},
    {SITE "listen: [{ address: \"localhost:80\" }]\n",
     "2:21: 'address' must be address:port, unix:PATH or systemd:NAME, as in address: \"[::]:443\"."},
    {SITE "listen: [{ address: \"127.0.0.1:65536\" }]\n",
     "2:21: 'address': a port is at most 65535, and the path of a socket has at most 107 bytes."},
    {SITE LISTEN "log: { level: inf }\n",
     "3:15: 'level' must be error, warn, info or debug. Did you mean 'info'?"},
    {SITE LISTEN "log: { format: xml }\n",
     "3:16: 'format' must be json, combined or off."},
    {SITE LISTEN "client_address: { trusted: [\"10.0.0.1/8\"] }\n",
     "3:29: '10.0.0.1/8' has bits set behind its length, or a length that is too great. A prefix is written "
     "with zeroes there, as in 10.0.0.0/8."},
    {SITE LISTEN "client_address: { trusted: [cdn] }\n",
     "3:29: a value in 'trusted' must be an address or a prefix, as in trusted: [\"10.0.0.0/8\"]."},
    {SITE LISTEN "client_address: { header: \"X Forwarded\" }\n",
     "3:27: 'header' must be the name of a header field, as in header: X-Forwarded-For."},
    {SITE LISTEN "admin: { address: here }\n",
     "3:19: 'address' must be address:port, unix:PATH or off, as in address: \"127.0.0.1:9180\"."},
    {SITE LISTEN "user: root\n",
     "3:7: 'root' is root. Name another user, or leave 'user' out to stay root."},
    {SITE LISTEN "user: no-such-user-here\n",
     "3:7: there is no user 'no-such-user-here' on this system. 'adduser --system --group no-such-user-here' "
     "makes one."},
    {LISTEN "sites: [{ hosts: [\"a b\"], origin: [\"http://127.0.0.1:1\"] }]\n",
     "2:19: a value in 'hosts' must be a host name without port, or *.name, or * (names in other scripts as "
     "xn--...), as in hosts: [\"*\"]."},
    {LISTEN "sites: [{ hosts: [\"www.example.kz:443\"], origin: [\"http://127.0.0.1:1\"] }]\n",
     "2:19: a value in 'hosts' must be a host name without port, or *.name, or * (names in other scripts as "
     "xn--...), as in hosts: [\"*\"]."},
    {LISTEN "sites: [{ hosts: [\"*\"], origin: [\"http://127.0.0.1:1\"], packs: [\"word press\"] }]\n",
     "2:65: a value in 'packs' must be the name of a login pack, as in packs: [wordpress]."},
    {SITE LISTEN "store: { path: \"\" }\n",
     "3:16: 'path' must be a path, as in path: store."},
};

static const struct refusal OF_ORIGINS[] = {
    {LISTEN "sites: [{ hosts: [\"*\"], origin: [\"127.0.0.1:8080\"] }]\n",
     "2:34: '127.0.0.1:8080' is no origin. Write http://host:port, https://host or unix:/path."},
    {LISTEN "sites: [{ hosts: [\"*\"], origin: [\"http://127.0.0.1:0\"] }]\n",
     "2:34: 'http://127.0.0.1:0' is no origin. The port is a number from 1 to 65535."},
    {LISTEN "sites: [{ hosts: [\"*\"], origin: [\"http://127.0.0.1:8080/cms\"] }]\n",
     "2:34: 'http://127.0.0.1:8080/cms' is no origin. An origin has no path: each request keeps its own."},
    {LISTEN "sites: [{ hosts: [\"*\"], origin: [\"http://user@127.0.0.1\"] }]\n",
     "2:34: 'http://user@127.0.0.1' is no origin. Behind the host only a port may stand, as in "
     "http://127.0.0.1:8080."},
    {LISTEN "sites: [{ hosts: [\"*\"], origin: [\"http://[::1\"] }]\n",
     "2:34: 'http://[::1' is no origin. An IPv6 address is written in brackets, as in http://[::1]:8080."},
    {LISTEN "sites: [{ hosts: [\"*\"], origin: [\"http://\"] }]\n",
     "2:34: 'http://' is no origin. A host name or an address is expected behind the scheme."},
    {LISTEN "sites: [{ hosts: [\"*\"], origin: [\"unix:\"] }]\n",
     "2:34: 'unix:' is no origin. A path is expected behind unix:."},
    {LISTEN "sites: [{ hosts: [\"*\"], origin: [[\"http://127.0.0.1\"]] }]\n",
     "2:34: a value in 'origin' must be http://host:port, https://host, unix:/path, or { url: ..., ca: ca.pem "
     "}, as in origin: [\"http://127.0.0.1:8080\"]."},
    {LISTEN "sites: [{ hosts: [\"*\"], origin: [{ ca: ca.pem }] }]\n",
     "2:34: 'url' is missing. Add url: \"https://cms.internal:8443\""},
    {LISTEN "sites: [{ hosts: [\"*\"], origin: [{ url: \"http://127.0.0.1\", ca: \"/dev/null\" }] }]\n",
     "2:65: '/dev/null' is not a file."},
};

static const struct refusal OF_FILES[] = {
    {SITE LISTEN "certificates: [{ certificate: nix.pem, key: / }]\n",
     "3:31: the file '/nowhere/nix.pem' cannot be read: No such file or directory."},
    {SITE LISTEN "certificates: [{ directory: certs }]\n",
     "3:29: the folder '/nowhere/certs' cannot be read: No such file or directory."},
    {SITE LISTEN "certificates: [{ }]\n",
     "3:16: write { certificate: cert.pem, key: key.pem } or { directory: certs }."},
    {SITE LISTEN "rules: [nix.rules]\n",
     "3:9: the file '/nowhere/nix.rules' cannot be read: No such file or directory."},
    {LISTEN "sites: [{ hosts: [\"*\"], origin: [{ url: \"https://127.0.0.1\", ca: nix.pem }] }]\n",
     "2:66: the file '/nowhere/nix.pem' cannot be read: No such file or directory."},
};

static const struct refusal OF_WHOLES[] = {
    {SITE,
     "1:1: [::]:443 ends TLS and there is no certificate. Add certificates: [{ certificate: cert.pem, key: "
     "key.pem }]"},
    {SITE "listen: [{ address: \"127.0.0.1:443\", tls: true, redirect_https: true }]\n",
     "2:10: 'tls' and 'redirect_https' exclude each other: the redirect leads to a listener with tls."},
    {SITE "listen: [{ address: \"127.0.0.1:80\", proxy_protocol: true }]\n",
     "2:10: 'proxy_protocol' takes headers from trusted peers only, and nobody is trusted. Add client_address: "
     "{ trusted: [\"10.0.0.1\"] }"},
    {SITE "listen:\n  - { address: \"127.0.0.1:80\" }\n  - { address: \"127.0.0.1:80\" }\n",
     "4:5: this address stands in line 3 already. Leave one out."},
    {LISTEN "sites:\n  - { hosts: [a.kz, b.kz], origin: [\"unix:/a\"] }\n  - { hosts: [A.KZ], origin: "
     "[\"unix:/b\"] }\n",
     "4:15: the host 'a.kz' stands in line 3 already. A host belongs to one site."},
    {SITE LISTEN "store: { size_max: 1MiB, journal_max: 2MiB }\n",
     "3:39: 'journal_max' is more than 'size_max': the journal is a part of the store."},
};

static const struct refusal OF_YAML[] = {
    {"sites: [\n",
     "2:1: did not find expected node content while parsing a flow node. A value is missing here, or a bracket "
     "is not closed."},
    {"\tworkers: 2\n",
     "1:1: found character that cannot start any token while scanning for the next token. Indent with spaces, "
     "not tabs, and put a value that starts with @, ` or % in quotes."},
    {"workers: 2\n  listen: 3\n",
     "2:9: mapping values are not allowed in this context. Put a value that contains ': ' in quotes, and give "
     "the keys of one section the same indent."},
    {"hosts: [*]\n",
     "1:10: did not find expected alphabetic or numeric character while scanning an alias. Put a '*' or '&' "
     "that is meant so in quotes: \"*\"."},
    {"hosts: *all\n",
     "1:8: aliases (*name) are not taken here. Put a '*' that is meant so in quotes: \"*\"."},
    {"a: &x 1\n",
     "1:4: anchors (&name) are not taken here. Write the value out where it is used."},
    {"a: !!str 1\n",
     "1:4: tags (!name) are not taken here. Leave the tag out."},
    {"a: \"\\0\"\n",
     "1:4: a NUL cannot stand in a value."},
    {"[a]: b\n",
     "1:1: a key must be a word"},
    {"a: 1\n---\nb: 2\n",
     "2:1: a second document (---). One file holds one."},
    {"a: \"b\n",
     "2:1: found unexpected end of stream while scanning a quoted scalar. Close the quotes."},
    {"a: \x01\n",
     "1:4: control characters are not allowed. The file must be text in UTF-8."},
    {"a: [[[[[[[[[[[[[[[[[\n",
     "1:19: nested deeper than 16 levels."},
};
/* clang-format on */

static struct config_error refused(struct span text) {
  struct config c = {.workers = 77};
  struct config_error why;
  assert_int_equal(config_parse(text, "q.yaml", "/nowhere", &c, &why), ERR_SYNTAX);
  assert_int_equal(c.workers, 77);
  assert_null(c.setup);
  return why;
}

static void assert_refusals(const struct refusal *cases, size_t count) {
  for (size_t i = 0; i < count; i++) {
    char expected[1024];
    struct config_error why = refused(span_of(cases[i].text));
    snprintf(expected, sizeof(expected), "q.yaml:%s", cases[i].error);
    *strchrnul(why.text, '\n') = '\0';
    assert_string_equal(why.text, expected);
  }
}

static void keys_unknown_twice_or_missing_are_refused(void **state) {
  assert_refusals(OF_KEYS, sizeof(OF_KEYS) / sizeof(*OF_KEYS));
}

static void values_of_another_shape_are_refused(void **state) {
  assert_refusals(OF_SHAPES, sizeof(OF_SHAPES) / sizeof(*OF_SHAPES));
}

static void values_out_of_their_kind_or_range_are_refused(void **state) {
  assert_refusals(OF_VALUES, sizeof(OF_VALUES) / sizeof(*OF_VALUES));
}

static void what_is_no_origin_is_refused(void **state) {
  assert_refusals(OF_ORIGINS, sizeof(OF_ORIGINS) / sizeof(*OF_ORIGINS));
}

static void files_that_are_not_there_are_refused(void **state) {
  assert_refusals(OF_FILES, sizeof(OF_FILES) / sizeof(*OF_FILES));
}

static void what_does_not_fit_together_is_refused(void **state) {
  assert_refusals(OF_WHOLES, sizeof(OF_WHOLES) / sizeof(*OF_WHOLES));
}

static void what_is_no_plain_yaml_is_refused(void **state) {
  assert_refusals(OF_YAML, sizeof(OF_YAML) / sizeof(*OF_YAML));
}

static void the_line_and_a_caret_stand_below(void **state) {
  struct config_error why = refused(SPAN(SITE LISTEN "timeouts:\n  drein: 5s # soon\n"));
  assert_string_equal(why.text, "q.yaml:4:3: unknown key 'drein'. Did you mean 'drain'?\n"
                                "      drein: 5s # soon\n"
                                "      ^");
}

static void columns_count_characters_and_long_lines_are_cut(void **state) {
  char text[512] = SITE LISTEN "log: { access: \"";
  for (int i = 0; i < 50; i++) strcat(text, "қ");
  strcat(text, "............................................................\", levle: info }\n");
  struct config_error why = refused(span_of(text));
  const char *shown = strchr(why.text, '\n') + 1, *caret = strrchr(why.text, '\n') + 1;
  assert_non_null(strstr(why.text, "q.yaml:3:130: unknown key 'levle'. Did you mean 'level'?\n"));
  assert_int_equal(strspn(caret, " "), 4 + 59);
  size_t column = 0;
  const char *at = shown;
  while (strncmp(at, "levle", 5) != 0) column += ((unsigned char)*at++ & 0xc0) != 0x80;
  assert_int_equal(column, 4 + 59);
}

static void what_a_terminal_would_obey_is_not_repeated(void **state) {
  struct config_error why = refused(SPAN(SITE LISTEN "\"\\e[31m\": 1\n"));
  assert_non_null(strstr(why.text, "unknown key '?[31m'"));
  assert_null(strchr(why.text, '\033'));
}

static void several_errors_are_told_at_once(void **state) {
  struct config_error why = refused(SPAN(SITE LISTEN "a1234567: 1\nworkers: x\n"));
  assert_string_equal(
      why.text, "q.yaml:3:1: unknown key 'a1234567'. 'qorgan check --defaults' lists them all.\n"
                "    a1234567: 1\n"
                "    ^\n"
                "q.yaml:4:10: 'workers' must be auto or a whole number.\n"
                "    workers: x\n"
                "             ^");
}

static void more_errors_than_fit_are_counted(void **state) {
  char text[32 * 1000 + 1];
  size_t len = 0;
  for (int i = 0; i < 1000; i++) len += (size_t)snprintf(text + len, 32, "unheard_of_%d: 1\n", i);
  struct config_error why = refused(span_from(text, len));
  unsigned told = 0, unsaid = 0;
  for (const char *at = why.text; (at = strstr(at, "unknown key")); at++) told++;
  assert_int_equal(sscanf(strrchr(why.text, '\n'), "\nand %u more", &unsaid), 1);
  assert_true(told > 10);
  assert_int_equal(told + unsaid, 1000);
}

static void a_file_past_its_bound_is_refused(void **state) {
  char *text = malloc(CONFIG_BYTES_MAX + 1);
  memset(text, '#', CONFIG_BYTES_MAX + 1);
  struct config_error why = refused(span_from(text, CONFIG_BYTES_MAX + 1));
  assert_string_equal(why.text,
                      "q.yaml: larger than 1 MiB. Put long lists into rule files or feeds.");
  memset(text, '\n', CONFIG_BYTES_MAX);
  memcpy(text, "a: [", 4);
  for (size_t i = 4; i + 2 < CONFIG_BYTES_MAX; i += 2) memcpy(text + i, "1,", 2);
  why = refused(span_from(text, CONFIG_BYTES_MAX));
  assert_non_null(
      strstr(why.text, "more than 65536 values. Put long lists into rule files or feeds.\n"));
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_unknown_twice_or_missing_are_refused),
      cmocka_unit_test(values_of_another_shape_are_refused),
      cmocka_unit_test(values_out_of_their_kind_or_range_are_refused),
      cmocka_unit_test(what_is_no_origin_is_refused),
      cmocka_unit_test(files_that_are_not_there_are_refused),
      cmocka_unit_test(what_does_not_fit_together_is_refused),
      cmocka_unit_test(what_is_no_plain_yaml_is_refused),
      cmocka_unit_test(the_line_and_a_caret_stand_below),
      cmocka_unit_test(columns_count_characters_and_long_lines_are_cut),
      cmocka_unit_test(what_a_terminal_would_obey_is_not_repeated),
      cmocka_unit_test(several_errors_are_told_at_once),
      cmocka_unit_test(more_errors_than_fit_are_counted),
      cmocka_unit_test(a_file_past_its_bound_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
