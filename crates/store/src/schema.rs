//! The store's own tables. A step is never changed once released; a change is a new step.

/// All steps, oldest first.
pub(crate) const STEPS: &[&[&str]] = &[&[
    // One row a log: the unit of order, and the lock under which its positions are given.
    "CREATE TABLE core_log (id TEXT PRIMARY KEY, keeper TEXT NOT NULL, kind TEXT NOT NULL, size BIGINT NOT NULL, \
     last_time BIGINT NOT NULL, epoch BIGINT NOT NULL, UNIQUE (keeper, kind))",
    "CREATE TABLE core_sequence (log TEXT NOT NULL, unit TEXT NOT NULL, last BIGINT NOT NULL, PRIMARY KEY (log, unit))",
    // The columns after the leaf are empty for closed logs: the database's own tables tell no more than the log does.
    "CREATE TABLE core_entry (log TEXT NOT NULL, idx BIGINT NOT NULL, bytes BYTEA NOT NULL, leaf BYTEA NOT NULL, \
     stream TEXT, version BIGINT, fact TEXT, unit TEXT, at BIGINT, PRIMARY KEY (log, idx))",
    "CREATE UNIQUE INDEX core_entry_stream ON core_entry (stream, version)",
    "CREATE INDEX core_entry_unit ON core_entry (log, unit, idx)",
    "CREATE INDEX core_entry_fact ON core_entry (fact, log, idx)",
    // `subject` is set when the body is sealed (closed streams); `owner` for copies of foreign facts.
    "CREATE TABLE core_state (stream TEXT PRIMARY KEY, version BIGINT NOT NULL, format BIGINT NOT NULL, body BYTEA, \
     subject TEXT, log TEXT, owner TEXT)",
    "CREATE INDEX core_state_owner ON core_state (owner)",
    "CREATE INDEX core_state_subject ON core_state (subject)",
    // Whose data a closed stream's state may hold: an erasure empties it, and it is folded anew from what is left.
    "CREATE TABLE core_subject (stream TEXT NOT NULL, subject TEXT NOT NULL, PRIMARY KEY (stream, subject))",
    "CREATE INDEX core_subject_subject ON core_subject (subject)",
    "CREATE TABLE core_claim (kind TEXT NOT NULL, hmac BYTEA NOT NULL, PRIMARY KEY (kind, hmac))",
    "CREATE TABLE core_key (hmac BYTEA PRIMARY KEY, body BYTEA NOT NULL, receipt TEXT NOT NULL, at BIGINT NOT NULL, \
     for_ever BIGINT NOT NULL)",
    "CREATE INDEX core_key_at ON core_key (at)",
    "CREATE TABLE core_deadline (stream TEXT NOT NULL, name TEXT NOT NULL, due_at BIGINT NOT NULL, \
     version BIGINT NOT NULL, keeper TEXT NOT NULL, PRIMARY KEY (stream, name))",
    "CREATE INDEX core_deadline_due ON core_deadline (due_at)",
    "CREATE TABLE core_part (log TEXT NOT NULL, idx BIGINT NOT NULL, field TEXT NOT NULL, subject TEXT NOT NULL, \
     class TEXT NOT NULL, ciphertext BYTEA NOT NULL, size BIGINT NOT NULL, keep_until BIGINT NOT NULL, \
     purpose TEXT NOT NULL, basis TEXT NOT NULL, PRIMARY KEY (log, idx, field))",
    "CREATE INDEX core_part_subject ON core_part (subject)",
    "CREATE TABLE core_position (reader TEXT NOT NULL, source TEXT NOT NULL, log TEXT NOT NULL, next BIGINT NOT NULL, \
     PRIMARY KEY (reader, source, log))",
    "CREATE TABLE core_parked (reader TEXT NOT NULL, source TEXT NOT NULL, log TEXT NOT NULL, idx BIGINT NOT NULL, \
     unit TEXT NOT NULL, bytes BYTEA NOT NULL, reason TEXT NOT NULL, retries BIGINT NOT NULL, \
     PRIMARY KEY (reader, source, log, idx))",
    "CREATE INDEX core_parked_unit ON core_parked (reader, unit)",
    "CREATE TABLE core_skipped (reader TEXT NOT NULL, source TEXT NOT NULL, log TEXT NOT NULL, idx BIGINT NOT NULL, \
     reason TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (reader, source, log, idx))",
    "CREATE TABLE core_lease (role TEXT NOT NULL, scope TEXT NOT NULL, holder TEXT NOT NULL, epoch BIGINT NOT NULL, \
     until BIGINT NOT NULL, PRIMARY KEY (role, scope))",
    "CREATE TABLE core_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
]];
