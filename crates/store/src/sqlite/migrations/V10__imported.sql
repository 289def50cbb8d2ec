-- For each campaign, a digest of what imports have written into the rows of its contacts (number, name, class,
-- consent and so on, which nothing changes afterwards), continued with each batch. It covers the contacts
-- after `after`, which a program that kept no digest has imported, and through `through`.

CREATE TABLE imported (
    campaign INTEGER PRIMARY KEY REFERENCES campaigns (id),
    after    INTEGER NOT NULL,
    through  INTEGER NOT NULL,
    digest   BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;
