// SPDX-License-Identifier: Apache-2.0
/** Markup from templates. A template is text with places: {{name}} is filled with a value escaped for text and quoted
 *  attributes of HTML and XML, {{{name}}} with a value that is markup already. Pure; one thread. */
#ifndef PROXY_DEMO_HTML_H
#define PROXY_DEMO_HTML_H

#include "rules/base/buf.h"

struct html_value {
  const char *name;
  struct span text;
};

/** Every place must have its value: a template of ours that names another is our own fault and aborts. */
void html_fill(struct buf *out, struct span template, const struct html_value *values,
               size_t count);

/** html_fill with the values written in place: HTML_FILL(out, FILE_card, {"title", title}, {"url", url}). */
#define HTML_FILL(out, template, ...)                                                              \
  html_fill(out, template, (const struct html_value[]){__VA_ARGS__},                               \
            sizeof((const struct html_value[]){__VA_ARGS__}) / sizeof(struct html_value))

/** Escapes & < > " ' and leaves out control bytes other than tab and line feed. */
void html_escape(struct buf *out, struct span text);

#endif
