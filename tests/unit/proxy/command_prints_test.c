// SPDX-License-Identifier: Apache-2.0
#include "proxy/command_prints.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static char input[] = "/tmp/qorgan-prints-XXXXXX", output[] = "/tmp/qorgan-prints-XXXXXX";

static int start(void **state) {
  int in = mkstemp(input), out = mkstemp(output);
  if (in < 0 || out < 0) return -1;
  close(in);
  close(out);
  return 0;
}

static int stop(void **state) {
  return unlink(input) | unlink(output);
}

/* Runs the command on a file of these bytes; what it printed, or NULL when that is no JSON. */
static json_t *run(struct span bytes, int *code) {
  FILE *file = fopen(input, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes.at, 1, bytes.len, file), bytes.len);
  fclose(file);
  fflush(stdout);
  int kept = dup(STDOUT_FILENO);
  assert_non_null(freopen(output, "wb", stdout));
  char *argv[] = {input, NULL};
  struct invocation in = {.argc = 1, .argv = argv};
  *code = command_prints(&in);
  fflush(stdout);
  dup2(kept, STDOUT_FILENO);
  close(kept);
  return json_load_file(output, 0, NULL);
}

/* A small hello of 2014, and what its JA4 is published to be. */
static const char HEX[] =
    "0100006e030152937a55b696cc98ae7b08ec10e765c98aefa82db3081771f8627617b967980800002e003900\n"
    "38003500160013000a00330032002f009a00990096000500040015001200090014001100080006000300FF01\n"
    "00001700000013001100000e7777772e6769746875622e636f6d \r\n";
static const char JA4[] = "t10d230100_6a57a6f57151_000000000000";

static const char *text(json_t *object, const char *name) {
  return json_string_value(json_object_get(object, name));
}

static size_t raw_bytes(uint8_t *out) {
  size_t digits = 0;
  for (const char *at = HEX; *at; at++) {
    if (strchr(" \r\n", *at)) continue;
    char digit[2] = {*at, '\0'};
    uint8_t value = (uint8_t)strtoul(digit, NULL, 16);
    out[digits / 2] = (uint8_t)(digits % 2 ? out[digits / 2] | value : value << 4);
    digits++;
  }
  return digits / 2;
}

static void hex_digits_are_read(void **state) {
  int code;
  json_t *out = run(span_of(HEX), &code);
  assert_int_equal(code, CLI_DONE);
  assert_string_equal(text(out, "ja4"), JA4);
  assert_string_equal(text(out, "server_name"), "www.github.com");
  assert_string_equal(text(out, "version"), "0301");
  assert_int_equal(json_array_size(json_object_get(out, "ciphers")), 23);
  assert_string_equal(json_string_value(json_array_get(json_object_get(out, "ciphers"), 0)),
                      "0039");
  assert_int_equal(json_array_size(json_object_get(out, "extensions")), 1);
  assert_int_equal(json_array_size(json_object_get(out, "alpn")), 0);
  json_decref(out);
}

static void raw_messages_and_records_are_read(void **state) {
  uint8_t bytes[256] = {22, 3, 1, 0, 114};
  assert_int_equal(raw_bytes(bytes + 5), 114);
  int code;
  json_t *out = run(span_from(bytes + 5, 114), &code);
  assert_int_equal(code, CLI_DONE);
  assert_string_equal(text(out, "ja4"), JA4);
  json_decref(out);
  out = run(span_from(bytes, 119), &code);
  assert_int_equal(code, CLI_DONE);
  assert_string_equal(text(out, "ja4"), JA4);
  json_decref(out);
}

static void other_files_are_refused(void **state) {
  static const struct span OTHERS[] = {
      {"", 0},       {"hello", 5},        {"0100006", 7}, {"0100006e0301", 12},
      {"160301", 6}, {"\x16\x03\x01", 3}, {"\x01", 1},    {"\n \n", 3}};
  for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
    int code;
    assert_null(run(OTHERS[i], &code));
    assert_int_equal(code, CLI_REFUSED);
  }
  char *argv[] = {"/nonexistent/hello", NULL};
  struct invocation in = {.argc = 1, .argv = argv};
  assert_int_equal(command_prints(&in), CLI_REFUSED);
}

static void too_large_a_file_is_refused(void **state) {
  size_t len = 1 << 20;
  char *large = malloc(len);
  memset(large, '0', len);
  int code;
  assert_null(run(span_from(large, len), &code));
  assert_int_equal(code, CLI_REFUSED);
  free(large);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hex_digits_are_read),
      cmocka_unit_test(raw_messages_and_records_are_read),
      cmocka_unit_test(other_files_are_refused),
      cmocka_unit_test(too_large_a_file_is_refused),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
