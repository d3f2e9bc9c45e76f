// SPDX-License-Identifier: Apache-2.0
/** The fields that rules may ask for, one row each. The struct of facts, the checker's schema, the reference in
 *  `qorgan rules explain` and the README are made from this table. Where Cloudflare's Rules language has the field, the
 *  name and the meaning are Cloudflare's.
 *
 *      member of struct facts, name, type, shape, known from, longest text in bytes, who fills it in, meaning
 *
 *  A field that is not filled in is not known: what hangs on it is neither true nor false, and no statement acts on it.
 *  A header that the client did not send is known, and empty. */
#ifndef RULES_ENGINE_FIELDS_H
#define RULES_ENGINE_FIELDS_H

#include "rules/lang/schema.h"

/* clang-format off */
#define FIELD_TABLE(X)                                                                                                 \
  X(ip_src, "ip.src", ADDR, ONE, HELLO, 0,                                                                             \
    "connection", "client's address; behind a trusted proxy the one it reports")                                       \
  X(ip_src_asnum, "ip.src.asnum", NUMBER, ONE, HELLO, 0,                                                               \
    "network database", "number of the client's autonomous system")                                                    \
  X(ip_src_country, "ip.src.country", TEXT, ONE, HELLO, 2,                                                             \
    "network database", "client's country, two capital letters: \"KZ\"")                                               \
  X(ip_src_banned, "ip.src.banned", BOOL, ONE, HELLO, 0,                                                               \
    "store", "banned by command, limit or feed: dropped before any rule")                                              \
  X(ip_src_allowed, "ip.src.allowed", BOOL, ONE, HELLO, 0,                                                             \
    "store", "allowed by command: let through before any rule")                                                        \
  X(ssl, "ssl", BOOL, ONE, HELLO, 0,                                                                                   \
    "connection", "over TLS")                                                                                          \
  X(tls_ja4, "tls.ja4", TEXT, ONE, HELLO, 36,                                                                          \
    "ClientHello", "JA4 fingerprint of the ClientHello")                                                               \
  X(tls_sni, "tls.sni", TEXT, ONE, HELLO, 255,                                                                         \
    "ClientHello", "server name asked for, empty if none")                                                             \
  X(tls_resumed, "tls.resumed", BOOL, ONE, HEAD, 0,                                                                    \
    "connection", "session resumed by a ticket of ours")                                                               \
  X(http2_print, "http2.print", TEXT, ONE, HEAD, 256,                                                                  \
    "connection", "SETTINGS, WINDOW_UPDATE, PRIORITY and order of pseudo-headers; empty on HTTP/1")                    \
  X(headers_print, "headers.print", TEXT, ONE, HEAD, 32,                                                               \
    "head", "digest of order and case of header names")                                                                \
  X(http_host, "http.host", TEXT, ONE, HEAD, 255,                                                                      \
    "head", "host asked for, small letters, without port")                                                             \
  X(http_method, "http.request.method", TEXT, ONE, HEAD, 32,                                                           \
    "head", "method: \"GET\"")                                                                                         \
  X(http_uri, "http.request.uri", TEXT, ONE, HEAD, 8192,                                                               \
    "head", "path and query")                                                                                          \
  X(http_path, "http.request.uri.path", TEXT, ONE, HEAD, 8192,                                                         \
    "head", "path")                                                                                                    \
  X(http_query, "http.request.uri.query", TEXT, ONE, HEAD, 8192,                                                       \
    "head", "query, without its question mark")                                                                        \
  X(http_args, "http.request.uri.args", TEXT, MAP, HEAD, 8192,                                                         \
    "head", "one parameter of the query, as sent (see url_decode)")                                                    \
  X(http_version, "http.request.version", TEXT, ONE, HEAD, 8,                                                          \
    "head", "\"HTTP/1.0\", \"HTTP/1.1\" or \"HTTP/2\"")                                                                \
  X(http_agent, "http.user_agent", TEXT, ONE, HEAD, 8192,                                                              \
    "head", "User-Agent header")                                                                                       \
  X(http_referer, "http.referer", TEXT, ONE, HEAD, 8192,                                                               \
    "head", "Referer header")                                                                                          \
  X(http_cookie, "http.cookie", TEXT, ONE, HEAD, 16384,                                                                \
    "head", "Cookie header, whole")                                                                                    \
  X(http_cookies, "http.request.cookies", TEXT, MAP, HEAD, 16384,                                                      \
    "head", "one cookie's value")                                                                                      \
  X(http_headers, "http.request.headers", TEXT, MAP, HEAD, 32768,                                                      \
    "head", "one header's values; name in any case")                                                                   \
  X(body_size, "http.request.body.size", NUMBER, ONE, HEAD, 0,                                                         \
    "head", "length of the body in bytes; not known of a chunked one")                                                 \
  X(body_mime, "http.request.body.mime", TEXT, ONE, HEAD, 255,                                                         \
    "head", "media type of the body, small letters, without parameters")                                               \
  X(body_form, "http.request.body.form", TEXT, MAP, BODY, 65536,                                                       \
    "body", "one field of a form, decoded")                                                                            \
  X(body_readable, "http.request.body.readable", BOOL, ONE, BODY, 0,                                                   \
    "body", "the body was within its bound and in a known encoding")                                                   \
  X(client_mismatch, "client.mismatch", BOOL, ONE, HEAD, 0,                                                            \
    "identity", "hello, HTTP/2 settings or header order contradict the user agent")                                    \
  X(client_intercepted, "client.intercepted", BOOL, ONE, HEAD, 0,                                                      \
    "identity", "one foreign hello under many honest browsers of its network")                                         \
  X(client_detour_ms, "client.detour_ms", NUMBER, ONE, HEAD, 0,                                                        \
    "connection", "round trip above TLS minus that of TCP, milliseconds")                                              \
  X(client_hosting, "client.hosting", BOOL, ONE, HELLO, 0,                                                             \
    "feeds", "address of a hosting, VPN or Tor network")                                                               \
  X(bot_name, "bot.name", TEXT, ONE, HEAD, 32,                                                                         \
    "identity", "crawler that the user agent names; empty if none")                                                    \
  X(bot_verified, "bot.verified", BOOL, ONE, HEAD, 0,                                                                  \
    "identity", "and its address proves it")                                                                           \
  X(session_known, "session.known", BOOL, ONE, HEAD, 0,                                                                \
    "session", "our session cookie came back")                                                                         \
  X(session_pages, "session.pages", NUMBER, ONE, HEAD, 0,                                                              \
    "session", "pages fetched in this session")                                                                        \
  X(session_assets, "session.assets", NUMBER, ONE, HEAD, 0,                                                            \
    "session", "scripts, styles and images fetched in this session")                                                   \
  X(session_form_ms, "session.form_ms", NUMBER, ONE, HEAD, 0,                                                          \
    "session", "milliseconds from the form's page to this POST")                                                       \
  X(login_name, "login.name", TEXT, ONE, BODY, 64,                                                                     \
    "login", "which login statement this attempt is of")                                                               \
  X(login_user, "login.user", TEXT, ONE, BODY, 255,                                                                    \
    "login", "username as the site would read it")                                                                     \
  X(login_password, "login.password", SECRET, ONE, BODY, 16,                                                           \
    "login", "keyed digest of the password: a key for limits and signals")                                             \
  X(login_credentials, "login.credentials", NUMBER, ONE, BODY, 0,                                                      \
    "login", "pairs of name and password in this one request")                                                         \
  X(login_known, "login.known", BOOL, ONE, BODY, 0,                                                                    \
    "accounts", "the site has this user")                                                                              \
  X(login_role, "login.role", TEXT, ONE, BODY, 32,                                                                     \
    "accounts", "the account's role: \"staff\", \"reader\", empty if none")                                            \
  X(login_tier, "login.tier", NUMBER, ONE, BODY, 0,                                                                    \
    "accounts", "trust: 3 device cookie, 2 known network or client, 1 known user, 0 unknown user")                     \
  X(login_breached, "login.breached", BOOL, ONE, BODY, 0,                                                              \
    "feeds", "the password stands in a leaked corpus")                                                                 \
  X(login_pair_leaked, "login.pair_leaked", BOOL, ONE, BODY, 0,                                                        \
    "feeds", "name and password stand together in a leaked corpus")                                                    \
  X(login_repeated, "login.repeated", BOOL, ONE, BODY, 0,                                                              \
    "memory", "this wrong pair was tried before within a day")                                                         \
  X(login_popular, "login.popular", BOOL, ONE, BODY, 0,                                                                \
    "memory", "a wrong password that many accounts were tried with")                                                   \
  X(site_alarm_db, "site.alarm_db", NUMBER, ONE, HEAD, 0,                                                              \
    "memory", "decibans added to the prior while the population alarm stands; 0 without")                              \
  X(response_status, "response.status", NUMBER, ONE, ANSWER, 0,                                                        \
    "origin", "status of the origin's answer")                                                                         \
  X(response_headers, "response.headers", TEXT, MAP, ANSWER, 32768,                                                    \
    "origin", "one header's values of the answer")                                                                     \
  X(response_set_cookie, "response.set_cookie", TEXT, MANY, ANSWER, 32768,                                             \
    "origin", "each Set-Cookie header of the answer")                                                                  \
  X(response_location, "response.location", TEXT, ONE, ANSWER, 8192,                                                   \
    "origin", "Location header of the answer")                                                                         \
  X(response_mime, "response.mime", TEXT, ONE, ANSWER, 255,                                                            \
    "origin", "media type of the answer, small letters, without parameters")                                           \
  X(response_body, "response.body", TEXT, ONE, ANSWER, 65536,                                                          \
    "origin", "first 64 KiB of the answer to a login")

/** Other names of the same things, so that an expression written for Cloudflare can be pasted. */
#define FIELD_ALIAS_TABLE(X)                                                                                           \
  X("http.response.code",        "response.status")                                                                    \
  X("http.response.headers",     "response.headers")                                                                   \
  X("ip.geoip.asnum",            "ip.src.asnum")                                                                       \
  X("ip.geoip.country",          "ip.src.country")                                                                     \
  X("cf.client.bot",             "bot.verified")                                                                       \
  X("cf.bot_management.ja4",     "tls.ja4")                                                                            \
  X("cf.bot_management.verified_bot", "bot.verified")
/* clang-format on */

enum field_id {
#define X(member, name, type, shape, phase, bytes, from, help) FIELD_ID_##member,
  FIELD_TABLE(X)
#undef X
      FIELD_ID_COUNT
};

/** The table as the language wants it. Static. */
extern const struct schema fields_schema;

#endif
