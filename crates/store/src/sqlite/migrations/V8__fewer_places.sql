-- Contacts up to this one were imported by a program that kept fewer of the places where they may be. What
-- their list stated of the place is not kept, so that it cannot be read again: `doctor` names them.

INSERT INTO meta (key, value)
    SELECT 'contacts_of_fewer_places', CAST(max(id) AS TEXT) FROM contacts HAVING max(id) IS NOT NULL;
