-- data_agents, our own database: the subset of the live tables that the API reads, with the columns
-- of the live system. It builds the private cluster and the tests' databases; it is no migration and
-- must never be run on a live database. The live table `proposals` has no index but its primary key.

CREATE TYPE "AgentType" AS ENUM (
    'EXTRACTOR', 'COMPARATOR', 'VALIDATOR', 'CLEANER', 'DUPLICATOR', 'SPECIFIC_FIELD', 'ANALYZER'
);
CREATE TYPE "ProposalType" AS ENUM (
    'NEW_EVENT', 'EVENT_UPDATE', 'EDITION_UPDATE', 'RACE_UPDATE', 'EVENT_MERGE'
);
CREATE TYPE "ProposalStatus" AS ENUM (
    'PENDING', 'APPROVED', 'REJECTED', 'ARCHIVED', 'PARTIALLY_APPROVED'
);
CREATE TYPE "DatabaseType" AS ENUM ('POSTGRESQL', 'MILES_REPUBLIC');
CREATE TYPE "ApplicationStatus" AS ENUM ('PENDING', 'APPLIED', 'FAILED');
CREATE TYPE "LogLevel" AS ENUM ('DEBUG', 'INFO', 'WARN', 'ERROR');
CREATE TYPE "UserRole" AS ENUM ('ADMIN', 'VALIDATOR', 'EXECUTOR');

CREATE TABLE agents (
    id          text         PRIMARY KEY,
    name        text         NOT NULL,
    description text,
    type        "AgentType"  NOT NULL,
    "isActive"  boolean      NOT NULL DEFAULT true,
    frequency   jsonb        NOT NULL,
    "nextRunAt" timestamp(3),
    config      jsonb        NOT NULL,
    "createdAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" timestamp(3) NOT NULL
);
CREATE UNIQUE INDEX agents_name_key ON agents (name);

CREATE TABLE agent_logs (
    id        text         PRIMARY KEY,
    "agentId" text         NOT NULL REFERENCES agents (id) ON DELETE CASCADE ON UPDATE CASCADE,
    "runId"   text,
    level     "LogLevel"   NOT NULL,
    message   text         NOT NULL,
    data      jsonb,
    timestamp timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- The ids of events, editions and races are texts: agents write them, nothing makes them numbers.
CREATE TABLE proposals (
    id                    text             PRIMARY KEY,
    "agentId"             text             NOT NULL REFERENCES agents (id) ON DELETE CASCADE ON UPDATE CASCADE,
    type                  "ProposalType"   NOT NULL,
    status                "ProposalStatus" NOT NULL DEFAULT 'PENDING',
    "eventId"             text,
    "editionId"           text,
    "raceId"              text,
    changes               jsonb            NOT NULL,
    justification         jsonb            NOT NULL,
    confidence            double precision,
    "eventName"           text,
    "eventCity"           text,
    "editionYear"         integer,
    "raceName"            text,
    "proposedStartDate"   timestamp(3),
    "createdAt"           timestamp(3)     NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"           timestamp(3)     NOT NULL,
    "reviewedAt"          timestamp(3),
    "reviewedBy"          text,
    "appliedBy"           text,
    "modificationReason"  text,
    "modifiedAt"          timestamp(3),
    "modifiedBy"          text,
    "userModifiedChanges" jsonb,
    "approvedBlocks"      jsonb            DEFAULT '{}',
    "sourceMetadata"      jsonb
);

CREATE TABLE proposal_applications (
    id               text                PRIMARY KEY,
    "proposalId"     text                NOT NULL REFERENCES proposals (id) ON DELETE CASCADE ON UPDATE CASCADE,
    status           "ApplicationStatus" NOT NULL DEFAULT 'PENDING',
    "scheduledAt"    timestamp(3),
    "appliedAt"      timestamp(3),
    "errorMessage"   text,
    logs             text[]              DEFAULT ARRAY[]::text[],
    "appliedChanges" jsonb,
    "rollbackData"   jsonb,
    "createdAt"      timestamp(3)        NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"      timestamp(3)        NOT NULL,
    "proposalIds"    text[]              DEFAULT ARRAY[]::text[],
    "blockType"      text
);

-- Where Miles Republic is: the row with type = 'MILES_REPUBLIC' AND "isActive".
CREATE TABLE database_connections (
    id               text           PRIMARY KEY,
    name             text           NOT NULL UNIQUE,
    description      text,
    type             "DatabaseType" NOT NULL,
    "isActive"       boolean        NOT NULL DEFAULT true,
    host             text,
    port             integer,
    database         text,
    username         text,
    password         text,
    "connectionUrl"  text,
    "sslMode"        text           DEFAULT 'prefer',
    timeout          integer        DEFAULT 30000,
    "maxConnections" integer        DEFAULT 10,
    tags             text[]         DEFAULT ARRAY[]::text[],
    "createdAt"      timestamp(3)   NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"      timestamp(3)   NOT NULL,
    "lastTestedAt"   timestamp(3),
    "isHealthy"      boolean        NOT NULL DEFAULT false,
    "prismaSchema"   text
);

CREATE TABLE users (
    id             text         PRIMARY KEY,
    email          text         NOT NULL UNIQUE,
    "passwordHash" text         NOT NULL,
    "firstName"    text         NOT NULL,
    "lastName"     text         NOT NULL,
    role           "UserRole"   NOT NULL DEFAULT 'VALIDATOR',
    "isActive"     boolean      NOT NULL DEFAULT true,
    "lastLoginAt"  timestamp(3),
    "createdAt"    timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"    timestamp(3) NOT NULL,
    "createdBy"    text
);
