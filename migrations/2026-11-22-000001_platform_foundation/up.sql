-- Roles are shared by all databases of a cluster, so each is made only where it is missing.
-- cauce_module: what every module role has in common; the tenant policy binds it.
-- cauce_lookup: owns the few functions that look across tenants, and reads what they need; nobody speaks as it.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['cauce_module', 'cauce_lookup', 'cauce_platform'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
    END LOOP;
END
$$;
GRANT cauce_module TO cauce_platform;
-- So that a migration may hand functions to it without being superuser.
GRANT cauce_lookup TO CURRENT_USER;

CREATE SCHEMA platform;
GRANT USAGE ON SCHEMA platform TO cauce_platform;

-- Makes TARGET a tenant table of MODULE: its rows answer only to the module's role, and only to the tenant that the
-- transaction is bound to. Without a tenant the setting is unknown, and the query fails loudly.
CREATE FUNCTION platform.tenant_table(target regclass, module name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY module ON %s AS PERMISSIVE TO %I USING (true) WITH CHECK (true)', target, module);
    EXECUTE format(
        'CREATE POLICY tenant ON %s AS RESTRICTIVE TO cauce_module '
        'USING (tenant_id = current_setting(''app.tenant_id'')::uuid) '
        'WITH CHECK (tenant_id = current_setting(''app.tenant_id'')::uuid)', target);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', target, module);
END
$$;
REVOKE ALL ON FUNCTION platform.tenant_table(regclass, name) FROM PUBLIC;

CREATE TABLE platform.idempotency_keys (
    tenant_id uuid NOT NULL,
    principal uuid NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    answer bytea,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, principal, route, key)
);
CREATE INDEX idempotency_keys_by_age ON platform.idempotency_keys (created_at, tenant_id);
SELECT platform.tenant_table('platform.idempotency_keys', 'cauce_platform');

-- A tenant that has keys older than MOMENT; the caller forgets them as that tenant.
CREATE FUNCTION platform.tenant_with_keys_before(moment timestamptz) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT tenant_id FROM platform.idempotency_keys WHERE created_at < moment ORDER BY created_at LIMIT 1
$$;
CREATE POLICY lookup ON platform.idempotency_keys AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT USAGE ON SCHEMA platform TO cauce_lookup;
GRANT SELECT (tenant_id, created_at) ON platform.idempotency_keys TO cauce_lookup;
REVOKE ALL ON FUNCTION platform.tenant_with_keys_before(timestamptz) FROM PUBLIC;
GRANT CREATE ON SCHEMA platform TO cauce_lookup;
ALTER FUNCTION platform.tenant_with_keys_before(timestamptz) OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA platform FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION platform.tenant_with_keys_before(timestamptz) TO cauce_platform;
