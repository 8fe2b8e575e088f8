CREATE TABLE crm.tasks (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    version integer NOT NULL,
    title text NOT NULL,
    notes text,
    due_at timestamptz,
    assignee_id uuid,
    done_at timestamptz,
    done_by uuid,
    -- When it was told that it is due.
    due_raised_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES crm.customers (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX tasks_by_customer ON crm.tasks (tenant_id, customer_id, id);
CREATE INDEX tasks_by_due ON crm.tasks (tenant_id, due_at, id) WHERE done_at IS NULL AND due_at IS NOT NULL;
CREATE INDEX tasks_by_assignee ON crm.tasks (tenant_id, assignee_id, due_at, id) WHERE done_at IS NULL AND due_at IS NOT NULL;
SELECT platform.tenant_table('crm.tasks', 'cauce_crm');
