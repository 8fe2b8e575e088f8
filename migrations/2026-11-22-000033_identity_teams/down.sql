ALTER TABLE identity.tenants DROP COLUMN visibility;
DROP TABLE identity.team_members, identity.teams;
