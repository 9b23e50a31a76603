-- The audit log. Runs under psql as well as in the server, and again without effect. PostgreSQL 14 or later.
-- A file that was applied is never changed: a later one changes what it made.

CREATE SCHEMA IF NOT EXISTS audit;

-- The order of the columns is for a reader; the hash has an order of its own (storage/audit/hash.ts).
-- No column is constrained beyond its type, and params and result are text: a record is never refused for what it holds.
CREATE TABLE IF NOT EXISTS public.audit_logs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id uuid NOT NULL CONSTRAINT audit_logs_event_id_key UNIQUE,
  "timestamp" timestamp(3) NOT NULL,
  method text NOT NULL,
  tool_name text,
  params text NOT NULL,
  result text NOT NULL,
  duration_ms double precision NOT NULL,
  outcome text NOT NULL,
  error_code bigint,
  principal text NOT NULL,
  auth_method text NOT NULL,
  dialect text NOT NULL,
  transport text NOT NULL,
  client_name text,
  client_version text,
  client_address text,
  session text,
  request_id text,
  trace_id text,
  params_sha256 text NOT NULL,
  result_sha256 text NOT NULL,
  result_bytes bigint NOT NULL,
  result_tokens bigint NOT NULL,
  replica text NOT NULL,
  chain_id text NOT NULL,
  seq bigint NOT NULL,
  prev_hash text NOT NULL,
  hash text NOT NULL
);

COMMENT ON TABLE public.audit_logs IS 'Every tool call that was answered. Append-only; each replica''s records form a hash chain';
COMMENT ON COLUMN public.audit_logs.id IS 'Grows, with gaps; not covered by the hash';
COMMENT ON COLUMN public.audit_logs.event_id IS 'UUIDv7 of the call: makes a repeated insert harmless';
COMMENT ON COLUMN public.audit_logs."timestamp" IS 'When the call came, UTC';
COMMENT ON COLUMN public.audit_logs.method IS 'The method as it came';
COMMENT ON COLUMN public.audit_logs.tool_name IS 'NULL for mcp.tools.list';
COMMENT ON COLUMN public.audit_logs.params IS 'Redacted arguments as JSON text, cut at a bound (then no longer JSON)';
COMMENT ON COLUMN public.audit_logs.result IS 'Redacted result, or {"error": ...}, as JSON text, cut at a bound';
COMMENT ON COLUMN public.audit_logs.duration_ms IS 'Milliseconds';
COMMENT ON COLUMN public.audit_logs.outcome IS 'ok, tool_error, invalid, denied, rate_limited, timeout, cancelled or internal';
COMMENT ON COLUMN public.audit_logs.error_code IS 'The JSON-RPC code that was answered; NULL for ok';
COMMENT ON COLUMN public.audit_logs.request_id IS 'The JSON-RPC id as JSON text';
COMMENT ON COLUMN public.audit_logs.params_sha256 IS 'SHA-256 of the redacted arguments, uncut';
COMMENT ON COLUMN public.audit_logs.result_sha256 IS 'SHA-256 of the redacted result, uncut';
COMMENT ON COLUMN public.audit_logs.result_bytes IS 'Bytes of the result as it was sent; 0 for a refusal';
COMMENT ON COLUMN public.audit_logs.result_tokens IS 'Estimated tokens of the result as it was sent';
COMMENT ON COLUMN public.audit_logs.chain_id IS 'The start of a replica that wrote the record';
COMMENT ON COLUMN public.audit_logs.seq IS '1, 2, 3, ... without gaps within a chain';
COMMENT ON COLUMN public.audit_logs.prev_hash IS 'hash of the chain''s record before; 64 zeros for its first';
COMMENT ON COLUMN public.audit_logs.hash IS 'SHA-256 over every other column but id';

-- Few: each costs every insert. Newest first, by tool, by principal, and a chain in its order.
-- (chain_id, seq) is not unique on purpose: with ON CONFLICT DO NOTHING a forged row could keep the true record out,
-- and without it stop the log. Both rows stay, and the verifier names the forged one.
CREATE INDEX IF NOT EXISTS audit_logs_timestamp_idx ON public.audit_logs ("timestamp");
CREATE INDEX IF NOT EXISTS audit_logs_tool_name_idx ON public.audit_logs (tool_name, id);
CREATE INDEX IF NOT EXISTS audit_logs_principal_idx ON public.audit_logs (principal, id);
CREATE INDEX IF NOT EXISTS audit_logs_chain_idx ON public.audit_logs (chain_id, seq);

CREATE OR REPLACE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Cannot % on audit_logs: the audit log is append-only', TG_OP
    USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE OR REPLACE TRIGGER audit_logs_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.audit_logs
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
