// SPDX-License-Identifier: Apache-2.0
#include "proxy/commands.h"
#include "proxy/http/version.h"
#include "proxy/net/version.h"
#include "proxy/tls/version.h"
#include "rules/store/version.h"

#include <jansson.h>
#include <yaml.h>

struct part {
  const char *name;
  const char *(*version)(void);
};

static const char *own_version(void) {
  return QORGAN_VERSION;
}

static const struct part PARTS[] = {
    {"qorgan", own_version},
    {"nghttp2", version_nghttp2},
    {"openssl", version_openssl},
    {"libuv", version_uv},
    {"lmdb", version_lmdb},
    {"llhttp", version_llhttp},
    {"libyaml", yaml_get_version_string},
    {"jansson", jansson_version_str},
};

enum { PART_COUNT = sizeof(PARTS) / sizeof(*PARTS) };

static int print_json(void) {
  json_t *versions = json_object();
  for (size_t i = 0; i < PART_COUNT; i++) {
    json_object_set_new(versions, PARTS[i].name, json_string(PARTS[i].version()));
  }
  bool whole = json_object_size(versions) == PART_COUNT && json_dumpf(versions, stdout, 0) == 0;
  json_decref(versions);
  printf("\n");
  return whole ? CLI_DONE : CLI_REFUSED;
}

int command_version(const struct invocation *in) {
  if (in->json) return print_json();
  for (size_t i = 0; i < PART_COUNT; i++) printf("%s %s\n", PARTS[i].name, PARTS[i].version());
  return CLI_DONE;
}
