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

-- Makes the partition that the next position falls into, and the one after it; each holds a million positions. The
-- sequencer calls it a partition ahead of need. A partition is made apart and then attached, which stops no reader; it
-- answers to nobody directly, only through events.log.
CREATE FUNCTION events.make_room() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    size CONSTANT bigint := 1000000;
    current bigint;
    number bigint;
    name text;
BEGIN
    -- Any number: one maker of partitions at a time.
    PERFORM pg_advisory_xact_lock(x'0ca0ce01'::bigint);
    SELECT (last_position + 1) / size INTO STRICT current FROM events.counter;
    FOR number IN current .. current + 1 LOOP
        name := format('log_%s', lpad(number::text, 6, '0'));
        CONTINUE WHEN to_regclass(format('events.%I', name)) IS NOT NULL;
        EXECUTE format('CREATE TABLE events.%I (LIKE events.log INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)', name);
        EXECUTE format('ALTER TABLE events.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE events.log ATTACH PARTITION events.%I FOR VALUES FROM (%s) TO (%s)',
                       name, number * size, (number + 1) * size);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION events.make_room() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION events.make_room() TO cauce_events;
SELECT events.make_room();

-- The readers of the log: each has done everything up to its position.
CREATE TABLE events.subscriptions (
    name text PRIMARY KEY,
    position bigint NOT NULL DEFAULT 0 CHECK (position >= 0),
    -- The end of what was begun last. Beyond position after a crash: something in between may have killed the program.
    attempted_position bigint NOT NULL DEFAULT 0,
    -- The server that reads at present, so that several do not do the same work; the position is the fence.
    lease_owner uuid,
    lease_until timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON events.subscriptions TO cauce_events;

-- The hot paths of the readers and of the sequencer are functions: one round trip, and a plan that is kept.

-- Moves READER from one position to another and locks its row until the transaction ends; false when it is no longer
-- there or another server is at it. What commits with it may be lost in a crash of the database, all together.
CREATE FUNCTION events.advance(reader text, was bigint, becomes bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE events.subscriptions SET position = becomes, updated_at = now()
    WHERE name = (SELECT name FROM events.subscriptions WHERE name = reader AND position = was FOR UPDATE SKIP LOCKED);
    RETURN FOUND;
END
$$;

-- Leases READER to SERVER for the work between two positions; false when another server has it or moved it.
CREATE FUNCTION events.begin_work(reader text, was bigint, until bigint, server uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE events.subscriptions
    SET attempted_position = until, lease_owner = server, lease_until = now() + interval '3 seconds'
    WHERE name = (SELECT name FROM events.subscriptions
                  WHERE name = reader AND position = was
                    AND (lease_owner = server OR lease_until IS NULL OR lease_until <= now())
                  FOR UPDATE SKIP LOCKED);
    RETURN FOUND;
END
$$;

-- Moves up to AT_ONCE events from the outbox to the end of the log, unless another server is at it. Answers how many, and
-- the last position. Each statement of a volatile function has its own snapshot: the one that moves is younger than the
-- lock, so it sees all that the leader before did.
CREATE FUNCTION events.sequence(at_once bigint) RETURNS bigint[] LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    before bigint;
    after bigint;
BEGIN
    IF (SELECT seq FROM events.outbox ORDER BY seq LIMIT 1) IS NOT NULL THEN
        SELECT last_position INTO before FROM events.counter FOR UPDATE SKIP LOCKED;
    END IF;
    IF before IS NULL THEN
        RETURN ARRAY[0, (SELECT last_position FROM events.counter)];
    END IF;
    WITH moved AS (
        DELETE FROM events.outbox
        WHERE seq = ANY (ARRAY(SELECT seq FROM events.outbox ORDER BY seq LIMIT at_once)) RETURNING *
    ), logged AS (
        INSERT INTO events.log (position, event_id, tenant_id, type, aggregate_id, aggregate_version, data, user_id,
                                correlation_id, occurred_at)
        SELECT before + row_number() OVER (ORDER BY seq), event_id, tenant_id, type, aggregate_id, aggregate_version,
               data, user_id, correlation_id, occurred_at
        FROM moved RETURNING 1
    )
    UPDATE events.counter SET last_position = before + (SELECT count(*) FROM logged)
    RETURNING last_position INTO after;
    RETURN ARRAY[after - before, after];
END
$$;
REVOKE ALL ON FUNCTION events.advance(text, bigint, bigint), events.begin_work(text, bigint, bigint, uuid),
    events.sequence(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION events.advance(text, bigint, bigint), events.begin_work(text, bigint, bigint, uuid),
    events.sequence(bigint) TO cauce_events;

-- Events that a subscription failed to handle, and later ones of the same record, which wait for them in order.
CREATE TABLE events.retries (
    subscription text NOT NULL,
    position bigint NOT NULL,
    tenant_id uuid NOT NULL,
    aggregate_id uuid NOT NULL,
    -- Counted before each attempt, so that one that kills the program counts.
    attempts integer NOT NULL,
    next_at timestamptz NOT NULL,
    first_error text,
    last_error text,
    PRIMARY KEY (subscription, position)
);
CREATE INDEX retries_by_aggregate ON events.retries (subscription, tenant_id, aggregate_id, position);
GRANT SELECT, INSERT, UPDATE, DELETE ON events.retries TO cauce_events;

-- Events that a subscription gave up on, until an operator retries or skips them.
CREATE TABLE events.dead_letters (
    id uuid PRIMARY KEY,
    subscription text NOT NULL,
    position bigint NOT NULL,
    event_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    aggregate_id uuid NOT NULL,
    type text NOT NULL,
    attempts integer NOT NULL,
    first_error text NOT NULL,
    last_error text NOT NULL,
    parked_at timestamptz NOT NULL,
    resolved_at timestamptz,
    resolution text CHECK (resolution IN ('retried', 'skipped')),
    CHECK ((resolved_at IS NULL) = (resolution IS NULL))
);
CREATE UNIQUE INDEX dead_letters_open ON events.dead_letters (subscription, position) WHERE resolved_at IS NULL;
GRANT SELECT, INSERT, UPDATE ON events.dead_letters TO cauce_events;

-- What each JetStream stream acknowledged last: that message must still be there after NATS comes back.
CREATE TABLE events.nats_state (
    stream text PRIMARY KEY,
    created_at timestamptz NOT NULL,
    -- Every event of this stream up to here was acknowledged.
    log_position bigint NOT NULL,
    -- The highest sequence in the stream that was acknowledged, and the event there.
    stream_sequence bigint NOT NULL,
    event_id uuid,
    updated_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON events.nats_state TO cauce_events;
