-- A registry is loaded area by area, each with the date its data bear. area: the area code of country
-- code 1; 0: everything the registry holds elsewhere.

CREATE TABLE registry_areas (
    list  INTEGER NOT NULL REFERENCES lists (id),
    area  INTEGER NOT NULL,
    as_of INTEGER NOT NULL,
    PRIMARY KEY (list, area)
) STRICT, WITHOUT ROWID;

-- Until now a list had one date, and nothing says which areas its files covered. What it holds numbers
-- of was loaded: these areas get the list's date. Any other is not covered until it is loaded.
INSERT INTO registry_areas (list, area, as_of)
    SELECT DISTINCT lists.id,
        CASE WHEN number BETWEEN 10000000000 AND 19999999999
            THEN number / 10000000 % 1000 ELSE 0 END,
        lists.as_of
    FROM suppressions JOIN lists ON lists.id = list
    WHERE lists.as_of > 0 AND (kind LIKE 'national:%' OR kind LIKE 'state:%');
