-- A company's account with a payment provider.
CREATE TABLE billing.payment_accounts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    provider text NOT NULL CHECK (provider IN ('stripe', 'paypal')),
    -- Sealed under the server's secret.
    credentials bytea NOT NULL,
    -- The last characters of the key, to know it by.
    hint text NOT NULL,
    -- The page that customers come back to.
    return_url text NOT NULL,
    -- Random: whoever calls us under it speaks of this account. What they say is believed for its signature only.
    webhook_token text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT payment_accounts_provider UNIQUE (tenant_id, provider)
);
CREATE INDEX payment_accounts_by_token ON billing.payment_accounts (webhook_token);
SELECT platform.tenant_table('billing.payment_accounts', 'cauce_billing');

-- A page of the provider where a customer pays an invoice.
CREATE TABLE billing.checkouts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    provider text NOT NULL CHECK (provider IN ('stripe', 'paypal')),
    status text NOT NULL CHECK (status IN ('making', 'open', 'paid', 'ended', 'failed')),
    currency text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    -- What the provider calls it, and its page.
    external_id text,
    url text,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT checkouts_external UNIQUE (tenant_id, provider, external_id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoices (tenant_id, id),
    CHECK (status NOT IN ('open', 'paid') OR (external_id IS NOT NULL AND url IS NOT NULL))
);
-- One page at a time for an invoice and a provider, whoever asks for it at once.
CREATE UNIQUE INDEX checkouts_under_way ON billing.checkouts (tenant_id, invoice_id, provider)
    WHERE status IN ('making', 'open');
SELECT platform.tenant_table('billing.checkouts', 'cauce_billing');

-- What providers told us, verified, each once; written before anything is done about it.
CREATE TABLE billing.provider_events (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    provider text NOT NULL CHECK (provider IN ('stripe', 'paypal')),
    event_id text NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    status text NOT NULL CHECK (status IN ('waiting', 'handled', 'ignored', 'refused')),
    -- Why it was refused or tried again.
    note text,
    attempts integer NOT NULL,
    next_at timestamptz,
    received_at timestamptz NOT NULL,
    handled_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT provider_events_once UNIQUE (tenant_id, provider, event_id),
    CHECK ((status = 'waiting') = (next_at IS NOT NULL))
);
CREATE INDEX provider_events_due ON billing.provider_events (next_at, tenant_id, id) WHERE next_at IS NOT NULL;
CREATE INDEX provider_events_by_age ON billing.provider_events (tenant_id, received_at, id);
SELECT platform.tenant_table('billing.provider_events', 'cauce_billing');

-- Whose account is called under a token; up to AT_MOST events and refunds to go on with at MOMENT. Identifiers only.
CREATE FUNCTION billing.find_payment_account(wanted text) RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.tenant_id, a.id FROM billing.payment_accounts a WHERE a.webhook_token = wanted
$$;
CREATE FUNCTION billing.provider_work(moment timestamptz, at_most bigint)
RETURNS TABLE (tenant_id uuid, id uuid, is_refund boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    (SELECT e.tenant_id, e.id, false FROM billing.provider_events e WHERE e.next_at <= moment ORDER BY e.next_at LIMIT at_most)
    UNION ALL
    (SELECT r.tenant_id, r.id, true FROM billing.refunds r WHERE r.next_at <= moment ORDER BY r.next_at LIMIT at_most)
$$;
CREATE POLICY lookup ON billing.payment_accounts AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
CREATE POLICY lookup ON billing.provider_events AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
CREATE POLICY lookup ON billing.refunds AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, id, webhook_token) ON billing.payment_accounts TO cauce_lookup;
GRANT SELECT (tenant_id, id, next_at) ON billing.provider_events TO cauce_lookup;
GRANT SELECT (tenant_id, id, next_at) ON billing.refunds TO cauce_lookup;
REVOKE ALL ON FUNCTION billing.find_payment_account(text), billing.provider_work(timestamptz, bigint) FROM PUBLIC;
GRANT CREATE ON SCHEMA billing TO cauce_lookup;
ALTER FUNCTION billing.find_payment_account(text) OWNER TO cauce_lookup;
ALTER FUNCTION billing.provider_work(timestamptz, bigint) OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA billing FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION billing.find_payment_account(text), billing.provider_work(timestamptz, bigint) TO cauce_billing;
