-- The tags that attempt ids bear, each from a serial on. A deck starts with its identity; one that went
-- back in time goes on under another tag, so that no id is used twice. tag: 8 hexadecimal digits, as in
-- the ids; reason: new, restored, rollback_accepted or copied.

CREATE TABLE incarnations (
    from_serial INTEGER PRIMARY KEY,
    tag         TEXT NOT NULL,
    at          INTEGER NOT NULL,
    reason      TEXT NOT NULL
) STRICT;

INSERT INTO incarnations (from_serial, tag, at, reason)
    SELECT 1, value, 0, 'new' FROM meta WHERE key = 'deck_id';
