-- Times are milliseconds since 1970, UTC, unless the column says otherwise.

-- The clusters that were ever declared, with the nodes we were told to ask.
CREATE TABLE cluster (
	name    TEXT PRIMARY KEY,
	members TEXT NOT NULL          -- JSON array
) WITHOUT ROWID;

-- The newest answer of each node to each question.
CREATE TABLE observation (
	id       INTEGER PRIMARY KEY,
	cluster  TEXT NOT NULL,
	node     TEXT NOT NULL,
	question TEXT NOT NULL,
	at       INTEGER NOT NULL,     -- nanoseconds
	data     BLOB NOT NULL,        -- cluster.Observation, see pack
	UNIQUE (cluster, node, question)
);

-- What we know of reaching each node, failures included.
CREATE TABLE contact (
	cluster TEXT NOT NULL,
	node    TEXT NOT NULL,
	data    BLOB NOT NULL,         -- contactRow, see pack
	PRIMARY KEY (cluster, node)
) WITHOUT ROWID;

-- What a picture remembers of answers that newer ones replaced.
CREATE TABLE memory (
	cluster TEXT PRIMARY KEY,
	data    BLOB NOT NULL          -- memoryRow, see pack
) WITHOUT ROWID;

CREATE TABLE fault (
	id          INTEGER PRIMARY KEY,
	cluster     TEXT NOT NULL,
	kind        TEXT NOT NULL,
	object_kind TEXT NOT NULL,
	object_name TEXT NOT NULL,
	node        TEXT NOT NULL,
	health      INTEGER NOT NULL,
	title       TEXT NOT NULL,
	impact      TEXT NOT NULL,
	detail      TEXT NOT NULL,
	cause       TEXT NOT NULL,
	steps       TEXT NOT NULL,     -- JSON array
	since       INTEGER NOT NULL,  -- these four in nanoseconds, 0 for none
	opened      INTEGER NOT NULL,
	updated     INTEGER NOT NULL,
	resolved    INTEGER NOT NULL,
	seq         INTEGER NOT NULL
);
CREATE INDEX fault_seq ON fault (seq);
CREATE INDEX fault_open ON fault (cluster) WHERE resolved = 0;
CREATE INDEX fault_cluster ON fault (cluster, opened);

CREATE TABLE fault_change (
	seq    INTEGER PRIMARY KEY,
	fault  INTEGER NOT NULL REFERENCES fault (id) ON DELETE CASCADE,
	what   TEXT NOT NULL,          -- opened, changed, resolved
	at     INTEGER NOT NULL,       -- nanoseconds
	title  TEXT NOT NULL,
	health INTEGER NOT NULL
);
CREATE INDEX fault_change_fault ON fault_change (fault);

-- Numbers that must never go back, even when rows are deleted.
CREATE TABLE counter (
	name  TEXT PRIMARY KEY,
	value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO counter VALUES ('seq', 0), ('fault', 0);

-- Time series. What stands in the blobs is written in chunk.go and journal.go.
CREATE TABLE object (
	id      INTEGER PRIMARY KEY,
	cluster TEXT NOT NULL,
	name    TEXT NOT NULL,         -- node/NAME, volume/NAME …
	UNIQUE (cluster, name)
);
CREATE TABLE metric (
	id   INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
);
-- id: tier, time block, column group and object, see chunkID.
CREATE TABLE chunk (
	id   INTEGER PRIMARY KEY,
	data BLOB NOT NULL
);
-- id: bucket, running number, see journalID.
CREATE TABLE journal (
	id   INTEGER PRIMARY KEY,
	data BLOB NOT NULL
);
-- Rollup blocks whose source changed since they were last written.
CREATE TABLE stale (
	tier   INTEGER NOT NULL,
	block  INTEGER NOT NULL,
	object INTEGER NOT NULL,
	PRIMARY KEY (tier, block, object)
) WITHOUT ROWID;
