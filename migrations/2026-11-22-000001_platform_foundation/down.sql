DROP SCHEMA platform CASCADE;
-- The roles stay: other databases of the cluster may use them.
