// SPDX-License-Identifier: Apache-2.0
#include "rules/store/txn.h"

#include "rules/base/require.h"
#include "rules/store/record.h"

#include <lmdb.h>

static const bool WATCHED[DATABASE_COUNT] = {
#define X(id, name, watched, help) [DATABASE_##id] = watched,
    DATABASE_TABLE(X)
#undef X
};

static MDB_val val_of(struct span s) {
  return (MDB_val){.mv_size = s.len, .mv_data = (void *)s.at};
}

static struct span span_of_val(MDB_val v) {
  return span_from(v.mv_data, v.mv_size);
}

/** Makes a failure stick. True when the call did what it should; "not found" is neither. */
static bool holds(struct txn *t, int code) {
  if (code == MDB_SUCCESS) return true;
  if (code != MDB_NOTFOUND) txn_fail(t, env_translate(code));
  return false;
}

static void begin(struct txn *t, struct env *env, bool writes) {
  *t = (struct txn){.env = env, .writes = writes};
  if (writes && env->mode == ENV_READ) {
    t->err = ERR_ACCESS;
    return;
  }
  holds(t, mdb_txn_begin(env->mdb, NULL, writes ? 0 : MDB_RDONLY, &t->mdb));
}

void txn_read(struct txn *t, struct env *env) {
  begin(t, env, false);
}

void txn_write(struct txn *t, struct env *env) {
  begin(t, env, true);
}

void txn_rest(struct txn *t) {
  require(!t->writes);
  if (t->mdb) mdb_txn_reset(t->mdb);
}

void txn_renew(struct txn *t) {
  require(!t->writes);
  t->err = OK;
  if (t->mdb) {
    holds(t, mdb_txn_renew(t->mdb));
  } else {
    begin(t, t->env, false);
  }
}

static struct span generation_key(enum database db, char out[2]) {
  out[0] = 'g';
  out[1] = (char)db;
  return span_from(out, 2);
}

uint64_t txn_generation(struct txn *t, enum database db) {
  char key[2];
  struct span value;
  if (!txn_get(t, DATABASE_META, generation_key(db, key), &value)) return 0;
  uint64_t generation = 0;
  txn_fail(t, record_read_u64(generation_key(db, key), value, &generation));
  return generation;
}

static void raise_generations(struct txn *t) {
  for (enum database db = 0; db < DATABASE_COUNT; db++) {
    if (!WATCHED[db] || !(t->changed & 1u << db)) continue;
    char key[2], value[RECORD_U64_BYTES];
    uint64_t next = txn_generation(t, db) + 1;
    txn_put(t, DATABASE_META, generation_key(db, key),
            record_write_u64(generation_key(db, key), next, value));
  }
}

int txn_commit(struct txn *t) {
  require(t->writes);
  if (!t->err) raise_generations(t);
  if (t->err) return txn_end(t);
  MDB_txn *mdb = t->mdb;
  t->mdb = NULL; /* gone even when the commit fails */
  holds(t, mdb_txn_commit(mdb));
  return t->err;
}

int txn_end(struct txn *t) {
  if (t->mdb) mdb_txn_abort(t->mdb);
  t->mdb = NULL;
  return t->err;
}

bool txn_get(struct txn *t, enum database db, struct span key, struct span *value) {
  if (t->err) return false;
  MDB_val k = val_of(key), v;
  if (!holds(t, mdb_get(t->mdb, t->env->dbi[db], &k, &v))) return false;
  *value = span_of_val(v);
  return true;
}

static void put(struct txn *t, enum database db, struct span key, struct span value, unsigned how) {
  if (t->err) return;
  MDB_val k = val_of(key), v = val_of(value);
  if (holds(t, mdb_put(t->mdb, t->env->dbi[db], &k, &v, how))) t->changed |= 1u << db;
}

void txn_put(struct txn *t, enum database db, struct span key, struct span value) {
  put(t, db, key, value, 0);
}

void txn_append(struct txn *t, enum database db, struct span key, struct span value) {
  put(t, db, key, value, MDB_APPEND);
}

bool txn_delete(struct txn *t, enum database db, struct span key) {
  if (t->err) return false;
  MDB_val k = val_of(key);
  if (!holds(t, mdb_del(t->mdb, t->env->dbi[db], &k, NULL))) return false;
  t->changed |= 1u << db;
  return true;
}

uint64_t txn_count(struct txn *t, enum database db) {
  MDB_stat stat;
  if (t->err || !holds(t, mdb_stat(t->mdb, t->env->dbi[db], &stat))) return 0;
  return stat.ms_entries;
}

void cursor_open(struct cursor *c, struct txn *t, enum database db) {
  *c = (struct cursor){.txn = t};
  if (!t->err) holds(t, mdb_cursor_open(t->mdb, t->env->dbi[db], &c->mdb));
}

void cursor_close(struct cursor *c) {
  if (c->mdb) mdb_cursor_close(c->mdb);
  c->mdb = NULL;
}

static bool move(struct cursor *c, MDB_val key, MDB_cursor_op op) {
  if (c->txn->err || !c->mdb) return false;
  MDB_val value;
  if (!holds(c->txn, mdb_cursor_get(c->mdb, &key, &value, op))) return false;
  c->key = span_of_val(key);
  c->value = span_of_val(value);
  return true;
}

bool cursor_step(struct cursor *c, enum cursor_step step) {
  static const MDB_cursor_op OPS[] = {[CURSOR_FIRST] = MDB_FIRST,
                                      [CURSOR_LAST] = MDB_LAST,
                                      [CURSOR_NEXT] = MDB_NEXT,
                                      [CURSOR_PREV] = MDB_PREV};
  return move(c, (MDB_val){0}, OPS[step]);
}

bool cursor_seek(struct cursor *c, struct span key) {
  return move(c, val_of(key), MDB_SET_RANGE);
}

void cursor_delete(struct cursor *c) {
  if (c->txn->err || !c->mdb) return;
  enum database db = 0;
  while (db < DATABASE_COUNT && c->txn->env->dbi[db] != mdb_cursor_dbi(c->mdb)) db++;
  if (holds(c->txn, mdb_cursor_del(c->mdb, 0))) c->txn->changed |= 1u << db;
}
