-- Two databases as the live system has them, without rows, and for the workers a role that may read what they need. It
-- builds the private cluster, the tests' and that of docker-compose.
--
--     psql -v ON_ERROR_STOP=1 [-v password=PASSWORD] -d postgres -f databases.sql

CREATE ROLE proposals LOGIN;
\if :{?password}
ALTER ROLE proposals PASSWORD :'password';
\endif

CREATE DATABASE data_agents;
\connect data_agents
\ir data_agents.sql
GRANT SELECT ON agents, proposals, proposal_applications, database_connections TO proposals;

CREATE DATABASE miles_republic;
\connect miles_republic
\ir miles_republic.sql
GRANT SELECT ON ALL TABLES IN SCHEMA public TO proposals;
ALTER ROLE proposals IN DATABASE miles_republic SET default_transaction_read_only = on;
