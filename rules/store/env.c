// SPDX-License-Identifier: Apache-2.0
#include "rules/store/env.h"

#include "rules/base/log.h"
#include "rules/store/inspect.h"
#include "rules/store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Transactions open for reading, all processes together; past it ERR_BUSY. LMDB's lock file has 64 bytes for each. */
enum { READERS_MAX = 254, LOCK_FILE_BYTES = 16384 };

static const char *const NAMES[DATABASE_COUNT] = {
#define X(id, name, watched, help) [DATABASE_##id] = name,
    DATABASE_TABLE(X)
#undef X
};

enum err env_translate(int code) {
  switch (code) {
  case MDB_KEYEXIST: return ERR_EXISTS;
  case MDB_NOTFOUND: return ERR_NOT_FOUND;
  case MDB_PAGE_NOTFOUND:
  case MDB_CORRUPTED:
  case MDB_INVALID:
  case MDB_INCOMPATIBLE: return ERR_CORRUPT;
  case MDB_VERSION_MISMATCH: return ERR_VERSION;
  case MDB_MAP_FULL:
  case ENOSPC:
  case EDQUOT:
  case EFBIG:
  case EIO: return ERR_FULL;
  case MDB_READERS_FULL:
  case MDB_MAP_RESIZED: return ERR_BUSY;
  case MDB_TXN_FULL:
  case MDB_BAD_VALSIZE: return ERR_RANGE;
  case EROFS: return ERR_ACCESS;
  default: return code > 0 ? err_from_errno(code) : ERR_IO;
  }
}

const char *env_explain(enum err err) {
  switch (err) {
  case ERR_FULL:
    return "the store is full: the disk has no room, or store.size_max is reached. The site stays "
           "up and what was "
           "stored is safe; make room, or raise store.size_max";
  case ERR_CORRUPT:
    return "the store is damaged: move its folder away and start anew, or put a backup in its "
           "place";
  case ERR_VERSION: return "the store was written by a newer qorgan: use that version";
  case ERR_ACCESS:
    return "this user may not use or write the store: use the user that qorgan runs as, mend the "
           "mode of its folder, or "
           "mount its disk for writing";
  case ERR_BUSY: return "the store is in use by another process";
  case ERR_NOT_FOUND: return "there is no store yet: start the proxy once";
  default: return err_text(err);
  }
}

static int fail(struct env_error *why, const char *path, int err, const char *what) {
  snprintf(why->text, sizeof(why->text), "store %.150s: %.350s", path,
           what ? what : env_explain(err));
  return err;
}

static int make_folder(const struct env_options *o, struct env_error *why) {
  struct stat is;
  if (stat(o->path, &is) == 0) {
    return S_ISDIR(is.st_mode) ? OK : fail(why, o->path, ERR_EXISTS, "is there, but is no folder");
  }
  if (errno != ENOENT) return fail(why, o->path, env_translate(errno), strerror(errno));
  if (o->mode == ENV_READ) return fail(why, o->path, ERR_NOT_FOUND, NULL);
  if (mkdir(o->path, 0700) == 0 || errno == EEXIST) return OK;
  char what[128];
  snprintf(what, sizeof(what), "cannot be made: %s", strerror(errno));
  return fail(why, o->path, env_translate(errno), what);
}

static int judge(struct env *env, struct span file, struct inspect_report *report,
                 struct env_error *why) {
  int err = env->lock.alone ? inspect_file(file, report) : inspect_head(file, report);
  if (!err) return OK;
  char what[351];
  snprintf(what, sizeof(what), "%.200s (data.mdb, %s)", env_explain(err), report->what);
  return fail(why, env->path, err, what);
}

