-- Who is erased while others block her leaves a ghost: a row without `created_at` that their blocks
-- point to. Its id is a hash of hers with this key, behind a character that no user's id has: who
-- has the file can only try ids one by one.
CREATE TABLE ghost_key (key BLOB NOT NULL) STRICT;
INSERT INTO ghost_key VALUES (randomblob(32));

-- named: made by name; listed under `alias` until whom it keeps out comes again.
ALTER TABLE blocks ADD COLUMN named INTEGER NOT NULL DEFAULT 0;
DROP INDEX blocks_by;
CREATE UNIQUE INDEX blocks_by ON blocks (by, whom, alias IS NULL OR named);
CREATE INDEX blocks_named ON blocks (whom) WHERE named;
