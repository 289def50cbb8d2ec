-- Why an attempt ended as it did, in the word of its entry `call_ended`: a number that is refused for
-- the second time for the same cause is told by it. Not known of attempts that ended before.

ALTER TABLE attempts ADD COLUMN cause TEXT;
