// SPDX-License-Identifier: Apache-2.0
#include "rules/store/inspect.h"

#include "rules/base/err.h"

#include <stdio.h>
#include <stdlib.h>

/* MDB_page: number 8, pad 2, flags 2, lower 2, upper 2 (or, of an overflow page, how many pages 4); then offsets of
 * nodes, 2 each. MDB_node: low 2, high 2, flags 2, key length 2, key, data. */
enum { PAGE_HEAD = 16, NODE_HEAD = 8, DEPTH_MAX = 32, DB_BYTES = 48 };
enum { PAGE_BRANCH = 0x01, PAGE_LEAF = 0x02, PAGE_OVERFLOW = 0x04, PAGE_META = 0x08 };
enum { PAGE_DIRTY = 0x10, NODE_BIG = 0x01, NODE_TREE = 0x02, NODE_DUPLICATES = 0x04 };
enum { TREE_INTEGER_KEY = 0x08 };
enum { META_MAGIC = 16, META_VERSION = 20, META_MAP = 32, META_FREE = 40, META_MAIN = 88 };
enum { META_LAST = 136, META_COMMIT = 144, META_BYTES = 152 };
static const uint32_t MAGIC = 0xBEEFC0DE;
static const uint64_t NO_PAGE = UINT64_MAX, MAP_BYTES_MAX = (uint64_t)1 << 44;

/** MDB_db: page size or pad 4, flags 2, depth 2, branch, leaf, overflow pages, entries, root: 8 each. */
struct tree {
  uint16_t flags, depth;
  uint64_t branches, leaves, overflows, entries, root;
};

struct walk {
  struct span file;
  struct inspect_report *report;
  uint64_t page_bytes, pages; /* pages: last page's number + 1, as the newest commit says */
  uint64_t commit;
  uint8_t *seen; /* a bit a page: in a tree, or free */
  struct tree counted;
  bool free_list; /* the tree under way is that of free pages */
};

static uint64_t number_at(const char *at, unsigned bytes) {
  uint64_t value = 0;
  memcpy(&value, at, bytes);
  return value;
}

static bool wrong(struct walk *w, uint64_t page, const char *what) {
  if (!w->report->what[0]) {
    snprintf(w->report->what, sizeof(w->report->what), "page %llu: %s", (unsigned long long)page,
             what);
  }
  return false;
}

static struct tree tree_at(const char *at) {
  return (struct tree){.flags = (uint16_t)number_at(at + 4, 2),
                       .depth = (uint16_t)number_at(at + 6, 2),
                       .branches = number_at(at + 8, 8),
                       .leaves = number_at(at + 16, 8),
                       .overflows = number_at(at + 24, 8),
                       .entries = number_at(at + 32, 8),
                       .root = number_at(at + 40, 8)};
}

/** Marks `count` pages as met; each may be met once. */
static bool meet(struct walk *w, uint64_t page, uint64_t count) {
  if (page < 2 || count > w->pages || page > w->pages - count) {
    return wrong(w, page, "past the end of the commit");
  }
  for (uint64_t p = page; p < page + count; p++) {
    if (w->seen[p / 8] & 1u << p % 8) return wrong(w, p, "in use twice");
    w->seen[p / 8] |= (uint8_t)(1u << p % 8);
  }
  return true;
}

/** The page's bytes, once it is known to be in the file and to say its own number; NULL: wrong. */
static const char *page_at(struct walk *w, uint64_t page, uint64_t count) {
  if (!meet(w, page, count)) return NULL;
  if ((page + count) * w->page_bytes > w->file.len) {
    wrong(w, page, "past the end of the file, which was cut short");
    return NULL;
  }
  const char *at = w->file.at + page * w->page_bytes;
  if (number_at(at, 8) == page) return at;
  wrong(w, page, "says another number");
  return NULL;
}

/** A list of free pages: how many, then their numbers, descending. */
static bool check_free(struct walk *w, uint64_t page, struct span key, struct span data) {
  if (key.len != 8 || number_at(key.at, 8) > w->commit || data.len < 8) {
    return wrong(w, page, "a list of free pages is not one");
  }
  uint64_t count = number_at(data.at, 8);
  if (count > data.len / 8 - 1) return wrong(w, page, "a list of free pages is too short");
  uint64_t before = NO_PAGE;
  for (uint64_t i = 1; i <= count; i++) {
    uint64_t free_page = number_at(data.at + 8 * i, 8);
    if (free_page >= before) return wrong(w, page, "a list of free pages is out of order");
    if (!meet(w, free_page, 1)) return false;
    before = free_page;
  }
  w->report->pages_free += count;
  return true;
}

