-- Who has a number: one contact per number and campaign. A table of its own and not an index over
-- contacts, so that a list goes into each in that one's order: contacts as they stand in the file,
-- numbers by size.

CREATE TABLE numbers (
    number   INTEGER NOT NULL,
    campaign INTEGER NOT NULL REFERENCES campaigns (id),
    contact  INTEGER NOT NULL REFERENCES contacts (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (number, campaign)
) STRICT, WITHOUT ROWID;

INSERT INTO numbers (number, campaign, contact)
    SELECT number, campaign, id FROM contacts ORDER BY number, campaign;

DROP INDEX contacts_by_number;
