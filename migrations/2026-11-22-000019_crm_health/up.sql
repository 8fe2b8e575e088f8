-- Why each customer's health is what it is, and when that was last looked at; the score itself is in crm.customers, for lists.
CREATE TABLE crm.health (
    tenant_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    reasons jsonb NOT NULL,
    checked_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, customer_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES crm.customers (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX health_by_check ON crm.health (tenant_id, checked_at, customer_id);
SELECT platform.tenant_table('crm.health', 'cauce_crm');

-- Every score that differed from the one before.
CREATE TABLE crm.health_history (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    score integer NOT NULL CHECK (score BETWEEN 0 AND 100),
    reasons jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES crm.customers (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX health_history_by_customer ON crm.health_history (tenant_id, customer_id, id);
SELECT platform.tenant_table('crm.health_history', 'cauce_crm');