static bool check_tree(struct walk *w, const struct tree *tree, uint64_t page);

/** A value: in its node, in overflow pages, or a tree of its own. */
static bool check_data(struct walk *w, uint64_t page, const char *node, const char *end) {
  uint64_t len = number_at(node, 4);
  unsigned flags = (unsigned)number_at(node + 4, 2), key_len = (unsigned)number_at(node + 6, 2);
  struct span key = span_from(node + NODE_HEAD, key_len);
  const char *data = node + NODE_HEAD + key_len;
  if (flags & ~(unsigned)(NODE_BIG | NODE_TREE)) return wrong(w, page, "a node's flags are odd");
  if ((uint64_t)(end - data) < (flags & NODE_BIG ? 8 : len)) {
    return wrong(w, page, "a node reaches past its page");
  }
  if (flags & NODE_TREE) {
    if (len != DB_BYTES || flags & NODE_BIG || w->free_list) {
      return wrong(w, page, "a named database's record is odd");
    }
    struct tree below = tree_at(data), above = w->counted;
    bool whole = check_tree(w, &below, page);
    w->counted = above;
    w->counted.entries++;
    return whole;
  }
  struct span value = span_from(data, len);
  if (flags & NODE_BIG) {
    uint64_t first = number_at(data, 8);
    uint64_t count = (PAGE_HEAD - 1 + len) / w->page_bytes + 1;
    const char *at = page_at(w, first, count);
    if (!at) return false;
    if (number_at(at + 10, 2) != PAGE_OVERFLOW || number_at(at + 12, 4) != count) {
      return wrong(w, first, "is no overflow page of its value's length");
    }
    w->counted.overflows += count;
    value.at = at + PAGE_HEAD;
  }
  w->counted.entries++;
  return w->free_list ? check_free(w, page, key, value) : true;
}

static int compare(const struct walk *w, struct span a, struct span b) {
  if (w->free_list && a.len == 8 && b.len == 8) {
    uint64_t x = number_at(a.at, 8), y = number_at(b.at, 8);
    return (x > y) - (x < y);
  }
  int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
  return order ? order : (a.len > b.len) - (a.len < b.len);
}

static bool check_page(struct walk *w, uint64_t page, unsigned depth_left);

/** One node of a page; `*key` is the key before and becomes this one's. */
static bool check_node(struct walk *w, uint64_t page, const char *at, unsigned i, bool leaf,
                       unsigned depth_left, struct span *key) {
  unsigned offset = (unsigned)number_at(at + PAGE_HEAD + 2 * i, 2);
  if (offset < number_at(at + 14, 2) || offset + NODE_HEAD > w->page_bytes || offset % 2) {
    return wrong(w, page, "a node lies outside its page");
  }
  const char *node = at + offset, *end = at + w->page_bytes;
  struct span own = span_from(node + NODE_HEAD, number_at(node + 6, 2));
  if ((size_t)(end - own.at) < own.len) return wrong(w, page, "a key reaches past its page");
  bool lowest = !leaf && i == 0; /* a branch's first key is never looked at */
  if (!lowest && own.len == 0) return wrong(w, page, "a key is empty");
  if (i > (leaf ? 0u : 1u) && compare(w, *key, own) >= 0) {
    return wrong(w, page, "keys are out of order");
  }
  *key = own;
  return leaf ? check_data(w, page, node, end) : check_page(w, number_at(node, 6), depth_left - 1);
}

static bool check_page(struct walk *w, uint64_t page, unsigned depth_left) {
  const char *at = page_at(w, page, 1);
  if (!at) return false;
  bool leaf = depth_left == 1;
  unsigned flags = (unsigned)number_at(at + 10, 2) & ~(unsigned)PAGE_DIRTY;
  uint64_t lower = number_at(at + 12, 2), upper = number_at(at + 14, 2);
  if (flags != (leaf ? PAGE_LEAF : PAGE_BRANCH)) return wrong(w, page, "is of the wrong kind");
  if (lower < PAGE_HEAD + (leaf ? 2 : 4) || lower % 2 || lower > upper || upper > w->page_bytes) {
    return wrong(w, page, "has odd bounds");
  }
  unsigned count = (unsigned)(lower - PAGE_HEAD) / 2;
  struct span key = {0};
  for (unsigned i = 0; i < count; i++) {
    if (!check_node(w, page, at, i, leaf, depth_left, &key)) return false;
  }
  *(leaf ? &w->counted.leaves : &w->counted.branches) += 1;
  return true;
}

