-- Who gets a new lead that nobody was named for: the first rule that fits, by position.
CREATE TABLE leads.assignment_rules (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    position integer NOT NULL,
    method text NOT NULL CHECK (method IN ('round_robin', 'least_loaded')),
    -- An empty list fits every lead.
    sources text[] NOT NULL,
    industries text[] NOT NULL,
    regions text[] NOT NULL,
    user_ids uuid[] NOT NULL,
    -- How many leads it gave; whose turn it is.
    turn bigint NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
SELECT platform.tenant_table('leads.assignment_rules', 'cauce_leads');
