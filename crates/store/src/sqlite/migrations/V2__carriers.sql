-- What real carriers add: which numbers they say are owned, what came in from outside, and results
-- to be delivered.

CREATE TABLE owned_numbers (
    trunk  TEXT NOT NULL,
    number INTEGER NOT NULL,
    owned  INTEGER NOT NULL CHECK (owned IN (0, 1)),
    at     INTEGER NOT NULL,
    PRIMARY KEY (trunk, number)
) STRICT, WITHOUT ROWID;

-- Calls that a network blocked for the number they showed.
CREATE TABLE caller_id_blocks (
    attempt   INTEGER PRIMARY KEY REFERENCES attempts (serial),
    caller_id INTEGER NOT NULL,
    at        INTEGER NOT NULL
) STRICT;

CREATE INDEX caller_id_blocks_by_number ON caller_id_blocks (caller_id, at);

-- What was said about attempts from outside, once each, stripped of numbers and secrets.
CREATE TABLE inbox (
    trunk      TEXT NOT NULL,
    event      TEXT NOT NULL,
    attempt    INTEGER NOT NULL REFERENCES attempts (serial),
    arrived_at INTEGER NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (trunk, event)
) STRICT, WITHOUT ROWID;

CREATE INDEX inbox_by_attempt ON inbox (attempt, arrived_at);

-- Requests from outside that were not taken, by trunk and reason.
CREATE TABLE quarantine (
    trunk   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    n       INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (trunk, reason)
) STRICT, WITHOUT ROWID;

-- Results on their way to a campaign's own address, one per contact's end, by the place of that end
-- in the event log. state: 0 waits, 1 delivered, 2 given up.
CREATE TABLE results (
    seq      INTEGER PRIMARY KEY REFERENCES events (seq),
    campaign INTEGER NOT NULL REFERENCES campaigns (id),
    contact  INTEGER NOT NULL REFERENCES contacts (id),
    state    INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
    tries    INTEGER NOT NULL,
    next_at  INTEGER NOT NULL,
    error    TEXT
) STRICT;

CREATE INDEX results_waiting ON results (next_at, seq) WHERE state = 0;
CREATE INDEX results_by_contact ON results (contact, seq);
CREATE INDEX results_given_up ON results (seq) WHERE state = 2;
