// SPDX-License-Identifier: Apache-2.0
/** The configuration file: YAML, every key a row of one table (config_keys.c), every error with file, line, column and
 *  the mend. Relative paths are relative to the file. Loading opens no socket and starts nothing, but looks whether
 *  files and the user exist and resolves the names of origins; so it is called on the main thread only.
 *    config_tree    YAML text → nodes with line and column
 *    config_read    nodes → structs, led by the table; config_value and config_origin read the single values
 *    config_check   what holds between several keys
 *    config_report  errors → text
 *    config_print   the table → every setting with its default */
#ifndef PROXY_CONFIG_H
#define PROXY_CONFIG_H

#include "proxy/flow/setup.h"
#include "rules/base/log.h"

struct listen_spec {
  struct endpoint at;
  bool tls;
  /* a PROXY header v1 or v2 is required from peers in `trusted`, refused from others */
  bool proxy_protocol;
  bool redirect_https; /* answers each request with 308 to https:// */
};

struct certificate_spec {
  const char *certificate, *key; /* PEM files, or both NULL */
  /* NAME.pem beside NAME.key, or fullchain.pem and privkey.pem in subfolders; or NULL */
  const char *directory;
};

struct store_spec {
  const char *path;
  uint64_t size_max_bytes, journal_max_bytes;
  unsigned journal_days;
};

struct config {
  struct setup *setup; /* one reference is the config's; its arena holds all that stands below */
  unsigned workers;    /* "auto" is resolved to the number of processors this process may use */
  struct listen_spec *listens;
  size_t listen_count;
  struct certificate_spec *certificates;
  size_t certificate_count;
  const char **rules;
  size_t rules_count;
  struct store_spec store;
  const char *secret;    /* path */
  struct endpoint admin; /* valid when has_admin */
  bool has_admin;
  const char *access_log; /* path, "-" is standard output, NULL is off */
  enum log_level log_level;
  const char *user; /* to become after binding, when started as root; NULL: stay */
};

/** What is wrong with the file, for people: one or several of
 *    qorgan.yaml:7:3: unknown key 'orign'. Did you mean 'origin'?
 *        - orign: ["http://127.0.0.1:8080"]
 *          ^
 *  without a newline at the end. What does not fit is counted in a last line. */
struct config_error {
  char text[4096];
};

/** File and text may have 1 MiB, 16 levels and 65536 values; past that they are refused. */
enum { CONFIG_BYTES_MAX = 1 << 20 };

/** ERR_SYNTAX (or the like) with `*why` filled, `*out` untouched. */
int config_load(const char *path, struct config *out, struct config_error *why);
/** The same from memory; `base` is the folder that relative paths start from, "." the current one. `name` stands in
 *  errors. For demo, tests, fuzzer. */
int config_parse(struct span text, const char *name, const char *base, struct config *out,
                 struct config_error *why);
/** Drops the setup and zeroes `*c`. Safe on zeroes. */
void config_fini(struct config *c);

/** The whole configuration with every key at its default and its help text as comments: a file that loads once
 *  `certificates` names one. */
struct buf;
void config_print_defaults(struct buf *out);

#endif
