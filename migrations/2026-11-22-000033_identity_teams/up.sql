CREATE TABLE identity.teams (
    tenant_id uuid NOT NULL REFERENCES identity.tenants (tenant_id),
    id uuid NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT teams_name UNIQUE (tenant_id, name)
);
SELECT platform.tenant_table('identity.teams', 'cauce_identity');

CREATE TABLE identity.team_members (
    tenant_id uuid NOT NULL,
    team_id uuid NOT NULL,
    user_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, team_id, user_id),
    FOREIGN KEY (tenant_id, team_id) REFERENCES identity.teams (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, user_id) REFERENCES identity.users (tenant_id, id)
);
CREATE INDEX team_members_by_user ON identity.team_members (tenant_id, user_id);
SELECT platform.tenant_table('identity.team_members', 'cauce_identity');

-- Whose records a role sees, where it is not everybody's: {"SALES": "team"}.
ALTER TABLE identity.tenants
    ADD COLUMN visibility jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(visibility) = 'object');
