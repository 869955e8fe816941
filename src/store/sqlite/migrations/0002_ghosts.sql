-- Who is erased while others block her leaves a ghost: a row without `created_at` that their blocks
-- point to. Its id is a hash of hers with this key, behind a character that no user's id has.
CREATE TABLE ghost_key (key BLOB NOT NULL) STRICT;
INSERT INTO ghost_key VALUES (randomblob(32));
