// SPDX-License-Identifier: Apache-2.0
/** `qorgan certs dev | list`: a development CA and certificate made on the spot; what the configuration loads and when
 *  it ends. Neither needs a running proxy. */
#include "proxy/commands.h"

#include "certs/dev_ca.h"
#include "certs/expiry.h"
#include "certs/store.h"
#include "proxy/when.h"
#include "rules/base/buf.h"
#include "rules/base/log.h"

#include <stdlib.h>

enum {
  TEXT_BYTES_MAX = 1 << 22
}; /* of one certificate's description: as many names as a file can hold */

static const char *const OUT_DEFAULT = "dev-certs";

static int refuse(const struct invocation *in, const char *text) {
  fprintf(stderr, "qorgan %s: %s\n", in->command->name, text);
  return CLI_REFUSED;
}

static void print_note(enum log_level level, struct span line) {
  fprintf(stderr, "note: %.*s\n", SPAN_ARG(line));
}

/** Prints what was put, or says that it could not be. */
static int print_and_fini(const struct invocation *in, struct buf *text) {
  bool whole = !text->overflow;
  if (whole) printf("%.*s", SPAN_ARG(buf_span(text)));
  buf_fini(text);
  return whole ? CLI_DONE : refuse(in, "too much to print");
}

static void put_names(struct buf *out, const struct cert *c) {
  for (size_t i = 0; i < c->name_count; i++) {
    buf_printf(out, "%s%.*s", i ? ", " : "", SPAN_ARG(c->names[i]));
  }
  if (c->name_count == 0) buf_put_text(out, "none, so only the default can use it");
}

static void put_left(struct buf *out, const struct cert *c, real_ms now) {
  int days = expiry_days_left(c, now);
  if (now >= c->not_after) {
    buf_put_text(out, "ended: browsers refuse it");
  } else if (now < c->not_before) {
    buf_put_text(out, "not valid yet");
  } else {
    buf_printf(out, "%d day%s left", days, days == 1 ? "" : "s");
  }
}

static void put_cert(struct buf *out, const struct cert *c, bool is_default, real_ms now) {
  char end[25];
  clock_format(c->not_after, end);
  buf_printf(out, "%s%s\n", c->certificate_path.at, is_default ? " (default)" : "");
  buf_put_text(out, "  names      ");
  put_names(out, c);
  buf_printf(out, "\n  key        %.*s, %s\n", SPAN_ARG(c->kind_text), c->key_path.at);
  buf_printf(out, "  issuer     %.*s\n", SPAN_ARG(c->issuer));
  buf_printf(out, "  not after  %s, ", end);
  put_left(out, c, now);
  buf_put_byte(out, '\n');
}

static void put_json_member(struct buf *out, const char *name, struct span value) {
  buf_printf(out, "\"%s\":", name);
  buf_put_json(out, value);
  buf_put_byte(out, ',');
}

static void put_cert_json(struct buf *out, const struct cert *c, bool is_default, real_ms now) {
  char begin[25], end[25];
  clock_format(c->not_before, begin);
  clock_format(c->not_after, end);
  buf_put_byte(out, '{');
  put_json_member(out, "certificate", c->certificate_path);
  put_json_member(out, "key", c->key_path);
  buf_put_text(out, "\"names\":[");
  for (size_t i = 0; i < c->name_count; i++) {
    if (i) buf_put_byte(out, ',');
    buf_put_json(out, c->names[i]);
  }
  buf_put_text(out, "],");
  put_json_member(out, "kind", c->kind_text);
  put_json_member(out, "issuer", c->issuer);
  put_json_member(out, "not_before", span_of(begin));
  put_json_member(out, "not_after", span_of(end));
  buf_printf(out, "\"days_left\":%d,\"default\":%s}", expiry_days_left(c, now),
             is_default ? "true" : "false");
}

static int print_store(const struct invocation *in, const struct cert_store *store, real_ms now) {
  struct cert_pair fallback = cert_store_fallback(store);
  size_t count = cert_store_count(store);
  int code = CLI_DONE;
  if (in->json) putchar('[');
  for (size_t i = 0; i < count && !code; i++) {
    const struct cert *c = cert_store_at(store, i);
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    if (i) buf_put_text(&text, in->json ? ",\n" : "\n");
    (in->json ? put_cert_json : put_cert)(&text, c, c == fallback.of[c->kind], now);
    code = print_and_fini(in, &text);
  }
  if (in->json) fputs("]\n", stdout);
  return code;
}