/** `page` is where the tree's record stands. */
static bool check_tree(struct walk *w, const struct tree *tree, uint64_t page) {
  w->counted = (struct tree){0};
  uint16_t flags = w->free_list ? TREE_INTEGER_KEY : 0;
  if (tree->flags != flags) return wrong(w, page, "a tree's flags are odd");
  if (tree->root == NO_PAGE) {
    return tree->depth || tree->entries ? wrong(w, page, "an empty tree is not empty") : true;
  }
  if (tree->depth == 0 || tree->depth >= DEPTH_MAX) return wrong(w, page, "a tree's depth is odd");
  if (!check_page(w, tree->root, tree->depth)) return false;
  const struct tree *got = &w->counted;
  w->report->pages_used += got->branches + got->leaves + got->overflows;
  bool same = got->branches == tree->branches && got->leaves == tree->leaves &&
              got->overflows == tree->overflows && got->entries == tree->entries;
  return same ? true : wrong(w, page, "a tree does not count what it holds");
}

static bool meta_holds(const char *at, uint64_t page) {
  return number_at(at, 8) == page && number_at(at + 10, 2) == PAGE_META &&
         number_at(at + META_MAGIC, 4) == MAGIC;
}

/** The page of the newest commit, its size of pages known to be sound; NULL: wrong. */
static const char *newest_meta(struct walk *w, int *err) {
  *err = ERR_CORRUPT;
  const char *first = w->file.at, *second;
  if (w->file.len < META_BYTES || !meta_holds(first, 0)) {
    wrong(w, 0, "is no head of an LMDB file");
    return NULL;
  }
  if (number_at(first + META_VERSION, 4) != 1) {
    wrong(w, 0, "is of another format of LMDB's");
    *err = ERR_VERSION;
    return NULL;
  }
  w->page_bytes = number_at(first + META_FREE, 4);
  if (w->page_bytes < 512 || w->page_bytes > 65536 || w->page_bytes & (w->page_bytes - 1)) {
    wrong(w, 0, "says an odd size of pages");
    return NULL;
  }
  second = first + w->page_bytes;
  if (w->file.len < 2 * w->page_bytes || !meta_holds(second, 1) ||
      number_at(second + META_VERSION, 4) != 1 ||
      number_at(second + META_FREE, 4) != w->page_bytes) {
    wrong(w, 1, "is no second head of an LMDB file");
    return NULL;
  }
  *err = OK;
  return number_at(first + META_COMMIT, 8) < number_at(second + META_COMMIT, 8) ? second : first;
}

static const char *read_head(struct walk *w, int *err) {
  *w->report = (struct inspect_report){0};
  const char *meta = newest_meta(w, err);
  if (!meta) return NULL;
  w->commit = w->report->commit = number_at(meta + META_COMMIT, 8);
  w->report->map_bytes = number_at(meta + META_MAP, 8);
  w->pages = number_at(meta + META_LAST, 8) + 1;
  bool sound = w->pages >= 2 && w->pages <= w->report->map_bytes / w->page_bytes &&
               w->report->map_bytes <= MAP_BYTES_MAX;
  if (sound) return meta;
  wrong(w, number_at(meta, 8), "says an odd length of the file");
  *err = ERR_CORRUPT;
  return NULL;
}

int inspect_head(struct span file, struct inspect_report *report) {
  struct walk w = {.file = file, .report = report};
  int err;
  read_head(&w, &err);
  return err;
}

int inspect_file(struct span file, struct inspect_report *report) {
  struct walk w = {.file = file, .report = report};
  int err;
  const char *meta = read_head(&w, &err);
  if (!meta) return err;
  uint64_t number = number_at(meta, 8);
  w.seen = calloc(w.pages / 8 + 1, 1); /* at most 4 GiB, of which only what is met is ever real */
  if (!w.seen) return ERR_MEMORY;
  struct tree free_tree = tree_at(meta + META_FREE), main_tree = tree_at(meta + META_MAIN);
  w.free_list = true;
  bool whole = check_tree(&w, &free_tree, number);
  w.free_list = false;
  whole = whole && check_tree(&w, &main_tree, number);
  free(w.seen);
  return whole ? OK : ERR_CORRUPT;
}
