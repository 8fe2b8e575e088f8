-- cauce_events: the sequencer, the publisher and the cursors; it sees the events of all tenants, and nothing else.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cauce_events') THEN
        CREATE ROLE cauce_events NOLOGIN;
    END IF;
END
$$;

CREATE SCHEMA events;
GRANT USAGE ON SCHEMA events TO cauce_events, cauce_module;

-- What has been committed and not yet put in order. It stays near empty.
CREATE TABLE events.outbox (
    seq bigserial PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    tenant_id uuid NOT NULL,
    type text NOT NULL,
    aggregate_id uuid NOT NULL,
    aggregate_version integer NOT NULL,
    data jsonb NOT NULL,
    user_id uuid,
    correlation_id text NOT NULL,
    occurred_at timestamptz NOT NULL
) WITH (
    fillfactor = 90,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
);
ALTER TABLE events.outbox ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY emit ON events.outbox AS PERMISSIVE FOR INSERT TO cauce_module WITH CHECK (true);
CREATE POLICY relay ON events.outbox AS PERMISSIVE TO cauce_events USING (true) WITH CHECK (true);
CREATE POLICY tenant ON events.outbox AS RESTRICTIVE TO cauce_module
    USING (tenant_id = current_setting('app.tenant_id')::uuid)
    WITH CHECK (tenant_id = current_setting('app.tenant_id')::uuid);
GRANT INSERT ON events.outbox TO cauce_module;
GRANT USAGE ON SEQUENCE events.outbox_seq_seq TO cauce_module;
GRANT SELECT, INSERT, DELETE ON events.outbox TO cauce_events;
GRANT USAGE, SELECT ON SEQUENCE events.outbox_seq_seq TO cauce_events;

-- Everything that ever happened, in commit order, without gaps. Every reader is a position in it.
CREATE TABLE events.log (
    position bigint NOT NULL,
    event_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    type text NOT NULL,
    aggregate_id uuid NOT NULL,
    aggregate_version integer NOT NULL,
    data jsonb NOT NULL,
    user_id uuid,
    correlation_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    sequenced_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (position)
) PARTITION BY RANGE (position);
CREATE INDEX log_by_tenant ON events.log (tenant_id, position);
CREATE INDEX log_by_aggregate ON events.log (tenant_id, aggregate_id, position);
ALTER TABLE events.log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY history ON events.log AS PERMISSIVE FOR SELECT TO cauce_module USING (true);
CREATE POLICY relay ON events.log AS PERMISSIVE TO cauce_events USING (true) WITH CHECK (true);
CREATE POLICY tenant ON events.log AS RESTRICTIVE TO cauce_module
    USING (tenant_id = current_setting('app.tenant_id')::uuid)
    WITH CHECK (tenant_id = current_setting('app.tenant_id')::uuid);
GRANT SELECT ON events.log TO cauce_module;
GRANT SELECT, INSERT ON events.log TO cauce_events;

-- One row: the last position given. Its lock makes one sequencer of many.
CREATE TABLE events.counter (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    last_position bigint NOT NULL
);
INSERT INTO events.counter (last_position) VALUES (0);
GRANT SELECT, UPDATE ON events.counter TO cauce_events;
