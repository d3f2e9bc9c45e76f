// SPDX-License-Identifier: Apache-2.0
/** The files of proxy/demo/site, within the program. Read-only, for ever. */
#ifndef PROXY_DEMO_FILES_H
#define PROXY_DEMO_FILES_H

#include "rules/base/span.h"

#define FILES_TABLE(X)                                                                             \
  X(page, "page.html")                                                                             \
  X(front, "front.html")                                                                           \
  X(card, "card.html")                                                                             \
  X(search, "search.html")                                                                         \
  X(article, "article.html")                                                                       \
  X(comment, "comment.html")                                                                       \
  X(login, "login.html")                                                                           \
  X(staff, "staff.html")                                                                           \
  X(echo, "echo.html")                                                                             \
  X(message, "message.html")                                                                       \
  X(style, "style.css")                                                                            \
  X(scene, "scene.svg")                                                                            \
  X(icon, "icon.svg")                                                                              \
  X(feed, "feed.xml")                                                                              \
  X(feed_item, "feed_item.xml")

enum file {
#define X(id, name) FILE_##id,
  FILES_TABLE(X)
#undef X
      FILES_COUNT
};

struct span files_get(enum file file);

#endif
