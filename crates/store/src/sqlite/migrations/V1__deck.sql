-- A deck: campaigns, contacts, attempts, lists, counters and the event log.
-- Instants are UTC milliseconds, numbers are E.164 digits, state codes are those of the domain.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- rests_until: the end of the rest that the last blocked call brought.
CREATE TABLE caller_id_states (
    number      INTEGER PRIMARY KEY,
    state       TEXT NOT NULL CHECK (state IN ('active', 'resting', 'retired')),
    rests_until INTEGER
) STRICT;

CREATE TABLE campaigns (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    state         TEXT NOT NULL CHECK (state IN ('draft', 'running', 'paused', 'done', 'stopped')),
    settings      TEXT NOT NULL,
    ceiling       TEXT NOT NULL,
    running_since INTEGER,
    pause_note    TEXT
) STRICT;

CREATE TABLE classes (
    id   INTEGER PRIMARY KEY,
    body TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE contacts (
    id             INTEGER PRIMARY KEY,
    campaign       INTEGER NOT NULL REFERENCES campaigns (id),
    number         INTEGER NOT NULL,
    name           TEXT NOT NULL,
    state          INTEGER NOT NULL CHECK (state BETWEEN 0 AND 9),
    reason         TEXT,
    priority       INTEGER NOT NULL,
    due            INTEGER NOT NULL,
    class          INTEGER REFERENCES classes (id),
    consent_kind   TEXT,
    consent_source TEXT,
    consent_at     INTEGER,
    expires_at     INTEGER,
    attempts       INTEGER NOT NULL DEFAULT 0,
    last_outcome   TEXT,
    line           INTEGER NOT NULL,
    variables      TEXT NOT NULL
) STRICT;

-- One contact per number and campaign; also finds a number's contacts over all campaigns.
CREATE UNIQUE INDEX contacts_by_number ON contacts (number, campaign);
CREATE INDEX contacts_ready ON contacts (campaign, class, priority DESC, due, id) WHERE state = 0;
CREATE INDEX contacts_waiting ON contacts (campaign, due, id) WHERE state IN (1, 2);
CREATE INDEX contacts_listed ON contacts (campaign, state, id);
CREATE INDEX contacts_expiring ON contacts (expires_at, id)
    WHERE expires_at IS NOT NULL AND state IN (0, 1, 2);

CREATE TABLE attempts (
    serial      INTEGER PRIMARY KEY,
    campaign    INTEGER NOT NULL REFERENCES campaigns (id),
    contact     INTEGER NOT NULL REFERENCES contacts (id),
    number      INTEGER NOT NULL,
    n           INTEGER NOT NULL,
    trunk       TEXT NOT NULL,
    caller_id   INTEGER NOT NULL,
    state       INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),
    reserved_at INTEGER NOT NULL,
    sent_at     INTEGER,
    ringing_at  INTEGER,
    answered_at INTEGER,
    ended_at    INTEGER,
    callee_type TEXT,
    outcome     TEXT,
    counts      INTEGER NOT NULL,
    counts_from INTEGER,
    CHECK ((state = 5) = (outcome IS NOT NULL))
) STRICT;

-- At most one call in flight per number, whatever the program does.
CREATE UNIQUE INDEX attempts_open ON attempts (number) WHERE state <> 5;
CREATE INDEX attempts_by_number ON attempts (number, reserved_at);
-- Sends of the sliding windows, for rebuilding them.
CREATE INDEX attempts_sends ON attempts (caller_id, counts_from) WHERE counts_from IS NOT NULL;

CREATE TABLE lists (
    id    INTEGER PRIMARY KEY,
    kind  TEXT NOT NULL UNIQUE,
    as_of INTEGER NOT NULL,
    count INTEGER NOT NULL
) STRICT;

CREATE TABLE suppressions (
    number INTEGER NOT NULL,
    list   INTEGER NOT NULL REFERENCES lists (id),
    source TEXT NOT NULL,
    at     INTEGER NOT NULL,
    actor  TEXT NOT NULL,
    note   TEXT,
    PRIMARY KEY (number, list)
) STRICT, WITHOUT ROWID;

CREATE TABLE revocations (
    number INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL
) STRICT;

CREATE TABLE counters (
    campaign INTEGER NOT NULL,
    class    INTEGER NOT NULL,
    state    INTEGER NOT NULL,
    n        INTEGER NOT NULL,
    PRIMARY KEY (campaign, class, state)
) STRICT, WITHOUT ROWID;

-- what: `attempts`, `outcome:…` or `refusal:…`.
CREATE TABLE tallies (
    campaign INTEGER NOT NULL,
    what     TEXT NOT NULL,
    n        INTEGER NOT NULL,
    PRIMARY KEY (campaign, what)
) STRICT, WITHOUT ROWID;

-- Live answers and abandoned calls by UTC day.
CREATE TABLE live_answers (
    campaign  INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    live      INTEGER NOT NULL,
    abandoned INTEGER NOT NULL,
    PRIMARY KEY (campaign, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    seq  INTEGER PRIMARY KEY,
    at   INTEGER NOT NULL,
    line TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE alerts (
    seq             INTEGER PRIMARY KEY REFERENCES events (seq),
    acknowledged_at INTEGER,
    acknowledged_by TEXT
) STRICT;

CREATE INDEX alerts_open ON alerts (seq) WHERE acknowledged_at IS NULL;

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'the event log is append-only');
END;

CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'the event log is append-only');
END;
