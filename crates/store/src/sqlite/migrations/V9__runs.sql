-- The tags in the attempt ids of the engine's runs, each from a serial on: drawn at each start, so that a deck
-- that went back in time without notice uses no id twice. tag: the deck's identity and 8 more hexadecimal
-- digits. Before the first run, and in runs of an older program, ids have the tag of the incarnation.

CREATE TABLE runs (
    from_serial INTEGER PRIMARY KEY,
    tag         TEXT NOT NULL
) STRICT;
