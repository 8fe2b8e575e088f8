DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cauce_webhooks') THEN
        CREATE ROLE cauce_webhooks NOLOGIN;
    END IF;
END
$$;
GRANT cauce_module TO cauce_webhooks;

CREATE SCHEMA webhooks;
GRANT USAGE ON SCHEMA webhooks TO cauce_webhooks, cauce_lookup;

-- Where a tenant wants its events sent.
CREATE TABLE webhooks.endpoints (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    url text NOT NULL,
    description text,
    -- Lead.Created, Lead.* or *.
    event_types text[] NOT NULL,
    -- Why nothing is sent; null while it is.
    disabled_reason text CHECK (disabled_reason IN ('by_user', 'failing', 'gone')),
    -- Sealed under the server's secret; empty once it is deleted. After a rotation both sign for a while.
    secret bytea NOT NULL,
    previous_secret bytea,
    previous_secret_until timestamptz,
    -- The first failure since the last success.
    failing_since timestamptz,
    -- A replay goes on behind the first position of the log, up to the second.
    replay_after bigint,
    replay_until bigint,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- Since when nobody sees it and nothing is sent to it; what is left of it is forgotten little by little.
    deleted_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    CHECK (deleted_at IS NULL OR (secret = '' AND previous_secret IS NULL AND replay_until IS NULL)),
    CHECK ((replay_after IS NULL) = (replay_until IS NULL)),
    CHECK ((previous_secret IS NULL) = (previous_secret_until IS NULL))
);
SELECT platform.tenant_table('webhooks.endpoints', 'cauce_webhooks');

-- One event for one endpoint.
CREATE TABLE webhooks.deliveries (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    event_id uuid NOT NULL,
    event_type text NOT NULL,
    -- The event's place in the log; null for a test ping, which is in no log.
    position bigint,
    status text NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
    -- Counted when it is taken, so that an attempt that kills the program counts; sending again begins at 0.
    attempts integer NOT NULL,
    -- When it may be taken; whoever takes it moves this behind the time that an attempt may last.
    next_at timestamptz NOT NULL,
    -- Who took it: only they may say how it went.
    claim uuid,
    last_status integer,
    last_error text,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, endpoint_id, event_id),
    FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhooks.endpoints (tenant_id, id) ON DELETE CASCADE,
    CHECK ((status = 'pending') = (finished_at IS NULL))
);
CREATE INDEX deliveries_due ON webhooks.deliveries (tenant_id, endpoint_id, next_at, id) WHERE status = 'pending';
CREATE INDEX deliveries_by_endpoint ON webhooks.deliveries (tenant_id, endpoint_id, id);
CREATE INDEX deliveries_by_age ON webhooks.deliveries (finished_at, tenant_id) WHERE finished_at IS NOT NULL;
SELECT platform.tenant_table('webhooks.deliveries', 'cauce_webhooks');

-- Each time that a delivery was tried.
CREATE TABLE webhooks.attempts (
    tenant_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    number integer NOT NULL,
    at timestamptz NOT NULL,
    duration_ms integer NOT NULL,
    -- What the receiver answered, or else why there was no answer.
    response_status integer,
    error text,
    PRIMARY KEY (tenant_id, delivery_id, number),
    FOREIGN KEY (tenant_id, delivery_id) REFERENCES webhooks.deliveries (tenant_id, id) ON DELETE CASCADE
);
SELECT platform.tenant_table('webhooks.attempts', 'cauce_webhooks');

-- Up to AT_MOST deliveries to try at MOMENT, the longest waiting first: of an endpoint as many as PLACES says for it among
-- ENDPOINTS, or else OF_ENDPOINT, and of a tenant as many as ROOMS says for it among TENANTS, or else OF_TENANT. So one with
-- many does not crowd the others out, whether they go to one endpoint or to several. Identifiers only.
CREATE FUNCTION webhooks.due(
    moment timestamptz, endpoints uuid[], places bigint[], of_endpoint bigint,
    tenants uuid[], rooms bigint[], of_tenant bigint, at_most bigint)
