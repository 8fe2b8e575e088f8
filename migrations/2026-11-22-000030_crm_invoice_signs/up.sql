-- What payments tell of a customer: each invoice that was issued, whether it was told to be overdue, and when nothing of it was owed any
-- more. Only what billing's events say; amounts are billing's.
CREATE TABLE crm.invoice_signs (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    due_on date NOT NULL,
    was_overdue boolean NOT NULL,
    settled_at timestamptz,
    PRIMARY KEY (tenant_id, invoice_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES crm.customers (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX invoice_signs_by_customer ON crm.invoice_signs (tenant_id, customer_id, settled_at, invoice_id);
SELECT platform.tenant_table('crm.invoice_signs', 'cauce_crm');