/** What the file says of itself before LMDB may trust it. A file not there, or empty, is a new store's. */
static int inspect(struct env *env, struct inspect_report *report, struct env_error *why) {
  char path[4200];
  snprintf(path, sizeof(path), "%s/data.mdb", env->path);
  *report = (struct inspect_report){0};
  struct stat is;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &is) != 0) {
    int err = env_translate(errno);
    if (fd >= 0) close(fd);
    return err == ERR_NOT_FOUND && env->mode != ENV_READ ? OK : fail(why, env->path, err, NULL);
  }
  void *at = is.st_size ? mmap(NULL, (size_t)is.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
  close(fd);
  if (at == MAP_FAILED) return fail(why, env->path, ERR_MEMORY, NULL);
  if (!at) return env->mode == ENV_READ ? fail(why, env->path, ERR_NOT_FOUND, NULL) : OK;
  int err = judge(env, span_from(at, (size_t)is.st_size), report, why);
  munmap(at, (size_t)is.st_size);
  return err;
}

/** LMDB maps its lock file, of which parts are not on the disk until they are touched; on a full disk that touch would
 *  be a bus error, in the proxy as in a command. So all of it gets its place before LMDB has it. Only while nobody
 *  else maps it: what is there already does not move, but LMDB takes the number of readers from the length. */
static int reserve_locks(struct env *env, struct env_error *why) {
  char path[4200];
  if (!env->lock.alone) return OK;
  snprintf(path, sizeof(path), "%s/lock.mdb", env->path);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return env->mode == ENV_READ ? OK : fail(why, env->path, env_translate(errno), NULL);
  int code = posix_fallocate(fd, 0, LOCK_FILE_BYTES);
  close(fd);
  return code ? fail(why, env->path, env_translate(code), NULL) : OK;
}

static int open_lmdb(struct env *env, uint64_t size_max_bytes, struct env_error *why) {
  struct inspect_report report;
  int err = inspect(env, &report, why);
  if (!err) err = reserve_locks(env, why);
  if (err) return err;
  /* Commands take the map that the proxy gave the store: nobody may grow it past another's map. */
  bool keep = report.map_bytes > size_max_bytes || (env->mode != ENV_PROXY && report.map_bytes);
  size_t map_bytes = keep ? report.map_bytes : size_max_bytes;
  unsigned flags = MDB_NOTLS | (env->mode == ENV_READ ? MDB_RDONLY : 0);
  int code = mdb_env_create(&env->mdb);
  if (!code) code = mdb_env_set_mapsize(env->mdb, map_bytes);
  if (!code) code = mdb_env_set_maxdbs(env->mdb, DATABASE_COUNT);
  if (!code) code = mdb_env_set_maxreaders(env->mdb, READERS_MAX);
  if (!code) code = mdb_env_open(env->mdb, env->path, flags, 0600);
  return code ? fail(why, env->path, env_translate(code), NULL) : OK;
}

/** Handles of all databases, for the environment's life. */
static void open_databases(struct env *env, struct txn *t) {
  for (enum database db = 0; db < DATABASE_COUNT && !t->err; db++) {
    int code = mdb_dbi_open(t->mdb, NAMES[db], t->writes ? MDB_CREATE : 0, &env->dbi[db]);
    if (code) txn_fail(t, code == MDB_NOTFOUND ? ERR_VERSION : env_translate(code));
  }
}

/** Opens everything in one transaction and brings it up to date if it may. `*version`: the schema that was met.
 *  A read transaction is committed too: LMDB keeps handles only of those that were. */
static int settle(struct env *env, struct txn *t, uint64_t *version) {
  open_databases(env, t);
  *version = t->err ? 0 : schema_version(t);
  if (t->writes && (env->lock.alone || *version == 0)) schema_migrate(t);
  if (!t->err && schema_version(t) != SCHEMA_VERSION) txn_fail(t, ERR_VERSION);
  schema_install_id(t, env->install_id);
  if (t->writes) return txn_commit(t);
  if (t->err) return txn_end(t);
  int code = mdb_txn_commit(t->mdb);
  t->mdb = NULL;
  return code ? (int)env_translate(code) : OK;
}

