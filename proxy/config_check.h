// SPDX-License-Identifier: Apache-2.0
/** What must hold between several values of the configuration. Main thread only. */
#ifndef PROXY_CONFIG_CHECK_H
#define PROXY_CONFIG_CHECK_H

#include "proxy/config_read.h"

/* Within one section, after its keys were read. */
config_take config_check_listen, config_check_certificate, config_check_store, config_check_origin,
    config_check_log;

/** Over the whole: r->config was read from `root` without an error. */
void config_check_whole(struct config_reader *r, const struct config_node *root);

#endif
