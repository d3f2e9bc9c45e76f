// SPDX-License-Identifier: Apache-2.0
#include "proxy/tls/websocket.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

void websocket_key(const char nonce[WEBSOCKET_NONCE_BYTES], char out[WEBSOCKET_KEY_LEN + 1]) {
  EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)nonce, WEBSOCKET_NONCE_BYTES);
}

void websocket_accept(const char nonce[WEBSOCKET_NONCE_BYTES], char out[WEBSOCKET_ACCEPT_LEN + 1]) {
  static const char GUID[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  char joined[WEBSOCKET_KEY_LEN + sizeof(GUID)];
  unsigned char digest[SHA_DIGEST_LENGTH];
  websocket_key(nonce, joined);
  memcpy(joined + WEBSOCKET_KEY_LEN, GUID, sizeof(GUID));
  SHA1((const unsigned char *)joined, WEBSOCKET_KEY_LEN + sizeof(GUID) - 1, digest);
  EVP_EncodeBlock((unsigned char *)out, digest, sizeof(digest));
}
