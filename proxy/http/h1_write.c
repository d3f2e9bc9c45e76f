// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/h1.h"

/* clang-format off */
#define REASON_TABLE(X)                                                                                    \
  X(100, "Continue") X(101, "Switching Protocols") X(103, "Early Hints") X(200, "OK") X(201, "Created")    \
  X(202, "Accepted") X(203, "Non-Authoritative Information") X(204, "No Content") X(205, "Reset Content")  \
  X(206, "Partial Content") X(207, "Multi-Status") X(300, "Multiple Choices") X(301, "Moved Permanently")  \
  X(302, "Found") X(303, "See Other") X(304, "Not Modified") X(307, "Temporary Redirect")                  \
  X(308, "Permanent Redirect") X(400, "Bad Request") X(401, "Unauthorized") X(402, "Payment Required")     \
  X(403, "Forbidden") X(404, "Not Found") X(405, "Method Not Allowed") X(406, "Not Acceptable")            \
  X(408, "Request Timeout") X(409, "Conflict") X(410, "Gone") X(411, "Length Required")                    \
  X(412, "Precondition Failed") X(413, "Content Too Large") X(414, "URI Too Long")                         \
  X(415, "Unsupported Media Type") X(416, "Range Not Satisfiable") X(417, "Expectation Failed")            \
  X(421, "Misdirected Request") X(422, "Unprocessable Content") X(425, "Too Early")                        \
  X(426, "Upgrade Required") X(428, "Precondition Required") X(429, "Too Many Requests")                   \
  X(431, "Request Header Fields Too Large") X(451, "Unavailable For Legal Reasons")                        \
  X(500, "Internal Server Error") X(501, "Not Implemented") X(502, "Bad Gateway")                          \
  X(503, "Service Unavailable") X(504, "Gateway Timeout") X(505, "HTTP Version Not Supported")             \
  X(507, "Insufficient Storage") X(511, "Network Authentication Required")
/* clang-format on */

const char *h1_reason(int status) {
  switch (status) {
#define X(code, text)                                                                              \
  case code: return text;
    REASON_TABLE(X)
#undef X
  default: return "";
  }
}

bool h1_put_status(struct buf *b, int status) {
  char line[] = "HTTP/1.1 000 ";
  line[9] = (char)('0' + status / 100);
  line[10] = (char)('0' + status / 10 % 10);
  line[11] = (char)('0' + status % 10);
  buf_put(b, span_from(line, sizeof(line) - 1));
  buf_put_text(b, h1_reason(status));
  return buf_put(b, SPAN("\r\n"));
}

bool h1_put_header(struct buf *b, struct span name, struct span value) {
  char *room = buf_room(b, name.len + value.len + 4);
  if (!room) return false;
  memcpy(room, name.at, name.len);
  room += name.len;
  *room++ = ':';
  *room++ = ' ';
  if (value.len) memcpy(room, value.at, value.len);
  room += value.len;
  *room++ = '\r';
  *room++ = '\n';
  buf_added(b, name.len + value.len + 4);
  return true;
}

bool h1_put_chunk_size(struct buf *b, size_t len) {
  static const char HEX[] = "0123456789abcdef";
  char line[18];
  size_t at = sizeof(line);
  line[--at] = '\n';
  line[--at] = '\r';
  do {
    line[--at] = HEX[len & 15];
    len >>= 4;
  } while (len);
  return buf_put(b, span_from(line + at, sizeof(line) - at));
}
