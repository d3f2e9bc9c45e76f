// SPDX-License-Identifier: Apache-2.0
#include "proxy/commands.h"
#include "proxy/server.h"

int command_run(const struct invocation *in) {
  struct config config;
  struct server server;
  int code = cli_config(in, &config);
  if (!code) code = server_start(&server, &config, in->config);
  return code ? code : server_run(&server);
}
