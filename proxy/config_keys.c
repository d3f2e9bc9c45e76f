// SPDX-License-Identifier: Apache-2.0
#include "proxy/config_keys.h"

#include "proxy/config_check.h"
#include "proxy/config_origin.h"
#include "proxy/config_value.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Where a key's value goes; and, of a list, its length too. */
#define OF(type, member) .home = CONFIG_IN_SECTION, .at = offsetof(struct type, member)
#define IN_CONFIG(member) .home = CONFIG_IN_CONFIG, .at = offsetof(struct config, member)
#define IN_SETUP(member) .home = CONFIG_IN_SETUP, .at = offsetof(struct setup, member)
#define LIST_OF(type, items, count) OF(type, items), .count_at = offsetof(struct type, count)
#define LIST_IN_CONFIG(items, count) IN_CONFIG(items), .count_at = offsetof(struct config, count)
#define LIST_IN_SETUP(items, count) IN_SETUP(items), .count_at = offsetof(struct setup, count)

/* How long lists may be: past it the file is refused. */
enum {
  LISTENS_MAX = 64,
  CERTIFICATES_MAX = 4096,
  SITES_MAX = 4096,
  HOSTS_MAX = 4096,
  ORIGINS_MAX = 64,
  PACKS_MAX = 32,
  RULES_MAX = 256,
  TRUSTED_MAX = 4096,
  WORKERS_MAX = 256
};

static const char *const LOG_FORMATS[] = {"json", "combined", "off"};
static const char *const LOG_LEVELS[] = {"error", "warn", "info", "debug"};

/* clang-format off */
#define SCALAR(type, reader, text) {.shape = CONFIG_SCALAR, .size = sizeof(type), .take = reader, .called = text}
#define ITEMS(of, text) {.shape = CONFIG_LIST, .take = config_read_list, .item = &of, .called = text}
#define SECTION(type, rows, test, text)                                                                               \
  {.shape = CONFIG_SECTION, .size = sizeof(type), .take = config_read_section, .keys = rows,                          \
   .key_count = COUNT(rows), .check = test, .called = text}
#define CHOICE(type, names, text)                                                                                     \
  {.shape = CONFIG_SCALAR, .size = sizeof(type), .take = config_value_choice, .choices = names,                       \
   .choice_count = COUNT(names), .called = text}

static const struct config_kind
    BOOL = SCALAR(bool, config_value_bool, "true or false"),
    NUMBER = SCALAR(uint64_t, config_value_number, "a whole number"),
    SMALL_NUMBER = SCALAR(unsigned, config_value_number, "a whole number"),
    WORKERS = SCALAR(unsigned, config_value_workers, "auto or a whole number"),
    LEVEL = CHOICE(enum log_level, LOG_LEVELS, "error, warn, info or debug"),
    FORMAT = CHOICE(enum log_format, LOG_FORMATS, "json, combined or off"),
    PATH = SCALAR(const char *, config_value_path, "a path"),
    FILE_PATH = SCALAR(const char *, config_value_file, "the path of a file"),
    PEM = SCALAR(struct span, config_value_pem, "the path of a PEM file"),
    FOLDER = SCALAR(const char *, config_value_folder, "the path of a folder"),
    LOG_PATH = SCALAR(const char *, config_value_log, "a path, - for standard output, or off"),
    SOCKET = SCALAR(struct endpoint, config_value_endpoint, "address:port, unix:PATH or systemd:NAME"),
    ADMIN_SOCKET = SCALAR(struct endpoint, config_value_admin, "address:port, unix:PATH or off"),
    PREFIX = SCALAR(struct prefix, config_value_prefix, "an address or a prefix"),
    HOST = SCALAR(struct span, config_value_host,
                  "a host name without port, or *.name, or * (names in other scripts as xn--...)"),
    PACK = SCALAR(struct span, config_value_pack, "the name of a login pack"),
    HEADER = SCALAR(struct span, config_value_header, "the name of a header field"),
    USER = SCALAR(const char *, config_value_user, "the name of a user of this system"),
    URL = SCALAR(struct origin_spec, config_origin_url, "http://host:port, https://host or unix:/path");

static const struct config_key LISTEN_KEYS[] = {
    {"address", &SOCKET, OF(listen_spec, at), .required = true, .example = "\"[::]:443\"",
     .help = "where to bind: \"127.0.0.1:8443\", \"[::]:443\", \"unix:/run/qorgan.sock\", \"systemd:NAME\""},
    {"tls", &BOOL, OF(listen_spec, tls), .initial = "false",
     .help = "end TLS here: HTTP/2 and HTTP/1.1 with the certificates below"},
    {"proxy_protocol", &BOOL, OF(listen_spec, proxy_protocol), .initial = "false",
     .help = "trusted peers must send a PROXY header (v1 or v2), others must not"},
    {"redirect_https", &BOOL, OF(listen_spec, redirect_https), .initial = "false",
     .help = "answer each request with 308 to https://"},
};