/** A store that is up to date is opened without a write: a full disk must keep nobody from reading. */
static int open_schema(struct env *env, struct env_error *why) {
  struct txn t;
  uint64_t version;
  txn_read(&t, env);
  int err = settle(env, &t, &version);
  if (err == ERR_VERSION && env->mode != ENV_READ) {
    txn_write(&t, env);
    err = settle(env, &t, &version);
  }
  bool older = err == ERR_VERSION && version < SCHEMA_VERSION;
  return !err
             ? OK
             : fail(why, env->path, err,
                    older ? "is of an older schema: start this version's proxy once, with no other "
                            "process on it, to bring it up to date"
                          : NULL);
}

/** What root makes in a folder of the proxy's user is that user's: else `sudo qorgan ban` would shut the proxy out. */
static void give_to_owner(const struct env *env) {
  static const char *const FILES[] = {"data.mdb", "lock.mdb", "use.lock"};
  struct stat folder, file;
  if (geteuid() != 0 || stat(env->path, &folder) != 0 || folder.st_uid == 0) return;
  for (size_t i = 0; i < sizeof(FILES) / sizeof(FILES[0]); i++) {
    char path[4200];
    snprintf(path, sizeof(path), "%s/%s", env->path, FILES[i]);
    if (lstat(path, &file) != 0 || file.st_uid != 0 || !S_ISREG(file.st_mode)) continue;
    if (lchown(path, folder.st_uid, folder.st_gid)) log_warn("%s stays root's", path);
  }
}

static int open_steps(struct env *env, const struct env_options *o, struct env_error *why) {
  int err = make_folder(o, why);
  if (err) return err;
  err = lock_take(env->path, o->mode == ENV_PROXY, o->mode == ENV_READ, &env->lock);
  if (err) {
    return fail(why, env->path, err,
                err == ERR_BUSY
                    ? "another proxy uses it: stop that one, or give this one its own store.path"
                    : NULL);
  }
  err = open_lmdb(env, o->size_max_bytes, why);
  if (!err) err = open_schema(env, why);
  if (!err && env->mode != ENV_READ) give_to_owner(env);
  lock_share(&env->lock);
  return err;
}

int env_open(const struct env_options *options, struct env **out, struct env_error *why) {
  struct env *env = calloc(1, sizeof(*env));
  if (!env) return fail(why, options->path, ERR_MEMORY, NULL);
  env->mode = options->mode;
  env->lock.fd = -1;
  int err = ERR_RANGE;
  if (strlen(options->path) < sizeof(env->path)) {
    strcpy(env->path, options->path);
    err = open_steps(env, options, why);
  } else {
    fail(why, options->path, err, "the path is too long");
  }
  if (err) {
    env_close(&env);
    return err;
  }
  *out = env;
  return OK;
}

void env_close(struct env **env) {
  if (!*env) return;
  if ((*env)->mdb) mdb_env_close((*env)->mdb);
  lock_drop(&(*env)->lock);
  free(*env);
  *env = NULL;
}

uint64_t env_last_commit(const struct env *env) {
  MDB_envinfo info;
  mdb_env_info(env->mdb, &info);
  return info.me_last_txnid;
}

struct env_usage env_usage(const struct env *env) {
  MDB_envinfo info;
  MDB_stat stat;
  mdb_env_info(env->mdb, &info);
  mdb_env_stat(env->mdb, &stat);
  return (struct env_usage){.used_bytes = (info.me_last_pgno + 1) * (uint64_t)stat.ms_psize,
                            .size_max_bytes = info.me_mapsize,
                            .readers = info.me_numreaders,
                            .readers_max = info.me_maxreaders};
}

int env_drop_dead_readers(struct env *env) {
  int dead = 0;
  return mdb_reader_check(env->mdb, &dead) ? 0 : dead;
}
