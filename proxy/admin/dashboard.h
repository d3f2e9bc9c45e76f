// SPDX-License-Identifier: Apache-2.0
/** The dashboard: one page without anything from elsewhere, light or dark as the reader has it, filled from
 *  /status.json every two seconds by its own script. */
#ifndef PROXY_ADMIN_DASHBOARD_H
#define PROXY_ADMIN_DASHBOARD_H

extern const char DASHBOARD_HTML[], DASHBOARD_SCRIPT[], DASHBOARD_STYLE[];

#endif