static const struct config_key CERTIFICATE_KEYS[] = {
    {"certificate", &FILE_PATH, OF(certificate_spec, certificate), .example = "cert.pem",
     .help = "PEM file: the certificate, then its chain"},
    {"key", &FILE_PATH, OF(certificate_spec, key), .example = "key.pem", .help = "PEM file: its private key"},
    {"directory", &FOLDER, OF(certificate_spec, directory), .example = "/etc/qorgan/certs",
     .help = "instead of both: a folder of NAME.pem beside NAME.key, or of folders with fullchain.pem and privkey.pem"},
};

static const struct config_key ORIGIN_KEYS[] = {
    {"url", &URL, OF(origin_spec, text), .required = true, .example = "\"https://cms.internal:8443\"",
     .help = "http://host:port, https://host[:port] or unix:/path"},
    {"ca", &PEM, OF(origin_spec, ca), .example = "ca.pem",
     .help = "PEM file with the authority that an https:// origin is verified against, instead of the system's"},
};

static const struct config_kind
    ORIGIN = {.any_shape = true, .size = sizeof(struct origin_spec), .take = config_origin_take, .keys = ORIGIN_KEYS,
              .key_count = COUNT(ORIGIN_KEYS), .check = config_check_origin,
              .called = "http://host:port, https://host, unix:/path, or { url: ..., ca: ca.pem }"},
    HOSTS = ITEMS(HOST, "a list of host names"),
    ORIGINS = ITEMS(ORIGIN, "a list of origins"),
    PACKS = ITEMS(PACK, "a list of login packs"),
    FILES = ITEMS(FILE_PATH, "a list of files"),
    PREFIXES = ITEMS(PREFIX, "a list of addresses and prefixes");

static const struct config_key SITE_KEYS[] = {
    {"hosts", &HOSTS, LIST_OF(site_spec, hosts, host_count), .required = true, .example = "[\"*\"]",
     .least = 1, .most = HOSTS_MAX,
     .help = "names that the site answers to: exact, \"*.example.kz\" (one label or more), \"*\" (all others)"},
    {"origin", &ORIGINS, LIST_OF(site_spec, origins, origin_count), .required = true,
     .example = "[\"http://127.0.0.1:8080\"]", .least = 1, .most = ORIGINS_MAX,
     .help = "where the CMS is: http://, https:// or unix:/path; several share the load; { url: ..., ca: ca.pem } "
             "verifies against an authority of your own"},
    {"packs", &PACKS, LIST_OF(site_spec, packs, pack_count), .initial = "[]", .least = 0, .most = PACKS_MAX,
     .example = "[wordpress]",
     .help = "login packs that apply: wordpress, drupal, joomla, ghost, bitrix"},
};

static const struct config_key STORE_KEYS[] = {
    {"path", &PATH, OF(store_spec, path), .initial = "store", .help = "its folder; made when it is not there"},
    {"size_max", &NUMBER, OF(store_spec, size_max_bytes), .initial = "4GiB", .unit = "bytes", .least = 1 << 20,
     .most = 1ull << 46, .help = "its greatest size; when full, new state is refused and a metric says so"},
    {"journal_max", &NUMBER, OF(store_spec, journal_max_bytes), .initial = "1GiB", .unit = "bytes", .least = 1 << 16,
     .most = 1ull << 45, .help = "of that for the journal, at most half; past it the oldest events go"},
    {"journal_days", &SMALL_NUMBER, OF(store_spec, journal_days), .initial = "30", .unit = "days", .least = 1,
     .most = 3650, .help = "how long events are kept"},
};

static const struct config_key CLIENT_ADDRESS_KEYS[] = {
    {"trusted", &PREFIXES, LIST_IN_SETUP(trusted, trusted_count), .initial = "[]", .least = 0, .most = TRUSTED_MAX,
     .example = "[\"10.0.0.0/8\"]",
     .help = "peers (a CDN, a load balancer) whose address header and PROXY header are believed; none by default"},
    {"header", &HEADER, IN_SETUP(address_header), .initial = "X-Forwarded-For",
     .help = "where they write the client's address, the rightmost one that is not trusted; \"\": nowhere"},
};

static const struct config_key ADMIN_KEYS[] = {
    {"address", &ADMIN_SOCKET, IN_CONFIG(admin), .initial = "off", .example = "\"127.0.0.1:9180\"",
     .help = "metrics, health and dashboard, for the operator only: keep it on loopback or a unix socket"},
};

static const struct config_key LOG_KEYS[] = {
    {"access", &LOG_PATH, IN_CONFIG(access_log), .initial = "access.jsonl",
     .help = "the access log: a path, \"-\" for standard output, or off"},
    {"format", &FORMAT, IN_SETUP(log_format), .initial = "json", .help = "json, combined or off"},
    {"level", &LEVEL, IN_CONFIG(log_level), .initial = "info",
     .help = "of the program's own log: error, warn, info, debug"},
    {"query", &BOOL, IN_SETUP(log_query), .initial = "false", .help = "write the query of URLs into the access log"},
};

