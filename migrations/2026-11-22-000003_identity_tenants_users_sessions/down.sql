DROP SCHEMA identity CASCADE;
-- The role stays: other databases of the cluster may use it.
