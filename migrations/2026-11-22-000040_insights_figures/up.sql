-- The schema and the role of insights; a role is shared by all databases of a cluster.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cauce_insights') THEN
        CREATE ROLE cauce_insights NOLOGIN;
    END IF;
END
$$;
GRANT cauce_module TO cauce_insights;

CREATE SCHEMA insights;
GRANT USAGE ON SCHEMA insights TO cauce_insights;

-- What is known of each lead for its figures: where they stand, and on which days it did what.
CREATE TABLE insights.leads (
    tenant_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    source text,
    campaign text,
    owner_id uuid,
    created_on date NOT NULL,
    qualified_on date,
    converted_on date,
    -- Not while it is part of another lead.
    counted boolean NOT NULL,
    PRIMARY KEY (tenant_id, lead_id)
);
SELECT platform.tenant_table('insights.leads', 'cauce_insights');

CREATE TABLE insights.customers (
    tenant_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    source text,
    campaign text,
    owner_id uuid,
    PRIMARY KEY (tenant_id, customer_id)
);
SELECT platform.tenant_table('insights.customers', 'cauce_insights');

CREATE TABLE insights.quotations (
    tenant_id uuid NOT NULL,
    quotation_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    owner_id uuid,
    sent_on date,
    PRIMARY KEY (tenant_id, quotation_id)
);
SELECT platform.tenant_table('insights.quotations', 'cauce_insights');

-- Issued invoices. Amounts are in minor units of the currency.
CREATE TABLE insights.invoices (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    owner_id uuid,
    currency text NOT NULL,
    -- What it counts for: its total, less what was credited.
    revenue bigint NOT NULL,
    overdue_on date,
    overdue bigint NOT NULL CHECK (overdue >= 0 AND (overdue = 0 OR overdue_on IS NOT NULL)),
    PRIMARY KEY (tenant_id, invoice_id)
);
SELECT platform.tenant_table('insights.invoices', 'cauce_insights');

-- Sums of a day under one key of a dimension, of one owner. The owner 0000… stands for everybody; what is nobody's is under the
-- key ffff… of owners. The source and the currency of what has none are empty. There are no rows for what has no campaign, nor for
-- an owner among their own: both are what is left.
CREATE TABLE insights.figures (
    tenant_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    dimension text NOT NULL CHECK (dimension IN ('source', 'campaign', 'owner')),
    day date NOT NULL,
    key text NOT NULL,
    currency text NOT NULL,
    leads bigint NOT NULL,
    qualified bigint NOT NULL,
    converted bigint NOT NULL,
    quotations bigint NOT NULL,
    accepted bigint NOT NULL,
    quoted bigint NOT NULL,
    sold bigint NOT NULL,
    revenue bigint NOT NULL,
    collected bigint NOT NULL,
    overdue bigint NOT NULL,
    PRIMARY KEY (tenant_id, owner_id, dimension, day, key, currency)
);
SELECT platform.tenant_table('insights.figures', 'cauce_insights');

-- Adds to the figures of a day, in the order of the columns, wherever they are summed, for everybody and for the owner. It runs at
-- each event, so it is one statement whose plan is kept.
CREATE FUNCTION insights.add_figures(
    tenant uuid, on_day date, owner uuid, by_source text, by_campaign text, in_currency text,
    figures bigint[]
) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    everybody constant uuid := '00000000-0000-0000-0000-000000000000';
    nobody constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
BEGIN
    INSERT INTO insights.figures AS known
    SELECT tenant, place.owner_id, place.dimension, on_day, place.key, in_currency,
           figures[1], figures[2], figures[3], figures[4], figures[5],
           figures[6], figures[7], figures[8], figures[9], figures[10]
    FROM (VALUES
        (everybody, 'source', by_source),
        (everybody, 'campaign', by_campaign),
        (everybody, 'owner', coalesce(owner, nobody)::text),
        (owner, 'source', by_source),
        (owner, 'campaign', by_campaign)
    ) AS place (owner_id, dimension, key)
    WHERE place.owner_id IS NOT NULL AND (place.dimension <> 'campaign' OR place.key <> '')
    ON CONFLICT (tenant_id, owner_id, dimension, day, key, currency) DO UPDATE SET
        leads = known.leads + excluded.leads,
        qualified = known.qualified + excluded.qualified,
        converted = known.converted + excluded.converted,
        quotations = known.quotations + excluded.quotations,
        accepted = known.accepted + excluded.accepted,
        quoted = known.quoted + excluded.quoted,
        sold = known.sold + excluded.sold,
        revenue = known.revenue + excluded.revenue,
        collected = known.collected + excluded.collected,
        overdue = known.overdue + excluded.overdue;
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION insights.add_figures FROM PUBLIC;
GRANT EXECUTE ON FUNCTION insights.add_figures TO cauce_insights;
