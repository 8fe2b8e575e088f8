-- What a customer pays again and again.
CREATE TABLE billing.subscriptions (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    customer_id uuid NOT NULL,
    name text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'past_due', 'paused', 'cancelled')),
    currency text NOT NULL,
    -- {"lines", "discount", "notes"}: what each whole period costs.
    content jsonb NOT NULL,
    net_minor bigint NOT NULL CHECK (net_minor >= 0),
    period text NOT NULL CHECK (period IN ('week', 'month', 'quarter', 'year')),
    -- The first day, and the first day of the first whole period.
    starts_on date NOT NULL,
    anchor_on date NOT NULL,
    -- Which period is billed next, counted from 0, and when; null while nothing is billed.
    next_period integer NOT NULL CHECK (next_period >= 0),
    next_at timestamptz,
    payment_terms_days integer NOT NULL CHECK (payment_terms_days BETWEEN 0 AND 365),
    ends_with_period boolean NOT NULL,
    cancelled_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CHECK (starts_on <= anchor_on),
    CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL)),
    CHECK ((status IN ('active', 'past_due')) = (next_at IS NOT NULL))
);
CREATE INDEX subscriptions_by_creation ON billing.subscriptions (tenant_id, created_at, id);
CREATE INDEX subscriptions_by_customer ON billing.subscriptions (tenant_id, customer_id, created_at, id);
CREATE INDEX subscriptions_due ON billing.subscriptions (next_at, tenant_id, id) WHERE next_at IS NOT NULL;
SELECT platform.tenant_table('billing.subscriptions', 'cauce_billing');

-- The periods that were billed, each once.
CREATE TABLE billing.subscription_periods (
    tenant_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    starts_on date NOT NULL,
    -- Excluded.
    ends_on date NOT NULL,
    invoice_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, subscription_id, starts_on),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES billing.subscriptions (tenant_id, id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoices (tenant_id, id),
    CHECK (starts_on < ends_on)
);
CREATE INDEX subscription_periods_by_invoice ON billing.subscription_periods (tenant_id, invoice_id);
SELECT platform.tenant_table('billing.subscription_periods', 'cauce_billing');

-- Up to AT_MOST subscriptions to bill at MOMENT. Identifiers only.
CREATE FUNCTION billing.subscriptions_to_bill(moment timestamptz, at_most bigint) RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.tenant_id, s.id FROM billing.subscriptions s WHERE s.next_at <= moment ORDER BY s.next_at LIMIT at_most
$$;
CREATE POLICY lookup ON billing.subscriptions AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, id, next_at) ON billing.subscriptions TO cauce_lookup;
REVOKE ALL ON FUNCTION billing.subscriptions_to_bill(timestamptz, bigint) FROM PUBLIC;
GRANT CREATE ON SCHEMA billing TO cauce_lookup;
ALTER FUNCTION billing.subscriptions_to_bill(timestamptz, bigint) OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA billing FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION billing.subscriptions_to_bill(timestamptz, bigint) TO cauce_billing;
