-- What we were told to watch, and the secrets for it.

-- Made once, when the database is; it tells our shells on a node from those of
-- another installation.
CREATE TABLE installation (id TEXT NOT NULL);
INSERT INTO installation VALUES (lower(hex(randomblob(16))));

CREATE TABLE definition (
	id      INTEGER PRIMARY KEY,   -- never given twice, see counter
	name    TEXT NOT NULL COLLATE NOCASE UNIQUE,
	data    TEXT NOT NULL,         -- JSON of cluster.Definition, without secrets
	created INTEGER NOT NULL,      -- these two in nanoseconds
	changed INTEGER NOT NULL
);

CREATE TABLE secret (
	definition INTEGER NOT NULL REFERENCES definition (id) ON DELETE CASCADE,
	node       TEXT NOT NULL,      -- '' for the cluster's own access
	identity   TEXT NOT NULL,      -- read, act
	field      TEXT NOT NULL,      -- password, keytab, key
	data       BLOB NOT NULL,      -- sealed for its place, see placeOf
	PRIMARY KEY (definition, node, identity, field)
) WITHOUT ROWID;

-- History that somebody wants gone: it is deleted a little at a time.
CREATE TABLE doomed_object (id INTEGER PRIMARY KEY);
CREATE TABLE doomed_fault (
	cluster TEXT NOT NULL,
	node    TEXT NOT NULL,         -- '' for all of the cluster
	last    INTEGER NOT NULL       -- later faults are not meant
);

-- object: the highest number ever given, once objects were deleted: the journal may
-- hold samples of those for a while. definition: likewise. horizon: how far time has
-- come for retention, in milliseconds since 1970; 0 for not known yet.
INSERT INTO counter VALUES ('object', 0), ('definition', 0), ('horizon', 0);