RETURNS TABLE (tenant_id uuid, endpoint_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT queued.tenant_id, queued.endpoint_id, queued.id FROM (
        SELECT e.tenant_id, e.id AS endpoint_id, d.id, d.next_at, e.room,
               row_number() OVER (PARTITION BY e.tenant_id ORDER BY d.next_at, d.id) AS turn
        FROM (
            SELECT listed.tenant_id, listed.id,
                   coalesce(of_one.places, of_endpoint) AS places, coalesce(of_all.room, of_tenant) AS room
            FROM webhooks.endpoints listed
            LEFT JOIN unnest(endpoints, places) AS of_one (id, places) ON of_one.id = listed.id
            LEFT JOIN unnest(tenants, rooms) AS of_all (tenant_id, room) ON of_all.tenant_id = listed.tenant_id
            WHERE listed.disabled_reason IS NULL AND listed.deleted_at IS NULL
        ) e CROSS JOIN LATERAL (
            SELECT waiting.id, waiting.next_at FROM webhooks.deliveries waiting
            WHERE waiting.tenant_id = e.tenant_id AND waiting.endpoint_id = e.id AND waiting.status = 'pending'
              AND waiting.next_at <= moment
            ORDER BY waiting.next_at, waiting.id LIMIT least(e.places, e.room)
        ) d
    ) queued
    WHERE queued.turn <= queued.room
    ORDER BY queued.next_at, queued.id LIMIT at_most
$$;

-- Which of TENANTS have an endpoint that is sent anything.
CREATE FUNCTION webhooks.with_endpoints(tenants uuid[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT DISTINCT e.tenant_id FROM webhooks.endpoints e
                 WHERE e.tenant_id = ANY (tenants) AND e.disabled_reason IS NULL AND e.deleted_at IS NULL);
END
$$;

-- Endpoints with a replay under way, drawn by lot when there are many: none is passed over for long, whichever of them fail.
-- Identifiers only.
CREATE FUNCTION webhooks.replays() RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.tenant_id, e.id FROM webhooks.endpoints e WHERE e.replay_until IS NOT NULL AND e.deleted_at IS NULL
    ORDER BY random() LIMIT 20
$$;

-- A deleted endpoint, drawn by lot likewise; the caller forgets it little by little as its tenant.
CREATE FUNCTION webhooks.deleted_endpoint() RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.tenant_id, e.id FROM webhooks.endpoints e WHERE e.deleted_at IS NOT NULL ORDER BY random() LIMIT 1
$$;

-- A tenant with deliveries that ended before MOMENT; the caller forgets them as that tenant.
CREATE FUNCTION webhooks.tenant_with_deliveries_before(moment timestamptz) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT d.tenant_id FROM webhooks.deliveries d WHERE d.finished_at < moment ORDER BY d.finished_at LIMIT 1
$$;

CREATE POLICY lookup ON webhooks.endpoints AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
CREATE POLICY lookup ON webhooks.deliveries AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, id, disabled_reason, replay_until, deleted_at) ON webhooks.endpoints TO cauce_lookup;
GRANT SELECT (tenant_id, endpoint_id, id, status, next_at, finished_at) ON webhooks.deliveries TO cauce_lookup;
REVOKE ALL ON FUNCTION webhooks.with_endpoints(uuid[]), webhooks.replays(), webhooks.deleted_endpoint(),
    webhooks.due(timestamptz, uuid[], bigint[], bigint, uuid[], bigint[], bigint, bigint),
    webhooks.tenant_with_deliveries_before(timestamptz) FROM PUBLIC;
GRANT CREATE ON SCHEMA webhooks TO cauce_lookup;
ALTER FUNCTION webhooks.with_endpoints(uuid[]) OWNER TO cauce_lookup;
ALTER FUNCTION webhooks.due(timestamptz, uuid[], bigint[], bigint, uuid[], bigint[], bigint, bigint) OWNER TO cauce_lookup;
ALTER FUNCTION webhooks.replays() OWNER TO cauce_lookup;
ALTER FUNCTION webhooks.deleted_endpoint() OWNER TO cauce_lookup;
ALTER FUNCTION webhooks.tenant_with_deliveries_before(timestamptz) OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA webhooks FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION webhooks.with_endpoints(uuid[]), webhooks.replays(), webhooks.deleted_endpoint(),
    webhooks.due(timestamptz, uuid[], bigint[], bigint, uuid[], bigint[], bigint, bigint),
    webhooks.tenant_with_deliveries_before(timestamptz) TO cauce_webhooks;
