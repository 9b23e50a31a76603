-- What a verifier needs to know of the chains beside their records, and a retention that leaves a trace. Runs under psql
-- as well as in the server, and again without effect. PostgreSQL 14 or later.

-- The key of each of these tables is the whole row: a row that is written again changes nothing, and no forged row can
-- keep a true one out.
CREATE TABLE IF NOT EXISTS audit.chain_openings (
  chain_id text NOT NULL,
  replica text NOT NULL,
  version text NOT NULL,
  opened_at timestamp(3) NOT NULL,
  public_key text NOT NULL,
  signature text NOT NULL,
  PRIMARY KEY (chain_id, replica, version, opened_at, public_key, signature)
);

COMMENT ON TABLE audit.chain_openings IS 'The beginning of each chain of audit_logs, written with its first record';
COMMENT ON COLUMN audit.chain_openings.replica IS 'Who writes the chain';
COMMENT ON COLUMN audit.chain_openings.version IS 'Of the server';
COMMENT ON COLUMN audit.chain_openings.opened_at IS 'UTC';
COMMENT ON COLUMN audit.chain_openings.public_key IS 'Of the key that signs all that is said of the chain: Ed25519, hex';
COMMENT ON COLUMN audit.chain_openings.signature IS 'By that key over the other columns, hex';

CREATE TABLE IF NOT EXISTS audit.chain_closings (
  chain_id text NOT NULL,
  seq bigint NOT NULL,
  hash text NOT NULL,
  closed_at timestamp(3) NOT NULL,
  signature text NOT NULL,
  PRIMARY KEY (chain_id, seq, hash, closed_at, signature)
);

COMMENT ON TABLE audit.chain_closings IS 'The orderly end of a chain; none where the replica was killed or still runs';
COMMENT ON COLUMN audit.chain_closings.seq IS 'Of the last record';
COMMENT ON COLUMN audit.chain_closings.hash IS 'Of the last record';
COMMENT ON COLUMN audit.chain_closings.closed_at IS 'UTC';
COMMENT ON COLUMN audit.chain_closings.signature IS 'By the key of the chain''s opening over the other columns, hex';

CREATE TABLE IF NOT EXISTS audit.tombstones (
  chain_id text NOT NULL,
  through_seq bigint NOT NULL,
  hash text NOT NULL,
  count bigint NOT NULL,
  removed_at timestamp(3) NOT NULL,
  public_key text NOT NULL,
  signature text NOT NULL,
  PRIMARY KEY (chain_id, through_seq, hash, count, removed_at, public_key, signature)
);

COMMENT ON TABLE audit.tombstones IS 'What retention leaves of the records that it removed from the beginning of a chain';
COMMENT ON COLUMN audit.tombstones.through_seq IS 'Of the last record that was removed';
COMMENT ON COLUMN audit.tombstones.hash IS 'Of that record';
COMMENT ON COLUMN audit.tombstones.count IS 'Records removed with this tombstone';
COMMENT ON COLUMN audit.tombstones.removed_at IS 'UTC';
COMMENT ON COLUMN audit.tombstones.public_key IS 'Of the key that signs the tombstone: Ed25519, hex';
COMMENT ON COLUMN audit.tombstones.signature IS 'By that key over the other columns, hex';

CREATE OR REPLACE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Cannot % on %: the audit log is append-only', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE OR REPLACE TRIGGER chain_openings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.chain_openings
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE OR REPLACE TRIGGER chain_closings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.chain_closings
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE OR REPLACE TRIGGER tombstones_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.tombstones
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

-- A record may go only where a tombstone tells of it; whether the tombstone is true is for its signature to say.
CREATE OR REPLACE FUNCTION audit.refuse_untold_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM removed AS r WHERE NOT EXISTS (
      SELECT FROM audit.tombstones AS t WHERE t.chain_id = r.chain_id AND t.through_seq >= r.seq
    )
  ) THEN
    RAISE EXCEPTION 'Cannot % on audit_logs: the audit log is append-only', TG_OP
      USING ERRCODE = 'insufficient_privilege', HINT = 'Only retention removes records, and leaves a tombstone';
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER audit_logs_append_only BEFORE UPDATE OR TRUNCATE ON public.audit_logs
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE OR REPLACE TRIGGER audit_logs_tombstone AFTER DELETE ON public.audit_logs REFERENCING OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_untold_removal();
