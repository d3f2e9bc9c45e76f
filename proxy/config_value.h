// SPDX-License-Identifier: Apache-2.0
/** The readers of single values: each takes a scalar node and fills what its kind names (config_keys.c).
 *  Texts are copied into the setup's arena. Main thread only. */
#ifndef PROXY_CONFIG_VALUE_H
#define PROXY_CONFIG_VALUE_H

#include "proxy/config_read.h"

config_take config_value_bool; /* bool */
config_take
    config_value_number; /* uint64_t or unsigned, by the kind's size; with the key's unit and range */
config_take config_value_workers;  /* unsigned: "auto" or a number */
config_take config_value_choice;   /* an enum: one of the kind's choices */
config_take config_value_path;     /* const char *, made relative to the base folder */
config_take config_value_file;     /* the same, and the file is there and readable */
config_take config_value_pem;      /* struct span: the same */
config_take config_value_folder;   /* the same of a folder */
config_take config_value_log;      /* const char *: a path, "-", or NULL for "off" */
config_take config_value_endpoint; /* struct endpoint */
config_take config_value_admin;    /* struct endpoint, and config->has_admin unless "off" */
config_take config_value_prefix;   /* struct prefix */
config_take config_value_host;   /* struct span: a name in lower case, "*.name", "*", an address */
config_take config_value_pack;   /* struct span: a name */
config_take config_value_header; /* struct span: a field name in lower case, or empty */
config_take config_value_user;   /* const char *: an account of this system, or NULL when empty */

/** `text` relative to the base folder, in the setup's arena; NULL when that is full. */
const char *config_value_join(struct config_reader *r, struct span text);

#endif
