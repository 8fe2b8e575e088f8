-- What a company does with each new customer, step by step.
CREATE TABLE crm.onboarding_templates (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    steps jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX onboarding_templates_by_name ON crm.onboarding_templates (tenant_id, name);
SELECT platform.tenant_table('crm.onboarding_templates', 'cauce_crm');

-- A template as it was when it began for a customer; later changes of the template leave it as it is.
CREATE TABLE crm.onboardings (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    -- No foreign key: the template may go, and the checklist stays.
    template_id uuid NOT NULL,
    name text NOT NULL,
    started_at timestamptz NOT NULL,
    completed_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES crm.customers (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX onboardings_by_customer ON crm.onboardings (tenant_id, customer_id, id);
-- One checklist of a template is open at a time.
CREATE UNIQUE INDEX onboardings_open ON crm.onboardings (tenant_id, customer_id, template_id) WHERE completed_at IS NULL;
SELECT platform.tenant_table('crm.onboardings', 'cauce_crm');

CREATE TABLE crm.onboarding_steps (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    onboarding_id uuid NOT NULL,
    number integer NOT NULL,
    title text NOT NULL,
    description text,
    due_at timestamptz,
    done_at timestamptz,
    done_by uuid,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, onboarding_id, number),
    FOREIGN KEY (tenant_id, onboarding_id) REFERENCES crm.onboardings (tenant_id, id) ON DELETE CASCADE
);
SELECT platform.tenant_table('crm.onboarding_steps', 'cauce_crm');
