-- Who has seen a fault. acked is in nanoseconds since 1970, UTC, 0 for nobody.
ALTER TABLE fault ADD COLUMN acked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fault ADD COLUMN acked_by TEXT NOT NULL DEFAULT '';
ALTER TABLE fault ADD COLUMN ack_note TEXT NOT NULL DEFAULT '';
