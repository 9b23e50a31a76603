-- Two roles for production: one that owns the audit log and migrates it, one that the servers run as, which can only
-- insert and read. Run once as an administrator, in the database of the audit log, and again without effect:
--
--   psql -d mcpaudit -v owner=mcp_owner -v app=mcp_app -f storage/postgres/roles.sql
--
-- Then give both a password (\password mcp_owner), and run "deno task audit migrate --app-role mcp_app" as the owner,
-- now and at each upgrade.

\set ON_ERROR_STOP on

SELECT format('CREATE ROLE %I', :'owner') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \gexec
SELECT format('CREATE ROLE %I', :'app') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'app') \gexec
ALTER ROLE :"owner" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE :"app" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

-- Whatever everybody may do by default: connect, make temporary tables and, before PostgreSQL 15, tables in public.
ALTER DATABASE :"DBNAME" OWNER TO :"owner";
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC, :"app";
GRANT CONNECT ON DATABASE :"DBNAME" TO :"app";
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"app";
GRANT USAGE, CREATE ON SCHEMA public TO :"owner";

-- The owner makes the schema audit and the table public.audit_logs, or takes over what is there.
SELECT format('ALTER TABLE public.audit_logs OWNER TO %I', :'owner')
  WHERE to_regclass('public.audit_logs') IS NOT NULL \gexec
SELECT format('ALTER SCHEMA audit OWNER TO %I', :'owner') WHERE to_regnamespace('audit') IS NOT NULL \gexec
SELECT format('ALTER TABLE audit.%I OWNER TO %I', tablename, :'owner') FROM pg_tables WHERE schemaname = 'audit' \gexec
SELECT format('ALTER FUNCTION %s OWNER TO %I', oid::regprocedure, :'owner')
  FROM pg_proc WHERE pronamespace = to_regnamespace('audit') \gexec

-- Large objects are a way to store things that no table's rights govern.
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
