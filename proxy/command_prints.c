// SPDX-License-Identifier: Apache-2.0
/* qorgan prints hello FILE: the JA4 of a ClientHello and what it is made of, as JSON, for those who write rules and
 * for those who doubt us. FILE or "-": raw bytes or hex digits; a handshake message or TLS records. */
#include "proxy/command_prints.h"

#include "rules/base/buf.h"
#include "rules/base/err.h"
#include "rules/identity/ja4.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

/* Hex digits with line ends take two bytes and more for one; what is longer is not one ClientHello. */
enum { FILE_BYTES_MAX = 4 * HELLO_BYTES_MAX, MESSAGE_CLIENT_HELLO = 1, RECORD_HANDSHAKE = 22 };

static int read_file(const char *path, struct buf *out) {
  bool standard = strcmp(path, "-") == 0;
  FILE *file = standard ? stdin : fopen(path, "rb");
  if (!file) return err_from_errno(errno);
  int err = OK;
  char piece[4096];
  size_t len;
  while (!err && (len = fread(piece, 1, sizeof(piece), file)) > 0) {
    if (!buf_put(out, span_from(piece, len))) err = ERR_FULL;
  }
  if (!err && ferror(file)) err = err_from_errno(errno);
  if (!standard) fclose(file);
  return err;
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = ascii_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hex digits in pairs, blanks and line ends anywhere. ERR_SYNTAX: these are no hex digits. ERR_FULL. */
static int from_hex(struct span text, struct buf *out) {
  int high = -1;
  for (size_t i = 0; i < text.len; i++) {
    if (memchr(" \t\r\n", text.at[i], 4)) continue;
    int value = hex_value(text.at[i]);
    if (value < 0) return ERR_SYNTAX;
    if (high >= 0 && !buf_put_byte(out, (char)(high << 4 | value))) return ERR_FULL;
    high = high < 0 ? value : -1;
  }
  return high < 0 && buf_len(out) ? OK : ERR_SYNTAX;
}

static json_t *hex_values(struct span list) {
  json_t *values = json_array();
  for (size_t i = 0; i < hello_count(list); i++) {
    json_array_append_new(values, json_sprintf("%04x", hello_at(list, i)));
  }
  return values;
}

static json_t *extension_types(const struct hello *h) {
  json_t *values = json_array();
  for (size_t i = 0; i < h->extension_count; i++) {
    json_array_append_new(values, json_sprintf("%04x", h->extensions[i].type));
  }
  return values;
}

static json_t *byte_values(struct span bytes) {
  json_t *values = json_array();
  for (size_t i = 0; i < bytes.len; i++) {
    json_array_append_new(values, json_integer((uint8_t)bytes.at[i]));
  }
  return values;
}

/* A stranger's text: what is no printable ASCII as \xNN, so that it is always a string of JSON. */
static json_t *stranger_text(struct span bytes) {
  struct buf text;
  buf_init(&text, 4 * HELLO_BYTES_MAX);
  for (size_t i = 0; i < bytes.len; i++) {
    uint8_t c = (uint8_t)bytes.at[i];
    if (c < ' ' || c > '~' || c == '\\')
      buf_printf(&text, "\\x%02x", c);
    else
      buf_put_byte(&text, (char)c);
  }
  struct span all = buf_span(&text);
  json_t *value = json_stringn(all.at ? all.at : "", all.len);
  buf_fini(&text);
  return value;
}

static json_t *protocol_names(struct span protocols) {
  json_t *names = json_array();
  struct span name;
  while ((name = hello_protocol(&protocols)).len) {
    json_array_append_new(names, stranger_text(name));
  }
  return names;
}

static json_t *describe(const struct hello *h) {
  char ja4[JA4_TEXT_SIZE], raw[JA4_RAW_SIZE];
  ja4_print(h, ja4);
  ja4_print_raw(h, raw);
  json_t *out = json_object();
  json_object_set_new(out, "ja4", json_string(ja4));
  json_object_set_new(out, "ja4_r", json_string(raw));
  json_object_set_new(out, "version", json_sprintf("%04x", h->version));
  json_object_set_new(out, "supported_versions", hex_values(h->versions));
  json_object_set_new(out, "server_name",
                      h->has_server_name ? stranger_text(h->server_name) : json_null());
  json_object_set_new(out, "alpn", protocol_names(h->protocols));
  json_object_set_new(out, "ciphers", hex_values(h->ciphers));
  json_object_set_new(out, "extensions", extension_types(h));
  json_object_set_new(out, "signature_algorithms", hex_values(h->signatures));
  json_object_set_new(out, "supported_groups", hex_values(h->groups));
  json_object_set_new(out, "point_formats", byte_values(h->point_formats));
  return out;
}

/* Raw bytes begin with 1 or 22, which are no hex digits: neither kind of file can be taken for the other. */
static int decode(struct span file, struct buf *out) {
  bool raw = file.len && (file.at[0] == MESSAGE_CLIENT_HELLO || file.at[0] == RECORD_HANDSHAKE);
  if (!raw) return from_hex(file, out);
  return buf_put(out, file) ? OK : ERR_FULL;
}

static int find_message(struct span bytes, struct buf *joined, struct span *out) {
  *out = bytes;
  return bytes.at[0] == RECORD_HANDSHAKE ? hello_unwrap(bytes, joined, out) : OK;
}

static const char *reason(int err) {
  if (err == ERR_FULL) return "longer than any ClientHello";
  if (err == ERR_AGAIN) return "the ClientHello is cut short";
  if (err == ERR_SYNTAX)
    return "not a well-formed ClientHello (raw bytes or hex digits, a handshake message or "
           "records)";
  return err_text(err);
}

static int load_hello(const char *path, struct buf *bytes, struct buf *joined, struct hello *out) {
  struct buf file;
  struct span message;
  buf_init(&file, FILE_BYTES_MAX);
  int err = read_file(path, &file);
  if (!err) err = decode(buf_span(&file), bytes);
  if (!err) err = find_message(buf_span(bytes), joined, &message);
  if (!err) err = hello_parse(message, out);
  buf_fini(&file);
  return err;
}

int command_prints(const struct invocation *in) {
  const char *path = in->argv[0];
  struct buf bytes, joined;
  struct hello hello;
  buf_init(&bytes, FILE_BYTES_MAX);
  buf_init(&joined, 2 * HELLO_BYTES_MAX);
  int err = load_hello(path, &bytes, &joined, &hello);
  if (err) {
    fprintf(stderr, "qorgan prints hello: %s: %s\n", path, reason(err));
  } else {
    json_t *out = describe(&hello);
    json_dumpf(out, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(out);
  }
  buf_fini(&bytes);
  buf_fini(&joined);
  return err ? CLI_REFUSED : CLI_DONE;
}
