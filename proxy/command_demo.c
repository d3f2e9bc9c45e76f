// SPDX-License-Identifier: Apache-2.0
/** `qorgan demo`: the whole program with nothing prepared. A folder holds all it needs, so every other command works on
 *  it with `-c FOLDER/qorgan.yaml`; a temporary one goes with the demonstration. */
#include "proxy/commands.h"

#include "certs/dev_ca.h"
#include "proxy/demo/folder.h"
#include "proxy/demo/newsroom.h"
#include "proxy/demo/ports.h"
#include "proxy/demo/visitors.h"
#include "proxy/server.h"
#include "proxy/when.h"
#include "rules/base/err.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

enum { PORT_DEFAULT = 8443, SECONDS_MAX = 366 * 86400, YAML_BYTES_MAX = 4096 };

/* The first line of the file: a qorgan.yaml without it is somebody's and is left alone. */
#define HEADER "# Written by `qorgan demo`, anew at each start.\n"

struct demo {
  const struct invocation *in;
  uint64_t port_wanted, seconds;
  uint16_t port, admin_port, origin_port;
  struct folder folder;
  char ca[PATH_MAX], yaml[PATH_MAX], log[PATH_MAX];
  struct newsroom *newsroom;
  struct server server;
  struct deadline end;
};

static int refuse(const struct demo *d, const char *what, const char *why) {
  fprintf(stderr, "qorgan demo: %s: %s\n", what, why);
  return CLI_REFUSED;
}

/* ---- what it needs ---- */

static int read_number(const struct invocation *in, const char *option, uint64_t most,
                       uint64_t *out) {
  const char *text = cli_value(in, option);
  if (!text || (span_to_u64(span_of(text), out) == OK && *out <= most)) return CLI_DONE;
  return cli_usage(in, "%s wants a number from 0 to %llu, not '%s'", option,
                   (unsigned long long)most, text);
}

static int make_certificates(struct demo *d) {
  struct dev_ca_wish wish = {.folder = d->folder.path};
  struct dev_ca made;
  struct why why;
  if (dev_ca_make(&wish, when_now(), &made, &why)) return refuse(d, "certificate", why.text);
  dev_ca_fini(&made);
  return CLI_DONE;
}

static int find_ports(struct demo *d) {
  int err = ports_find((uint16_t)d->port_wanted, &d->port);
  if (!err) err = ports_find(0, &d->admin_port);
  return err ? refuse(d, "no free port", err_text((enum err)err)) : CLI_DONE;
}

static int write_yaml(struct demo *d) {
  char text[YAML_BYTES_MAX];
  int len = snprintf(text, sizeof(text),
                     HEADER "listen:\n"
                            "  - { address: \"127.0.0.1:%u\", tls: true }\n"
                            "certificates:\n"
                            "  - { certificate: cert.pem, key: key.pem }\n"
                            "sites:\n"
                            "  - hosts: [\"*\"]\n"
                            "    origin: [\"http://127.0.0.1:%u\"]   # the demonstration newsroom\n"
                            "    packs: [wordpress]\n"
                            "store: { path: store, size_max: 256MiB, journal_max: 64MiB }\n"
                            "secret: secret.key\n"
                            "admin: { address: \"127.0.0.1:%u\" }\n"
                            "log: { access: access.jsonl, level: warn }\n"
                            "timeouts: { drain: 2s }\n",
                     d->port, d->origin_port, d->admin_port);
  int err = folder_write(&d->folder, "qorgan.yaml", span_from(text, (size_t)len), SPAN(HEADER));
  if (err == ERR_EXISTS) return refuse(d, d->yaml, "is not of a demonstration and stays as it is");
  return err ? refuse(d, d->yaml, err_text((enum err)err)) : CLI_DONE;
}

static int prepare(struct demo *d) {
  int err = folder_at(&d->folder, "ca.pem", d->ca);
  if (!err) err = folder_at(&d->folder, "qorgan.yaml", d->yaml);
  if (!err) err = folder_at(&d->folder, "access.jsonl", d->log);
  if (!err) err = newsroom_open(&d->newsroom, &d->origin_port);
  if (err) return refuse(d, "the demonstration newsroom", err_text((enum err)err));
  int code = make_certificates(d);
  if (!code) code = find_ports(d);
  return code ? code : write_yaml(d);
}

