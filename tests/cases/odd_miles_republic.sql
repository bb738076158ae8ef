-- Editions and races that no schema forbids; cases.t says what becomes of them.
BEGIN;
INSERT INTO "Edition" (id, "eventId", year) VALUES
    (9001, 100, 'MMXXVI'),
    (9002, 100, repeat('9', 400)),
    (9003, 100, '2031-2032'),
    (9004, 100, '-44'),
    (9005, 100, '  2033 '),
    (9006, 100, '+2034'),
    (9007, 105, '2035'),
    (9008, 100, '-007 av. J.-C.');
INSERT INTO "Race" (id, name, "startDate", "runDistance", "runPositiveElevation", "editionId", "eventId") VALUES
    (39007, E'L''infini \x01 "et" \\ après', 'infinity', 'NaN', 'Infinity', 9007, 105),
    (39008, 'zz', '-infinity', 'Infinity', 1, 9007, 105);
COMMIT;
