CREATE TABLE billing.payments (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    customer_id uuid NOT NULL,
    method text NOT NULL CHECK (method IN ('cash', 'transfer', 'card', 'stripe', 'paypal')),
    currency text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    -- What of it pays invoices, and what was given back or is on its way back; the rest is the customer's credit.
    allocated_minor bigint NOT NULL CHECK (allocated_minor >= 0),
    refunded_minor bigint NOT NULL CHECK (refunded_minor >= 0),
    -- What the bank or the terminal calls it.
    reference text,
    notes text,
    -- What the provider calls it.
    provider_payment_id text,
    received_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT payments_provider UNIQUE (tenant_id, method, provider_payment_id),
    CONSTRAINT payments_not_spent_twice CHECK (allocated_minor + refunded_minor <= amount_minor),
    CHECK ((method IN ('stripe', 'paypal')) = (provider_payment_id IS NOT NULL))
);
CREATE INDEX payments_by_creation ON billing.payments (tenant_id, created_at, id);
CREATE INDEX payments_by_customer ON billing.payments (tenant_id, customer_id, created_at, id);
SELECT platform.tenant_table('billing.payments', 'cauce_billing');

-- What of a payment pays which invoice.
CREATE TABLE billing.allocations (
    tenant_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, payment_id, invoice_id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES billing.payments (tenant_id, id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoices (tenant_id, id)
);
CREATE INDEX allocations_by_invoice ON billing.allocations (tenant_id, invoice_id, payment_id);
SELECT platform.tenant_table('billing.allocations', 'cauce_billing');

CREATE TABLE billing.refunds (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    -- Pending until the provider took it.
    status text NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    reason text,
    provider_refund_id text,
    -- Counted when the provider is asked, so that an attempt that kills the program counts.
    attempts integer NOT NULL,
    next_at timestamptz,
    failure text,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES billing.payments (tenant_id, id),
    CHECK ((status = 'pending') = (finished_at IS NULL)),
    CHECK ((status = 'pending') = (next_at IS NOT NULL))
);
CREATE INDEX refunds_by_payment ON billing.refunds (tenant_id, payment_id, id);
CREATE INDEX refunds_due ON billing.refunds (next_at, tenant_id, id) WHERE next_at IS NOT NULL;
SELECT platform.tenant_table('billing.refunds', 'cauce_billing');
