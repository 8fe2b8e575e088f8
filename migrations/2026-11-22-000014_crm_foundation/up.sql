-- The schema and the role of crm; a role is shared by all databases of a cluster.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cauce_crm') THEN
        CREATE ROLE cauce_crm NOLOGIN;
    END IF;
END
$$;
GRANT cauce_module TO cauce_crm;

CREATE SCHEMA crm;
GRANT USAGE ON SCHEMA crm TO cauce_crm, cauce_lookup;
