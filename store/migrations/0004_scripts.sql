-- Scripts people keep. Times are in nanoseconds since 1970, UTC. Names are compared
-- without regard to case by the program: SQLite's NOCASE knows only ASCII.

CREATE TABLE script (
	name        TEXT PRIMARY KEY,
	description TEXT NOT NULL,
	text        TEXT NOT NULL,
	by          TEXT NOT NULL,     -- the account that saved it
	changed     INTEGER NOT NULL
) WITHOUT ROWID;
