-- Miles Republic, somebody else's database, read-only to us: the subset of the live tables and columns
-- that the enrichment reads. It builds the private cluster and the tests' databases; it must never be
-- run on the live one.

CREATE TYPE "EventStatus" AS ENUM ('DEAD', 'DRAFT', 'REVIEW', 'LIVE', 'DELETED');
CREATE TYPE "EditionStatus" AS ENUM ('DRAFT', 'LIVE');
CREATE TYPE "CalendarStatus" AS ENUM ('CONFIRMED', 'CANCELED', 'TO_BE_CONFIRMED');

CREATE TABLE "Event" (
    id                                    serial        PRIMARY KEY,
    name                                  text          NOT NULL,
    city                                  text          NOT NULL,
    "countrySubdivisionNameLevel1"        text          NOT NULL DEFAULT '',
    "countrySubdivisionNameLevel2"        text          NOT NULL DEFAULT '',
    "countrySubdivisionDisplayCodeLevel2" text          NOT NULL DEFAULT '',
    country                               text          NOT NULL DEFAULT 'France',
    "isFeatured"                          boolean       DEFAULT false,
    status                                "EventStatus" NOT NULL,
    slug                                  text,
    "createdAt"                           timestamp(3)  NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "createdBy"                           text          NOT NULL DEFAULT '',
    "updatedAt"                           timestamp(3)  NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedBy"                           text          NOT NULL DEFAULT ''
);

-- `year` is a text: mostly '2026', now and then '2026-2027' or nothing that is a number.
CREATE TABLE "Edition" (
    id                      serial           PRIMARY KEY,
    "eventId"               integer          NOT NULL REFERENCES "Event" (id),
    year                    text             NOT NULL,
    "startDate"             timestamp(3),
    "endDate"               timestamp(3),
    "timeZone"              text             NOT NULL DEFAULT 'Europe/Paris',
    status                  "EditionStatus"  NOT NULL DEFAULT 'LIVE',
    "calendarStatus"        "CalendarStatus" NOT NULL DEFAULT 'CONFIRMED',
    "registrantsNumber"     integer,
    "currentEditionEventId" integer          UNIQUE,
    "customerType"          text,
    slug                    text             NOT NULL DEFAULT gen_random_uuid(),
    "createdAt"             timestamp(3)     NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "createdBy"             text             NOT NULL DEFAULT '',
    "updatedAt"             timestamp(3)     NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedBy"             text             NOT NULL DEFAULT ''
);
CREATE INDEX "Edition_eventId_idx" ON "Edition" ("eventId");

-- Distances are kilometres, elevation is metres.
CREATE TABLE "Race" (
    id                     serial           PRIMARY KEY,
    name                   text             NOT NULL,
    "startDate"            timestamp(3),
    "swimDistance"         double precision NOT NULL DEFAULT 0,
    "walkDistance"         double precision NOT NULL DEFAULT 0,
    "bikeDistance"         double precision NOT NULL DEFAULT 0,
    "runDistance"          double precision NOT NULL DEFAULT 0,
    "runPositiveElevation" double precision,
    "runDistance2"         double precision NOT NULL DEFAULT 0,
    "swimRunDistance"      double precision NOT NULL DEFAULT 0,
    "categoryLevel1"       text,
    "categoryLevel2"       text,
    "isActive"             boolean          NOT NULL DEFAULT true,
    "isArchived"           boolean          NOT NULL DEFAULT false,
    "createdAt"            timestamp(3)     NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "createdBy"            text             NOT NULL DEFAULT '',
    "updatedAt"            timestamp(3)     NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedBy"            text             NOT NULL DEFAULT '',
    "editionId"            integer          NOT NULL REFERENCES "Edition" (id),
    "eventId"              integer          NOT NULL REFERENCES "Event" (id)
);
CREATE INDEX "Race_editionId_idx" ON "Race" ("editionId");
CREATE INDEX "Race_eventId_idx" ON "Race" ("eventId");
