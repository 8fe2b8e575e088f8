CREATE TABLE crm.contracts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    version integer NOT NULL,
    title text NOT NULL,
    status text NOT NULL CHECK (status IN ('draft', 'active', 'ended', 'cancelled', 'renewed')),
    -- What is paid in each period, and what that makes in a year; nothing recurs of what is paid once.
    value_minor bigint NOT NULL CHECK (value_minor >= 0),
    arr_minor bigint NOT NULL CHECK (arr_minor >= 0),
    currency text NOT NULL,
    billing_period text NOT NULL CHECK (billing_period IN ('once', 'month', 'quarter', 'year')),
    starts_on date NOT NULL,
    ends_on date,
    renews_on date,
    notes text,
    closing_reason text,
    -- The contract in whose place it is.
    previous_id uuid,
    activated_at timestamptz,
    renewal_raised_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES crm.customers (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, previous_id) REFERENCES crm.contracts (tenant_id, id),
    CHECK (ends_on >= starts_on),
    CHECK (renews_on >= starts_on),
    CHECK (billing_period <> 'once' OR arr_minor = 0)
);
CREATE INDEX contracts_by_customer ON crm.contracts (tenant_id, customer_id, id);
CREATE INDEX contracts_by_renewal ON crm.contracts (tenant_id, renews_on, id) WHERE status = 'active' AND renews_on IS NOT NULL;
CREATE INDEX contracts_by_end ON crm.contracts (tenant_id, ends_on, id) WHERE status = 'active' AND ends_on IS NOT NULL;
-- A contract is renewed once.
CREATE UNIQUE INDEX contracts_by_previous ON crm.contracts (tenant_id, previous_id) WHERE previous_id IS NOT NULL;
SELECT platform.tenant_table('crm.contracts', 'cauce_crm');
