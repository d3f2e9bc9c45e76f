// SPDX-License-Identifier: Apache-2.0
/** Every key of the configuration, one row each. */
#ifndef PROXY_CONFIG_KEYS_H
#define PROXY_CONFIG_KEYS_H

#include "proxy/config_read.h"

/** The section that the whole file is. */
extern const struct config_kind CONFIG_ROOT;

#endif
