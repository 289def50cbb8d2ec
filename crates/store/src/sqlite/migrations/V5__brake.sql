-- The brake on abandoned calls counts anew after its release; what the law counts never does.

ALTER TABLE live_answers ADD COLUMN brake_live INTEGER NOT NULL DEFAULT 0;
ALTER TABLE live_answers ADD COLUMN brake_abandoned INTEGER NOT NULL DEFAULT 0;
UPDATE live_answers SET brake_live = live, brake_abandoned = abandoned;
