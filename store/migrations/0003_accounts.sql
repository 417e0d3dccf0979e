-- Who may, and what was done. Times are in nanoseconds since 1970, UTC, 0 for none.

CREATE TABLE account (
	name      TEXT PRIMARY KEY COLLATE NOCASE,
	role      TEXT NOT NULL,
	hash      TEXT NOT NULL,       -- argon2id, in PHC form
	disabled  INTEGER NOT NULL,
	created   INTEGER NOT NULL,
	last_seen INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE session (
	id        TEXT PRIMARY KEY,    -- opens nothing
	hash      BLOB NOT NULL UNIQUE, -- SHA-256 of the cookie
	account   TEXT NOT NULL COLLATE NOCASE REFERENCES account (name) ON UPDATE CASCADE ON DELETE CASCADE,
	created   INTEGER NOT NULL,
	last_seen INTEGER NOT NULL,
	expires   INTEGER NOT NULL,
	address   TEXT NOT NULL,
	agent     TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_account ON session (account);

CREATE TABLE api_token (
	id        TEXT PRIMARY KEY,    -- opens nothing
	name      TEXT NOT NULL,
	hash      BLOB NOT NULL UNIQUE, -- SHA-256 of the token
	role      TEXT NOT NULL,
	by        TEXT NOT NULL,
	created   INTEGER NOT NULL,
	last_used INTEGER NOT NULL,
	revoked   INTEGER NOT NULL
) WITHOUT ROWID;

-- Lines are only ever added: cluster.AuditEntry. Hash is over all other columns and
-- prev, see auditHash.
CREATE TABLE audit (
	seq     INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL,
	who     TEXT NOT NULL,
	role    TEXT NOT NULL,
	address TEXT NOT NULL,
	action  TEXT NOT NULL,
	object  TEXT NOT NULL,
	run     TEXT NOT NULL,
	text    TEXT NOT NULL,
	params  TEXT NOT NULL,
	outcome TEXT NOT NULL,
	detail  TEXT NOT NULL,
	exit    INTEGER,
	took    INTEGER NOT NULL,      -- milliseconds
	bytes   INTEGER NOT NULL,
	prev    TEXT NOT NULL,
	hash    TEXT NOT NULL
);
CREATE INDEX audit_run ON audit (run) WHERE run <> '';
CREATE INDEX audit_who ON audit (who, seq);
CREATE INDEX audit_object ON audit (object, seq);
CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'lines of the audit log are kept'); END;
CREATE TRIGGER audit_fixed BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'lines of the audit log are never changed'); END;
-- INSERT OR REPLACE deletes without telling the trigger above.
CREATE TRIGGER audit_added BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE seq = new.seq)
BEGIN SELECT raise(ABORT, 'lines of the audit log are never changed'); END;

-- The last line ever written, so that a log cut short at its end shows.
INSERT INTO counter VALUES ('audit', 0);
