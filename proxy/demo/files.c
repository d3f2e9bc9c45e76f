// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/files.h"

/* C11 cannot embed a file, the assembler can. DEMO_SITE is the folder, from CMakeLists.txt. */
#define X(id, name)                                                                                \
  __asm__(".pushsection .rodata\n"                                                                 \
          "demo_" #id ": .incbin \"" DEMO_SITE "/" name "\"\n"                                     \
          "demo_" #id "_end: .byte 0\n"                                                            \
          ".popsection\n");                                                                        \
  extern const char demo_##id[], demo_##id##_end[];
FILES_TABLE(X)
#undef X

struct span files_get(enum file file) {
  static const struct {
    const char *start, *end;
  } FILES[] = {
#define X(id, name) [FILE_##id] = {demo_##id, demo_##id##_end},
    FILES_TABLE(X)
#undef X
  };
  return span_from(FILES[file].start, (size_t)(FILES[file].end - FILES[file].start));
}
