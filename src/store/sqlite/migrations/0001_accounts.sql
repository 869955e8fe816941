-- Who is only named by others, in a request, a block or a report, has a number but no
-- `created_at`: nobody can tell her from who exists, and she is no user until she comes.
CREATE TABLE users (
    number            INTEGER PRIMARY KEY,
    id                TEXT NOT NULL UNIQUE,
    created_at        INTEGER,
    name              TEXT,
    stranger_name     TEXT,
    avatar_url        TEXT,
    strangers_allowed INTEGER NOT NULL DEFAULT 0,
    strangers_consent INTEGER NOT NULL DEFAULT 0,
    history           INTEGER NOT NULL DEFAULT 1,
    sharing           TEXT CHECK (sharing IN ('exact', 'approximate', 'off')),
    sharing_until     INTEGER,
    sharing_then      TEXT CHECK (sharing_then IN ('exact', 'approximate', 'off')),
    -- Counted by the triggers below, so that a limit costs the same whoever is asked about.
    friends           INTEGER NOT NULL DEFAULT 0,
    CHECK ((created_at IS NULL) = (sharing IS NULL))
) STRICT;

-- Each friendship stands here twice, once from either side; so `other` needs no index.
CREATE TABLE friendships (
    one   INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    other INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    PRIMARY KEY (one, other)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER friendship_made AFTER INSERT ON friendships BEGIN
    UPDATE users SET friends = friends + 1 WHERE number = new.one;
END;

CREATE TRIGGER friendship_ended AFTER DELETE ON friendships BEGIN
    UPDATE users SET friends = friends - 1 WHERE number = old.one;
END;

-- state: 0 waiting, 1 declined, 2 unheard (made against a block or a full list),
-- 3 declined and withdrawn. Who is asked is shown 0; who asks is shown all but 3.
CREATE TABLE requests (
    asker INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    asked INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    state INTEGER NOT NULL CHECK (state IN (0, 1, 2, 3)),
    at    INTEGER NOT NULL,
    PRIMARY KEY (asker, asked)
) STRICT, WITHOUT ROWID;

CREATE INDEX requests_of_asked ON requests (asked, state);

-- alias: the id under which a block that was made through an alias is listed.
CREATE TABLE blocks (
    by    INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    whom  INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    alias TEXT UNIQUE,
    at    INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX blocks_by ON blocks (by, whom, alias IS NULL);
CREATE INDEX blocks_of_whom ON blocks (whom, by);

CREATE TABLE waves (
    by   INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    whom INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    at   INTEGER NOT NULL,
    PRIMARY KEY (by, whom)
) STRICT, WITHOUT ROWID;

CREATE INDEX waves_of_whom ON waves (whom);

-- Both sides become NULL when they are erased. No number is given twice.
CREATE TABLE reports (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    by     INTEGER REFERENCES users ON DELETE SET NULL,
    whom   INTEGER REFERENCES users ON DELETE SET NULL,
    reason TEXT,
    cell   TEXT NOT NULL
) STRICT;

CREATE INDEX reports_of_by ON reports (by);
CREATE INDEX reports_of_whom ON reports (whom);

CREATE TABLE devices (
    of   INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    id   TEXT NOT NULL,
    name TEXT NOT NULL,
    at   INTEGER NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    PRIMARY KEY (of, id)
) STRICT, WITHOUT ROWID;
