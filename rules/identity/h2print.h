// SPDX-License-Identifier: Apache-2.0
/** The print of an HTTP/2 client: what it says before its first request, and in which order.
 *
 *    1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p
 *    settings                      |window  |priority|pseudo-header order
 *
 *  settings   id:value of each SETTINGS frame in wire order, repeats kept, divided by ";" (libraries keep the last)
 *  window     increment of the first WINDOW_UPDATE of the connection (stream 0); 00 without one
 *  priority   PRIORITY frames: stream:exclusive:parent:weight (1..256), divided by ","; 0 without one
 *  pseudo     first letters of the pseudo-headers of the first request, in order: m a s p, r for :protocol, ? else
 *
 *  Frames count up to the first HEADERS frame. An item "+" ends a list of which the rest did not fit.
 *  The form is the one that Akamai's "Passive Fingerprinting of HTTP/2 Clients" (Black Hat EU 2017) made common.
 *  One per connection, one thread; nothing is allocated. Source of the frames: RFC 9113 §3.4, §4.1, §6. */
#ifndef RULES_IDENTITY_H2PRINT_H
#define RULES_IDENTITY_H2PRINT_H

#include "rules/base/span.h"

enum {
  H2PRINT_BYTES_MAX = 4096, /* looked at; browsers need about 80. Past it the settings end in "+" */
  H2PRINT_SETTINGS_MAX = 16,  /* past it "+" */
  H2PRINT_PRIORITIES_MAX = 8, /* past it "+"; older Firefox sends 6 */
  H2PRINT_PSEUDO_MAX = 6,     /* past it ignored: a request with more is malformed */
  H2PRINT_TEXT_SIZE = 640,
};

enum h2print_state {
  H2PRINT_PREFACE,
  H2PRINT_HEAD,
  H2PRINT_PAYLOAD,
  H2PRINT_DONE,
  H2PRINT_NOT_HTTP2
};

struct h2print {
  enum h2print_state state;
  uint16_t seen;             /* bytes looked at */
  uint8_t held[9], held_len; /* the start of a frame's head or of an item of its payload */
  uint8_t type;              /* of the frame under way */
  uint32_t stream, left;     /* of the frame under way: its stream, bytes of payload to come */
  struct {
    uint16_t id;
    uint32_t value;
  } settings[H2PRINT_SETTINGS_MAX];
  struct {
    uint32_t stream, parent;
    uint16_t weight;
    bool exclusive;
  } priorities[H2PRINT_PRIORITIES_MAX];
  uint8_t setting_count, priority_count; /* those left out too, up to 255 */
  uint8_t pseudo_count;
  bool has_window, cut; /* cut: H2PRINT_BYTES_MAX came before a HEADERS frame */
  uint32_t window;
  char pseudo[H2PRINT_PSEUDO_MAX];
};

void h2print_init(struct h2print *p);

/** The client's next bytes, decrypted, as they came, cut anywhere. True while it wants more; false for ever after the
 *  first HEADERS frame, after H2PRINT_BYTES_MAX, or when it is not HTTP/2. */
bool h2print_feed(struct h2print *p, struct span bytes);

/** The next pseudo-header of the first request, ":method" and so on, from whoever decodes HPACK. */
void h2print_pseudo(struct h2print *p, struct span name);

/** Answers the length of the text, NUL not counted; 0 and "" when it was not HTTP/2. */
size_t h2print_text(const struct h2print *p, char out[H2PRINT_TEXT_SIZE]);

#endif
