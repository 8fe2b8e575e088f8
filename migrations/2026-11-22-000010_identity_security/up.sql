-- By which people know their own sessions.
ALTER TABLE identity.sessions
    ADD COLUMN user_agent text,
    ADD COLUMN ip text,
    ADD COLUMN last_used_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE identity.sessions ALTER COLUMN last_used_at DROP DEFAULT;

-- The second factor of a user: codes that change every thirty seconds.
CREATE TABLE identity.second_factors (
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    -- Sealed under the server's secret, bound to tenant and user.
    seed bytea NOT NULL,
    -- Null until the first code was given: until then nothing asks for one.
    confirmed_at timestamptz,
    -- The newest time step of which a code was taken; codes of it and before are spent.
    last_step bigint NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, user_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES identity.users (tenant_id, id)
);
SELECT platform.tenant_table('identity.second_factors', 'cauce_identity');

-- For whoever lost their device: each good once.
CREATE TABLE identity.recovery_codes (
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    code_hash bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (tenant_id, user_id, code_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES identity.second_factors (tenant_id, user_id) ON DELETE CASCADE
);
SELECT platform.tenant_table('identity.recovery_codes', 'cauce_identity');

CREATE TABLE identity.password_resets (
    tenant_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    -- It stays after it was used, so that a repeated request under an idempotency key finds its answer.
    used_at timestamptz,
    PRIMARY KEY (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES identity.users (tenant_id, id)
);
CREATE INDEX password_resets_by_hash ON identity.password_resets (token_hash);
CREATE INDEX password_resets_by_user ON identity.password_resets (tenant_id, user_id);
SELECT platform.tenant_table('identity.password_resets', 'cauce_identity');

-- Letters on their way.
CREATE TABLE identity.mails (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    -- To whom and what, sealed under the server's secret, as it holds tokens; null once it is over.
    content bytea,
    status text NOT NULL CHECK (status IN ('waiting', 'sent', 'failed')),
    -- Counted when it is taken.
    attempts integer NOT NULL,
    -- When it may be taken; whoever takes it moves this behind the time that sending may last.
    next_at timestamptz NOT NULL,
    -- From then on nobody has any use for it.
    expires_at timestamptz NOT NULL,
    last_error text,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    CHECK ((status = 'waiting') = (finished_at IS NULL)),
    CHECK ((status = 'waiting') = (content IS NOT NULL))
);
CREATE INDEX mails_due ON identity.mails (next_at) WHERE status = 'waiting';
CREATE INDEX mails_by_age ON identity.mails (tenant_id, finished_at);
SELECT platform.tenant_table('identity.mails', 'cauce_identity');

-- What is guessed at, before anybody is known and whether there is such an account or not: the hash of an account, of an
-- account at a place from where it signed in before, or of a place.
CREATE TABLE identity.guesses (
    key bytea PRIMARY KEY,
    -- Wrong guesses since the last right one.
    failures integer NOT NULL,
    not_before timestamptz NOT NULL,
    -- Of an account at a place: until when guesses from there are counted apart from everybody else's.
    familiar_until timestamptz,
    forget_at timestamptz NOT NULL
);
CREATE INDEX guesses_by_age ON identity.guesses (forget_at);

-- Who forgot their password, as they say: addresses of accounts and of nobody alike, so that asking tells nothing.
CREATE TABLE identity.reset_requests (
    email_key text PRIMARY KEY,
    requested_at timestamptz NOT NULL,
    handled_at timestamptz
);
CREATE INDEX reset_requests_open ON identity.reset_requests (requested_at) WHERE handled_at IS NULL;

GRANT SELECT (tenant_id, user_id, token_hash) ON identity.password_resets TO cauce_lookup;
GRANT SELECT (tenant_id, id, status, next_at) ON identity.mails TO cauce_lookup;
CREATE POLICY lookup ON identity.password_resets AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
CREATE POLICY lookup ON identity.mails AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON identity.guesses, identity.reset_requests TO cauce_lookup;

-- Counts a guess before it is made: at the account, or at the account at its place where that is familiar. The first FREE in a
-- row cost nothing, each one more a wait twice as long as the last. Answers what was counted, or until when none is taken.
CREATE FUNCTION identity.count_guess(account bytea, at_place bytea, free integer, at_time timestamptz)
RETURNS TABLE (counted bytea, wait_until timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    wanted bytea := account;
    taken boolean;
BEGIN
    DELETE FROM identity.guesses g WHERE g.key IN (
        SELECT old.key FROM identity.guesses old WHERE old.forget_at < at_time
        ORDER BY old.forget_at LIMIT 20 FOR UPDATE SKIP LOCKED);
    IF EXISTS (SELECT FROM identity.guesses g WHERE g.key = at_place AND g.familiar_until > at_time) THEN
        wanted := at_place;
    END IF;
    INSERT INTO identity.guesses AS g (key, failures, not_before, forget_at)
    VALUES (wanted, 1, at_time, at_time + interval '1 day')
    ON CONFLICT (key) DO UPDATE SET
        -- A day without a guess forgives.
        failures = CASE WHEN g.not_before < at_time - interval '1 day' THEN 1 ELSE g.failures + 1 END,
        not_before = at_time + CASE
            WHEN g.failures + 1 < free OR g.not_before < at_time - interval '1 day' THEN interval '0'
            ELSE least(interval '1 second' * power(2, least(g.failures + 1 - free, 20)), interval '15 minutes')
        END,
        forget_at = greatest(g.forget_at, at_time + interval '1 day')
    WHERE g.not_before <= at_time;
    taken := FOUND;
    RETURN QUERY
        SELECT wanted, CASE WHEN taken THEN NULL ELSE g.not_before END FROM identity.guesses g WHERE g.key = wanted;
END
$$;

-- What became of a guess that was counted: right ones forgive those before, one that was none is taken back. From a place that
-- proved FAMILIAR, guesses are counted apart for a quarter of a year.
CREATE FUNCTION identity.settle_guess(counted bytea, was_right boolean, familiar bytea, at_time timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE identity.guesses g
    SET failures = CASE WHEN was_right THEN 0 ELSE greatest(g.failures - 1, 0) END, not_before = at_time
    WHERE g.key = counted;
    INSERT INTO identity.guesses (key, failures, not_before, familiar_until, forget_at)
    SELECT familiar, 0, at_time, at_time + interval '90 days', at_time + interval '91 days' WHERE familiar IS NOT NULL
    ON CONFLICT (key) DO UPDATE
    SET familiar_until = excluded.familiar_until, forget_at = excluded.forget_at
$$;

CREATE FUNCTION identity.find_password_reset(wanted_hash bytea)
RETURNS TABLE (tenant_id uuid, user_id uuid, item_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.tenant_id, r.user_id, r.user_id FROM identity.password_resets r WHERE r.token_hash = wanted_hash
$$;

-- Notes that somebody forgot their password; once in two minutes for an address.
CREATE FUNCTION identity.request_password_reset(wanted_email text, at_time timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM identity.reset_requests r WHERE r.email_key IN (
        SELECT old.email_key FROM identity.reset_requests old WHERE old.requested_at < at_time - interval '1 day'
        LIMIT 20 FOR UPDATE SKIP LOCKED);
    INSERT INTO identity.reset_requests AS r (email_key, requested_at) VALUES (wanted_email, at_time)
    ON CONFLICT (email_key) DO UPDATE SET requested_at = at_time, handled_at = NULL
    WHERE r.handled_at IS NOT NULL AND r.requested_at < at_time - interval '2 minutes';
END
$$;

-- Addresses whose request was not looked at yet.
CREATE FUNCTION identity.open_reset_requests() RETURNS TABLE (email_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.email_key FROM identity.reset_requests r WHERE r.handled_at IS NULL ORDER BY r.requested_at LIMIT 20
$$;

CREATE FUNCTION identity.close_reset_request(wanted_email text, at_time timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE identity.reset_requests r SET handled_at = at_time WHERE r.email_key = wanted_email
$$;

-- Letters to send at MOMENT, of any tenant; identifiers only.
CREATE FUNCTION identity.mails_due(moment timestamptz, at_most bigint) RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.tenant_id, m.id FROM identity.mails m
    WHERE m.status = 'waiting' AND m.next_at <= moment ORDER BY m.next_at LIMIT at_most
$$;

-- A function's new owner needs CREATE on its schema at that moment, and only then.
GRANT CREATE ON SCHEMA identity TO cauce_lookup;
DO $$
DECLARE
    lookup regprocedure;
BEGIN
    FOR lookup IN
        SELECT p.oid FROM pg_proc p
        WHERE p.pronamespace = 'identity'::regnamespace AND p.prosecdef AND p.proowner <> 'cauce_lookup'::regrole
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', lookup);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO cauce_identity', lookup);
        EXECUTE format('ALTER FUNCTION %s OWNER TO cauce_lookup', lookup);
    END LOOP;
END
$$;
REVOKE CREATE ON SCHEMA identity FROM cauce_lookup;
