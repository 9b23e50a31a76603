-- What calls are about to change beyond the server's own stores, said before they run. Runs under psql as well as in the
-- server, and again without effect. PostgreSQL 14 or later. Version 1.0.0 without this table runs on as before.

CREATE TABLE IF NOT EXISTS audit.intents (
  event_id uuid PRIMARY KEY,
  intended_at timestamp(3) NOT NULL,
  tool_name text NOT NULL,
  principal text NOT NULL,
  params text NOT NULL,
  params_sha256 text NOT NULL,
  replica text NOT NULL
);

COMMENT ON TABLE audit.intents IS 'What a call was about to change elsewhere; one without a record in audit_logs may have';
COMMENT ON COLUMN audit.intents.event_id IS 'Of the call''s record';
COMMENT ON COLUMN audit.intents.intended_at IS 'UTC';
COMMENT ON COLUMN audit.intents.params IS 'Redacted JSON, capped';
COMMENT ON COLUMN audit.intents.params_sha256 IS 'Of the redacted whole, hex';

CREATE INDEX IF NOT EXISTS intents_intended_at_idx ON audit.intents (intended_at);

-- An intent may go only with its record, which retention removes behind a tombstone.
CREATE OR REPLACE FUNCTION audit.refuse_untold_intent_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM removed AS r WHERE NOT EXISTS (
      SELECT FROM public.audit_logs AS l JOIN audit.tombstones AS t ON t.chain_id = l.chain_id AND t.through_seq >= l.seq
      WHERE l.event_id = r.event_id
    )
  ) THEN
    RAISE EXCEPTION 'Cannot % on intents: the audit log is append-only', TG_OP
      USING ERRCODE = 'insufficient_privilege', HINT = 'Only retention removes intents, together with their records';
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER intents_append_only BEFORE UPDATE OR TRUNCATE ON audit.intents
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE OR REPLACE TRIGGER intents_removal AFTER DELETE ON audit.intents REFERENCING OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_untold_intent_removal();
