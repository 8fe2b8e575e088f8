-- cauce_viewer: what the roles of those have in common who see the records of some people only. A module whose records are
-- somebody's has such a role beside its own, cauce_<module>_viewer, a member of both; the policy `visible` binds it.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cauce_viewer') THEN
        CREATE ROLE cauce_viewer NOLOGIN;
    END IF;
END
$$;

-- Makes the role cauce_<module>_viewer of MODULE, which is 'cauce_<module>'.
CREATE FUNCTION platform.viewer_of(module name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    viewer text := module || '_viewer';
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = viewer) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', viewer);
    END IF;
    EXECUTE format('GRANT %I, cauce_viewer TO %I', module, viewer);
END
$$;

-- Whoever does not see everything sees the rows of TARGET whose OWNER_COLUMN is one of theirs; `app.owners` says whose. The
-- array is read once a statement, and `=` of uuid is leakproof, so that an index on the owner serves.
CREATE FUNCTION platform.seen_by_owner(target regclass, owner_column name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    condition text := format('%I = ANY ((SELECT current_setting(''app.owners'')::uuid[])::uuid[])', owner_column);
BEGIN
    EXECUTE format('CREATE POLICY visible ON %s AS RESTRICTIVE TO cauce_viewer USING (%s) WITH CHECK (%s)',
                   target, condition, condition);
END
$$;

-- Whoever does not see everything sees the rows of TARGET that they made themselves: whoever sees their team's records does
-- not see what somebody of the team made who sees more than that. `app.viewer` says who they are.
CREATE FUNCTION platform.seen_by_maker(target regclass, maker_column name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    condition text := format('%I = current_setting(''app.viewer'')::uuid', maker_column);
BEGIN
    EXECUTE format('CREATE POLICY visible ON %s AS RESTRICTIVE TO cauce_viewer USING (%s) WITH CHECK (%s)',
                   target, condition, condition);
END
$$;

-- Whoever does not see everything sees the rows of TARGET with the row of PARENT that KEY names; the parent's own policy
-- decides which those are.
CREATE FUNCTION platform.seen_with(target regclass, parent regclass, key name, parent_key name DEFAULT 'id')
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    condition text := format('EXISTS (SELECT FROM %s p WHERE p.tenant_id = %s.tenant_id AND p.%I = %s.%I)',
                             parent, target, parent_key, target, key);
BEGIN
    EXECUTE format('CREATE POLICY visible ON %s AS RESTRICTIVE TO cauce_viewer USING (%s) WITH CHECK (%s)',
                   target, condition, condition);
END
$$;
-- The same for rows that are with one of several parents, each under the key beside it; the other keys are null.
CREATE FUNCTION platform.seen_with_any(target regclass, parents regclass[], keys name[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    condition text := (
        SELECT string_agg(format('(%s.%I IS NULL OR EXISTS (SELECT FROM %s p WHERE p.tenant_id = %s.tenant_id AND p.id = %s.%I))',
                                 target, key, parent, target, target, key), ' AND ' ORDER BY number)
        FROM unnest(parents, keys) WITH ORDINALITY AS pair (parent, key, number));
BEGIN
    EXECUTE format('CREATE POLICY visible ON %s AS RESTRICTIVE TO cauce_viewer USING (%s) WITH CHECK (%s)',
                   target, condition, condition);
END
$$;

-- Makes TARGET a table of files, each with whose records are in it; none for everybody's. Whoever does not see everything has the
-- files that they asked for themselves, while they see all of those.
CREATE FUNCTION platform.seen_file(target regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    condition text := 'user_id = current_setting(''app.viewer'')::uuid AND owner_ids <@ current_setting(''app.owners'')::uuid[]';
BEGIN
    EXECUTE format('ALTER TABLE %s ADD COLUMN owner_ids uuid[]', target);
    EXECUTE format('CREATE POLICY visible ON %s AS RESTRICTIVE TO cauce_viewer USING (%s) WITH CHECK (%s)',
                   target, condition, condition);
END
$$;
REVOKE ALL ON FUNCTION platform.viewer_of(name), platform.seen_by_owner(regclass, name),
    platform.seen_by_maker(regclass, name), platform.seen_with(regclass, regclass, name, name),
    platform.seen_with_any(regclass, regclass[], name[]), platform.seen_file(regclass) FROM PUBLIC;