static const struct config_key LIMIT_KEYS[] = {
#define X(name_, value, least_, most_, unit_, help_)                                                                  \
    {#name_, &NUMBER, OF(limits, name_), .initial = #value, .least = least_, .most = most_, .unit = unit_,            \
     .help = help_},
    LIMIT_TABLE(X)
#undef X
};

static const struct config_key TIMEOUT_KEYS[] = {
#define X(name_, value, least_, most_, help_)                                                                         \
    {#name_, &NUMBER, OF(timeouts, name_), .initial = #value "ms", .least = least_, .most = most_, .unit = "ms",      \
     .help = help_},
    TIMEOUT_TABLE(X)
#undef X
};

static const struct config_kind
    LISTEN = SECTION(struct listen_spec, LISTEN_KEYS, config_check_listen,
                     "a section such as { address: \"[::]:443\" }"),
    CERTIFICATE = SECTION(struct certificate_spec, CERTIFICATE_KEYS, config_check_certificate,
                          "a section such as { certificate: cert.pem, key: key.pem }"),
    SITE = SECTION(struct site_spec, SITE_KEYS, NULL, "a section with hosts and origin"),
    LISTENS = ITEMS(LISTEN, "a list of listeners"),
    CERTIFICATES = ITEMS(CERTIFICATE, "a list of certificates"),
    SITES = ITEMS(SITE, "a list of sites"),
    STORE = SECTION(struct store_spec, STORE_KEYS, config_check_store, "a section"),
    CLIENT_ADDRESS = SECTION(struct setup, CLIENT_ADDRESS_KEYS, NULL, "a section"),
    ADMIN = SECTION(struct config, ADMIN_KEYS, NULL, "a section"),
    LOG = SECTION(struct config, LOG_KEYS, config_check_log, "a section"),
    LIMITS = SECTION(struct limits, LIMIT_KEYS, NULL, "a section"),
    TIMEOUTS = SECTION(struct timeouts, TIMEOUT_KEYS, NULL, "a section");

static const struct config_key ROOT_KEYS[] = {
    {"sites", &SITES, LIST_IN_SETUP(sites, site_count), .required = true, .least = 1, .most = SITES_MAX,
     .example = "[{ hosts: [\"*\"], origin: [\"http://127.0.0.1:8080\"] }]", .help = "what is protected"},
    {"certificates", &CERTIFICATES, LIST_IN_CONFIG(certificates, certificate_count), .initial = "[]", .least = 0,
     .most = CERTIFICATES_MAX, .example = "[{ certificate: cert.pem, key: key.pem }]",
     .help = "one at least when a listener has tls; chosen by the name that the client asks for"},
    {"listen", &LISTENS, LIST_IN_CONFIG(listens, listen_count), .least = 1, .most = LISTENS_MAX,
     .initial = "[{ address: \"[::]:443\", tls: true }, { address: \"[::]:80\", redirect_https: true }]",
     .help = "where readers connect"},
    {"workers", &WORKERS, IN_CONFIG(workers), .initial = "auto", .unit = "threads", .least = 1, .most = WORKERS_MAX,
     .help = "threads that serve; auto: one for each processor"},
    {"user", &USER, IN_CONFIG(user), .initial = "\"\"", .example = "qorgan",
     .help = "when started as root, become this user after binding; \"\": stay"},
    {"rules", &FILES, LIST_IN_CONFIG(rules, rules_count), .initial = "[]", .least = 0, .most = RULES_MAX,
     .example = "[\"site.rules\"]",
     .help = "rule files, after the packs; read at first start and by 'qorgan rules apply'"},
    {"store", &STORE, IN_CONFIG(store), .initial = "{}",
     .help = "what is remembered: rules, lists, accounts, journal"},
    {"secret", &PATH, IN_CONFIG(secret), .initial = "secret.key",
     .help = "key file, made at first start with mode 0600; keep it outside the store and out of its backups"},
    {"client_address", &CLIENT_ADDRESS, IN_SETUP(trusted), .initial = "{}",
     .help = "behind a CDN or a load balancer: whom to believe"},
    {"admin", &ADMIN, IN_CONFIG(admin), .initial = "{}", .help = "for the operator"},
    {"log", &LOG, IN_CONFIG(access_log), .initial = "{}", .help = "logs"},
    {"limits", &LIMITS, IN_SETUP(limits), .initial = "{}",
     .help = "every bound; bytes may be written as 64KiB, 4MiB, 1GiB"},
    {"timeouts", &TIMEOUTS, IN_SETUP(timeouts), .initial = "{}", .help = "milliseconds, or 500ms, 30s, 5m, 1h"},
};

const struct config_kind CONFIG_ROOT = SECTION(struct config, ROOT_KEYS, NULL, "keys and values");
/* clang-format on */
