-- A deck as the program of schema version 4 wrote it, on 2025-12-01.
INSERT INTO campaigns (id, name, state, settings, ceiling) VALUES (1, 'spring', 'paused',
    '{"name":"spring","seller":"Acme","purpose":"reminder","call_class":"live","agent":"human","trunk":"simulator","pci":false,"evidence":"strict","schedule":{"start":null,"expires":null,"days":"Mon,Tue,Wed,Thu,Fri,Sat,Sun","open":"00:00","close":"24:00","ramp":{"secs":120,"nanos":0},"order":"fifo"},"pacing":{"calls_per_minute":10,"max_concurrent":10,"weight":1},"attempts":{"max":3,"min_gap":{"secs":1800,"nanos":0},"per_outcome":{}},"voicemail":"hang_up","consent":"express","caller_id":{"pool":"local","numbers":[],"strategy":"local","hourly_cap":30},"required_lists":[],"abandonment_limit_percent":3,"results_url":null,"rule_overrides":[{"rule":"us-fl","reason":"counsel"}]}',
    '{"calls_per_minute":10,"max_concurrent":10,"weight":1}');
INSERT INTO classes (id, body) VALUES
    (1, '{"zones":["America/New_York"],"regions":["US-NY"],"zone_source":"stated"}');
INSERT INTO contacts (id, campaign, number, name, state, priority, due, class, consent_kind,
        consent_source, consent_at, line, variables) VALUES
    (1, 1, 12125550142, 'Ana', 0, 3, 0, 1, 'express', 'form 7', 1764547200000, 2, '{"plan":"b"}'),
    (2, 1, 12125550143, 'Ben', 4, 0, 0, 1, NULL, NULL, NULL, 3, '');
INSERT INTO numbers (number, campaign, contact) VALUES (12125550142, 1, 1), (12125550143, 1, 2);
INSERT INTO counters (campaign, class, state, n) VALUES (1, 1, 0, 1), (1, 1, 4, 1);
INSERT INTO live_answers (campaign, day, live, abandoned) VALUES (1, 20423, 40, 2);
INSERT INTO lists (id, kind, as_of, count) VALUES
    (1, 'internal', 1764547200000, 1), (2, 'national:us', 1764547200000, 3),
    (3, 'national:gb', 1764547200000, 1), (4, 'state:us-tx', 0, 0);
INSERT INTO suppressions (number, list, source, at, actor, note) VALUES
    (12125550199, 1, 'opt_out', 1764547200000, 'maria', 'asked'),
    (12125550150, 2, 'import', 1764547200000, 'maria', NULL),
    (12125550151, 2, 'import', 1764547200000, 'maria', NULL),
    (13055550150, 2, 'import', 1764547200000, 'maria', NULL),
    (442079460150, 3, 'import', 1764547200000, 'maria', NULL);
INSERT INTO revocations (number, at) VALUES (12125550199, 1764547200000);