static int load_store(const struct invocation *in, const struct config *config, real_ms now,
                      struct cert_store **out) {
  struct why why;
  size_t count = config->certificate_count;
  struct cert_source *sources = calloc(count + 1, sizeof(*sources));
  if (!sources) return refuse(in, err_text(ERR_MEMORY));
  for (size_t i = 0; i < count; i++) {
    const struct certificate_spec *from = &config->certificates[i];
    sources[i] = (struct cert_source){from->certificate, from->key, from->directory};
  }
  int err = cert_store_new(sources, count, now, out, &why);
  free(sources);
  return err ? refuse(in, why.text) : CLI_DONE;
}

static int list(const struct invocation *in) {
  struct config config;
  struct cert_store *store = NULL;
  real_ms now = when_now();
  int code = cli_config(in, &config);
  if (code) return code;
  code = load_store(in, &config, now, &store);
  if (!code) code = print_store(in, store, now);
  cert_store_drop(&store);
  config_fini(&config);
  return code;
}

static void put_made_json(struct buf *out, const struct dev_ca *d, real_ms now) {
  buf_put_text(out, "{\"ca\":");
  put_cert_json(out, &d->ca, false, now);
  buf_printf(out, ",\"ca_made\":%s,\"server\":", d->ca_made ? "true" : "false");
  put_cert_json(out, &d->leaf, true, now);
  buf_printf(out, ",\"server_made\":%s}\n", d->leaf_made ? "true" : "false");
}

static void put_made(struct buf *out, const struct dev_ca *d, real_ms now) {
  const char *ca = d->ca.certificate_path.at;
  struct span host = d->leaf.names[0];
  bool wild = span_starts(host, SPAN("*.")), v6 = span_find(host, ':') < host.len;
  if (wild) host = span_skip(host, 1);
  buf_printf(out, "%s the development CA: %s (its key: %s)\n", d->ca_made ? "Made" : "Kept", ca,
             d->ca.key_path.at);
  buf_printf(out, "%s the server's certificate:\n\n", d->leaf_made ? "Made" : "Kept");
  put_cert(out, &d->leaf, false, now);
  buf_printf(out,
             "\nIn qorgan.yaml:\n  certificates:\n    - { certificate: %s, key: %s }\n"
             "\nTrust the CA on your own machine only, and for as long as you develop:\n",
             d->leaf.certificate_path.at, d->leaf.key_path.at);
  const char *before = wild ? "www" : v6 ? "[" : "", *after = v6 ? "]" : "";
  buf_printf(out, "  curl --cacert %s https://%s%.*s%s:8443/\n", ca, before, SPAN_ARG(host), after);
  buf_printf(out, "  certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n \"Qorgan development\" -i %s\n",
             ca);
}

/** Every --name, in the order given. */
static size_t take_names(const struct invocation *in, struct span names[CLI_GIVEN_MAX]) {
  size_t count = 0;
  for (size_t i = 0; i < in->given_count; i++) {
    if (strcmp(in->given[i].option->name, "--name")) continue;
    names[count++] = span_of(in->given[i].value);
  }
  return count;
}

static int dev(const struct invocation *in) {
  struct span names[CLI_GIVEN_MAX];
  const char *folder = cli_value(in, "--out");
  struct dev_ca_wish wish = {.folder = folder ? folder : OUT_DEFAULT,
                             .names = names,
                             .name_count = take_names(in, names),
                             .kind = cli_flag(in, "--rsa") ? CERT_RSA : CERT_EC};
  struct dev_ca made;
  struct why why;
  real_ms now = when_now();
  if (dev_ca_make(&wish, now, &made, &why)) return refuse(in, why.text);
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  (in->json ? put_made_json : put_made)(&text, &made, now);
  dev_ca_fini(&made);
  return print_and_fini(in, &text);
}

int command_certs(const struct invocation *in) {
  log_set_sink(print_note, LOG_INFO);
  if (!strcmp(in->argv[0], "dev")) return dev(in);
  if (!strcmp(in->argv[0], "list")) return list(in);
  return cli_usage(in, "'%s' is neither dev nor list", in->argv[0]);
}
