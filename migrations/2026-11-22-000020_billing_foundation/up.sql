-- The schema and the role of billing; a role is shared by all databases of a cluster.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cauce_billing') THEN
        CREATE ROLE cauce_billing NOLOGIN;
    END IF;
END
$$;
GRANT cauce_module TO cauce_billing;

CREATE SCHEMA billing;
GRANT USAGE ON SCHEMA billing TO cauce_billing, cauce_lookup;