/* ---- what it says ---- */

static void print_greeting(const struct demo *d) {
  bool terminal = isatty(STDOUT_FILENO);
  const char *bold = terminal ? "\033[1m" : "", *plain = terminal ? "\033[0m" : "";
  const char *self = program_invocation_name;
  if (d->port_wanted && d->port != d->port_wanted) {
    printf("Port %u is taken, so it is %u.\n", (unsigned)d->port_wanted, d->port);
  }
  printf("\n  %sQorgan stands before a demonstration newsroom.%s\n\n", bold, plain);
  printf("  Open        %shttps://localhost:%u/%s\n", bold, d->port, plain);
  printf("  CA          %s\n", d->ca);
  printf("  Verified    curl --cacert %s https://localhost:%u/\n", d->ca, d->port);
  printf("\n  %sTry%s\n", bold, plain);
  printf("  Log in      https://localhost:%u/wp-login.php as %s with %s\n", d->port, VISITORS_USER,
         VISITORS_PASSWORD);
  printf(
      "  and fail    curl --cacert %s -d log=%s -d pwd=wrong https://localhost:%u/wp-login.php\n",
      d->ca, VISITORS_USER, d->port);
  printf("  Behind it   https://localhost:%u/echo shows what the newsroom receives\n", d->port);
  printf("  Ban         %s ban 127.0.0.2 -c %s\n", self, d->yaml);
  printf("  and be it   curl --interface 127.0.0.2 --cacert %s https://localhost:%u/\n", d->ca,
         d->port);
  printf("  State       %s status -c %s\n", self, d->yaml);
  printf("  Dashboard   http://127.0.0.1:%u/\n", d->admin_port);
  printf("  Metrics     curl http://127.0.0.1:%u/metrics\n", d->admin_port);
  printf("  Access log  tail -f %s\n", d->log);
  printf("\n  Stop with Ctrl-C. %s\n\n",
         d->folder.temporary ? "The folder goes with it." : "The folder stays.");
  fflush(stdout);
}

/* ---- how it runs ---- */

/* SIGTERM and SIGINT wait while there is something to clean up and nobody who would. */
static void hold_signals(int how) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(how, &set, NULL);
}

static void on_end(struct deadline *deadline) {
  kill(getpid(), SIGTERM);
}

static int serve(struct demo *d) {
  struct config config;
  struct config_error why;
  if (config_load(d->yaml, &config, &why)) return refuse(d, "configuration", why.text);
  int code = server_start(&d->server, &config, d->yaml);
  if (code) return code;
  d->end.expired = on_end;
  if (d->seconds) loop_deadline(d->server.loop, &d->end, (mono_ms)d->seconds * 1000);
  print_greeting(d);
  hold_signals(SIG_UNBLOCK);
  code = server_run(&d->server);
  hold_signals(SIG_BLOCK);
  return code;
}

static int run_in(struct demo *d) {
  int code = prepare(d);
  if (!code) code = serve(d);
  if (d->newsroom) newsroom_close(&d->newsroom);
  int err = folder_close(&d->folder);
  return err && !code ? refuse(d, d->folder.path, err_text((enum err)err)) : code;
}

int command_demo(const struct invocation *in) {
  struct demo d = {.in = in, .port_wanted = PORT_DEFAULT};
  const char *given = cli_value(in, "--store");
  int code = read_number(in, "--port", UINT16_MAX, &d.port_wanted);
  if (!code) code = read_number(in, "--seconds", SECONDS_MAX, &d.seconds);
  if (code) return code;
  hold_signals(SIG_BLOCK);
  int err = folder_open(&d.folder, given);
  code =
      err ? refuse(&d, given ? given : "a temporary folder", err_text((enum err)err)) : run_in(&d);
  hold_signals(SIG_UNBLOCK);
  return code;
}
